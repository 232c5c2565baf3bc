"""Evidence in files: one file an object, named by its digest, read-only, never replaced.

A file is written aside, synchronised, re-hashed, and linked to its name; a link to a name that is
taken fails, so that nothing is ever overwritten. Killed at any point it leaves no half object. Damaged
bytes that are replaced stay in ``quarantine``.
"""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from evidence.errors import (
    DiskFullError,
    StoreConflictError,
    StoreDamagedError,
    StoreError,
    StoreMissingError,
)
from kernel.crypto import CHUNK_BYTES
from kernel.durable import synchronise

KEY = re.compile(r"[0-9a-f]{64}")
INCOMING = "incoming"
QUARANTINE = "quarantine"
# A temporary file this old belongs to a writer that is gone.
STALE = timedelta(days=1)
FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def require_key(key: str) -> None:
    """Refuse what is no key.

    Raises:
        StoreError: not 64 lower-case hex digits.
    """
    if KEY.fullmatch(key) is None:
        raise StoreError(f"expected 64 hex digits as a key, got {key[:80]!r}")


def copy_hashed(source: BinaryIO, target: BinaryIO) -> tuple[str, int]:
    """Copy in constant memory; digest and size of what was copied."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def disk_error(error: OSError, where: Path) -> StoreError | DiskFullError:
    """The right error for what the file system said."""
    if error.errno in FULL:
        return DiskFullError(
            f"expected room in {where}, got {error.strerror}", hint="Free some room; nothing half-written is visible."
        )
    return StoreError(f"expected to use {where}, got {error}", hint="Check that the folder is there and writable.")


def fetch_into(to: Path, source: BinaryIO, key: str) -> Path:
    """Write an object to a new file that appears only with the right digest.

    Raises:
        StoreDamagedError: other bytes. OSError: as the file system says; nothing is left.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    aside = to.with_name(f".{to.name}.{secrets.token_hex(8)}")
    try:
        with aside.open("xb") as target:
            found, _ = copy_hashed(source, target)
        if found != key:
            raise damaged(key, found)
        aside.replace(to)
    finally:
        aside.unlink(missing_ok=True)
    return to


def quarantine_name(key: str, at: datetime) -> str:
    """The name of bytes in quarantine: no key, so that it never counts as an object."""
    return f"{key}.{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.{secrets.token_hex(4)}"


def damaged(key: str, found: str) -> StoreDamagedError:
    """The error for bytes that lost their digest."""
    return StoreDamagedError(
        f"expected {key[:12]}… from the store, got {found[:12]}…",
        hint="Restore this object from its copy; do not use the damaged bytes.",
        context={"key": key, "found": found},
    )


class FileStore:
    """Objects below one folder: ``<first two digits>/<key>``.

    Args:
        root: the folder, made when missing. at: now, aware UTC; leftovers of killed writers a day old go.
    """

    def __init__(self, root: Path, *, at: datetime) -> None:
        self._root = root
        self._incoming = root / INCOMING
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            for leftover in self._incoming.iterdir():
                if leftover.stat().st_mtime < (at - STALE).timestamp():
                    leftover.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(error, root) from error

    def path(self, key: str) -> Path:
        """Where an object lies; for reading go through :meth:`fetch`, which re-hashes."""
        require_key(key)
        return self._root / key[:2] / key

    def put(self, path: Path, *, sha256: str, until: datetime | None = None) -> str:
        """As ``Store.put``; no file system locks files until a time."""
        del until
        target = self.path(sha256)
        try:
            if target.exists():
                self.check(sha256)
                return sha256
            with self._aside(path, sha256) as aside:
                self._link(aside, target, sha256)
        except OSError as error:
            raise disk_error(error, self._root) from error
        return sha256

    @contextmanager
    def _aside(self, path: Path, sha256: str) -> Iterator[Path]:
        """A durable, read-only copy of a file on this file system, with the right digest; gone after the block."""
        aside = self._incoming / f"{sha256[:16]}.{os.getpid()}.{secrets.token_hex(8)}"
        try:
            with path.open("rb") as source, aside.open("xb") as sink:
                found, _ = copy_hashed(source, sink)
                sink.flush()
                os.fchmod(sink.fileno(), 0o444)
                os.fsync(sink.fileno())
            if found != sha256:
                raise StoreConflictError(f"expected bytes with digest {sha256[:12]}…, got {found[:12]}…")
            yield aside
        finally:
            aside.unlink(missing_ok=True)

    def _link(self, aside: Path, target: Path, sha256: str) -> None:
        target.parent.mkdir(exist_ok=True)
        synchronise(self._root)
        try:
            os.link(aside, target)
        except FileExistsError:
            self.check(sha256)
        synchronise(target.parent)

    def restore(self, path: Path, *, sha256: str, at: datetime, until: datetime | None = None) -> str:
        """As ``Store.restore``. At no moment is there neither the damaged nor the good file."""
        del until
        target = self.path(sha256)
        try:
            with self._aside(path, sha256) as aside:
                if not target.exists():
                    self._link(aside, target, sha256)
                    return ""
                try:
                    self.check(sha256)
                except StoreDamagedError:
                    kept = self._quarantine(target, sha256, at)
                else:
                    return ""
                aside.replace(target)
                synchronise(target.parent)
                return str(kept)
        except OSError as error:
            raise disk_error(error, self._root) from error

    def _quarantine(self, target: Path, key: str, at: datetime) -> Path:
        """A second name for bytes, below ``quarantine``."""
        folder = self._root / QUARANTINE
        folder.mkdir(exist_ok=True)
        kept = folder / quarantine_name(key, at)
        os.link(target, kept)
        synchronise(folder)
        synchronise(self._root)
        return kept

    def set_aside(self, key: str, *, at: datetime) -> str:
        """As ``Store.set_aside``."""
        self._open(key).close()
        try:
            kept = self._quarantine(self.path(key), key, at)
            self.path(key).unlink(missing_ok=True)
            synchronise(self.path(key).parent)
        except OSError as error:
            raise disk_error(error, self._root) from error
        return str(kept)

    def erase(self, key: str) -> None:
        """As ``Store.erase``."""
        target = self.path(key)
        try:
            for path in (target, *(self._root / QUARANTINE).glob(f"{key}.*")):
                if path.exists():
                    path.unlink()
                    synchronise(path.parent)
        except OSError as error:
            raise disk_error(error, self._root) from error

    def retain(self, key: str, until: datetime) -> None:
        """As ``Store.retain``: a file has its read-only mode and no more."""
        del until
        self._make_read_only(key)

    def hold(self, key: str, *, on: bool) -> None:
        """As ``Store.hold``: a file has its read-only mode and no more."""
        del on
        self._make_read_only(key)

    def _make_read_only(self, key: str) -> None:
        with self._open(key) as stream:
            os.fchmod(stream.fileno(), 0o444)

    def stored_at(self, key: str) -> datetime:
        """As ``Store.stored_at``."""
        with self._open(key) as stream:
            return datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)

    def _open(self, key: str) -> BinaryIO:
        try:
            return self.path(key).open("rb")
        except FileNotFoundError as error:
            raise StoreMissingError(f"expected an object {key[:12]}… in {self._root}, got none") from error
        except OSError as error:
            raise disk_error(error, self._root) from error

    def fetch(self, key: str, to: Path) -> Path:
        """As ``Store.fetch``."""
        with self._open(key) as source:
            try:
                return fetch_into(to, source, key)
            except OSError as error:
                raise disk_error(error, to.parent) from error

    def check(self, key: str) -> int:
        """As ``Store.check``."""
        with self._open(key) as source:
            digest, size = hashlib.sha256(), 0
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
        if digest.hexdigest() != key:
            raise damaged(key, digest.hexdigest())
        return size

    def exists(self, key: str) -> bool:
        """As ``Store.exists``."""
        return self.path(key).is_file()

    def keys(self) -> Iterator[str]:
        """As ``Store.keys``."""
        for folder in sorted(self._root.iterdir()):
            if folder.is_dir() and folder.name not in {INCOMING, QUARANTINE}:
                yield from sorted(entry.name for entry in folder.iterdir() if KEY.fullmatch(entry.name))
