"""Badges as everybody sees them: answers kept in memory, told within a second what changed.

An answer is kept until the records say that its badge or a key changed. The records are asked once a second; an
answer that could not be compared with them for three seconds is read anew, so that a revocation is never overlooked.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread
from sqlalchemy import func, select

from identity_verify import badges, sightings
from identity_verify.badge_check import BadgeVerdict, Looked, judge, refused
from identity_verify.badge_files import public_row
from identity_verify.badge_id import read_badge_id
from identity_verify.badge_issuer import Issuer, issuer_of
from identity_verify.badge_keys import key_set
from identity_verify.sightings import Seen
from kernel.clock import monotonic
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import Badge, BadgeKey

POLL_SECONDS = 1.0
STALE_SECONDS = 3.0
KEPT = 20_000
NOTE_SECONDS = 60.0
MAX_NOTED = 10_000


@dataclass(slots=True)
class Kept:
    """An answer in memory: what the records said, and its JSON with the time until which that holds."""

    found: Looked | BadgeVerdict
    body: bytes = b""
    etag: str = ""
    until: datetime | None = None


class BadgeDesk:
    """One a process; used on the event loop.

    Args:
        settings: this installation's. database: the records. now: the clock.
    """

    def __init__(self, settings: Settings, database: Database, now: Callable[[], datetime]) -> None:
        self.issuer: Issuer = issuer_of(settings)
        self._database = database
        self._now = now
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._revision, self._key_revision = -1, -1
        self._compared = -STALE_SECONDS
        self._comparing: asyncio.Task[None] | None = None
        self._keys: dict[str, object] = {}
        self._noted: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    async def verdict(self, text: str, *, shown_on: str = "") -> BadgeVerdict:
        """The verdict on a number or a token, as of now."""
        if "." in text or "~" in text:
            return await to_thread.run_sync(self._check_token, text, shown_on)
        kept = await self._find(text)
        return self._judge(kept, shown_on)

    async def answer(self, number: str) -> tuple[bytes, str, BadgeVerdict]:
        """JSON of the verdict on a number, its entity tag, and the verdict itself."""
        kept = await self._find(number)
        at = self._now()
        verdict = self._judge(kept, "")
        if not kept.body or (kept.until is not None and kept.until <= at):
            kept.body = json.dumps(self.as_json(verdict), ensure_ascii=False, separators=(",", ":")).encode()
            kept.etag = f'"{sha256_hex(kept.body)[:24]}"'
            end = verdict.badge.expires_at if verdict.badge else None
            kept.until = end if end and end > at else None
        return kept.body, kept.etag, verdict

    def ready(self, number: str) -> tuple[bytes, bytes] | None:
        """JSON and entity tag of the verdict on a number, where both are in memory and compared within a second."""
        kept = self._kept.get(number)
        if kept is None or not kept.body or not isinstance(kept.found, Looked):
            return None
        if monotonic() - self._compared >= POLL_SECONDS or (kept.until is not None and kept.until <= self._now()):
            return None
        return kept.body, kept.etag.encode()

    def as_json(self, verdict: BadgeVerdict) -> dict[str, object]:
        """The public form of a verdict."""
        said: dict[str, object] = {"verdict": verdict.word, "ok": verdict.ok}
        if verdict.badge:
            said |= {**public_row(verdict.badge), "page": self.issuer.page(verdict.badge.id)}
        if verdict.shown_on:
            said["shown_on"] = verdict.shown_on
        said["steps"] = [{"name": step.name, "outcome": step.outcome, "why": step.why} for step in verdict.steps]
        return said

    async def keys(self) -> dict[str, object]:
        """The published key set."""
        await self._compare()
        return self._keys

    async def note(self, seen: Seen) -> None:
        """Keep a sighting, at most once a minute for a badge, a kind and a host."""
        mark, at = (seen.badge_id, seen.kind, seen.host), monotonic()
        if at - self._noted.get(mark, at - NOTE_SECONDS) < NOTE_SECONDS:
            return
        self._noted[mark] = at
        self._noted.move_to_end(mark)
        if len(self._noted) > MAX_NOTED:
            self._noted.popitem(last=False)
        await to_thread.run_sync(self._record, seen)

    async def _find(self, text: str) -> Kept:
        await self._compare()
        number = read_badge_id(text)
        if number is None:
            return Kept(refused("malformed", "number", "check-character"))
        kept = self._kept.get(number)
        if kept is None:
            revision = self._revision
            kept = Kept(await to_thread.run_sync(self._look, number))
            if revision != self._revision:
                return kept  # read while the records changed: right now, not to be kept
            self._kept[number] = kept
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept

    def _judge(self, kept: Kept, shown_on: str) -> BadgeVerdict:
        if isinstance(kept.found, BadgeVerdict):
            return kept.found
        return judge(kept.found, shown_on=shown_on, at=self._now())

    async def _compare(self) -> None:
        """Ask the records what changed, once a second, one at a time; wait for the answer only where ours is old."""
        age = monotonic() - self._compared
        if age < POLL_SECONDS:
            return
        if self._comparing is None or self._comparing.done():
            if self._comparing is not None and not self._comparing.cancelled():
                self._comparing.exception()  # of the try before, which nobody waited for
            self._comparing = asyncio.create_task(self._ask())
        if age >= STALE_SECONDS:
            await asyncio.shield(self._comparing)

    async def _ask(self) -> None:
        begun = monotonic()
        changed, revision, key_revision, keys = await to_thread.run_sync(self._changes)
        if key_revision != self._key_revision:
            self._kept.clear()
            self._keys = keys
        for number in changed:
            self._kept.pop(number, None)
        self._revision, self._key_revision, self._compared = revision, key_revision, begun

    def _changes(self) -> tuple[list[str], int, int, dict[str, object]]:
        with self._database.read() as session:
            key_revision = session.execute(select(func.max(BadgeKey.revision))).scalar() or 0
            keys = key_set(session) if key_revision != self._key_revision else self._keys
            if self._revision < 0:
                return [], session.execute(select(func.max(Badge.revision))).scalar() or 0, key_revision, keys
            rows = session.execute(select(Badge.id, Badge.revision).where(Badge.revision > self._revision)).all()
        newest = max((revision for _, revision in rows), default=self._revision)
        return [number for number, _ in rows], newest, key_revision, keys

    def _look(self, number: str) -> Looked | BadgeVerdict:
        with self._database.read() as session:
            return badges.look(session, number)

    def _check_token(self, token: str, shown_on: str) -> BadgeVerdict:
        with self._database.read() as session:
            return badges.check(session, token, shown_on=shown_on, at=self._now())

    def _record(self, seen: Seen) -> None:
        with self._database.write() as session:
            sightings.record(session, seen, at=self._now())
