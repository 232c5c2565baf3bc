"""The records one stand-in keeps: changes in order, key set, what was handed over to it."""

import bisect
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kernel.clock import iso


@dataclass(frozen=True, slots=True)
class Entry:
    """One record in one version. ``deleted``: the system took it back and still shows that."""

    key: str
    version: int
    updated_at: datetime
    fields: Mapping[str, object]
    deleted: bool = False

    def as_row(self) -> dict[str, object]:
        """The row as it is sent."""
        return {
            "key": self.key,
            "version": self.version,
            "updated_at": iso(self.updated_at),
            "deleted": self.deleted,
            "fields": {} if self.deleted else dict(self.fields),
        }


class Book:
    """Records of one system; safe for several threads."""

    def __init__(self, system: str) -> None:
        self.system = system
        self.posts: dict[str, dict[str, object]] = {}
        self._entries: dict[str, Entry] = {}
        self._order: list[tuple[datetime, str]] = []
        self._lock = threading.Lock()

    def put(self, key: str, fields: Mapping[str, object], at: datetime, *, deleted: bool = False) -> Entry:
        """Add a record, or its next version."""
        with self._lock:
            old = self._entries.get(key)
            entry = Entry(key, old.version + 1 if old else 1, at, dict(fields), deleted)
            if old is not None:
                self._order.remove((old.updated_at, key))
            self._entries[key] = entry
            bisect.insort(self._order, (at, key))
            return entry

    def take_back(self, key: str, at: datetime) -> None:
        """The system says that the record is no more."""
        self.put(key, self.entry(key).fields, at, deleted=True)

    def erase(self, key: str) -> None:
        """The record is gone without a word."""
        with self._lock:
            self._order.remove((self._entries.pop(key).updated_at, key))

    def entry(self, key: str) -> Entry:
        """A record that is there."""
        with self._lock:
            return self._entries[key]

    def find(self, key: str) -> Entry | None:
        """A record, or none."""
        with self._lock:
            return self._entries.get(key)

    def entries(self) -> list[Entry]:
        """All records, in order of change."""
        with self._lock:
            return [self._entries[key] for _, key in self._order]

    def changes(self, since: datetime, after: str, limit: int) -> tuple[list[Entry], bool]:
        """Records changed after (``since``, ``after``), oldest first, and whether others follow."""
        with self._lock:
            start = bisect.bisect_right(self._order, (since, after))
            keys = self._order[start : start + limit]
            return [self._entries[key] for _, key in keys], start + limit < len(self._order)

    def keys(self, after: str, limit: int) -> tuple[list[tuple[str, int]], bool]:
        """Keys with versions of records that stand, in order of keys, and whether others follow."""
        standing = self._standing()
        start = bisect.bisect_right(standing, (after, 2**31)) if after else 0
        return standing[start : start + limit], start + limit < len(standing)

    def digest(self) -> tuple[int, str]:
        """How many records stand, and the SHA-256 of ``key version`` lines."""
        standing = self._standing()
        lines = "".join(f"{key} {version}\n" for key, version in standing)
        return len(standing), hashlib.sha256(lines.encode()).hexdigest()

    def _standing(self) -> list[tuple[str, int]]:
        with self._lock:
            return sorted((entry.key, entry.version) for entry in self._entries.values() if not entry.deleted)

    def take_post(self, post_id: str, kind: str, payload: Mapping[str, object], at: datetime) -> dict[str, object]:
        """Store what is handed over, once; the same id again gets the first receipt as a duplicate."""
        with self._lock:
            known = self.posts.get(post_id)
            if known is None:
                number = f"{self.system.upper()}-{len(self.posts) + 1:06d}"
                self.posts[post_id] = {"receipt": number, "at": iso(at), "kind": kind, "payload": dict(payload)}
            stored = self.posts[post_id]
            return {
                "receipt": stored["receipt"],
                "at": stored["at"],
                "state": "stored" if known is None else "duplicate",
            }
