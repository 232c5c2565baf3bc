"""The evidence store: packages under the SHA-256 of their bytes, written once, re-hashed at every read.

Files in the data directory by default; an S3 bucket by URL, with object lock where the bucket has it.
"""

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol

from evidence.errors import StoreError
from evidence.store_files import FileStore
from kernel.clock import now
from kernel.config import Settings


class Store(Protocol):
    """Where packages are kept. A key is the SHA-256 of the bytes, hex."""

    def put(self, path: Path, *, sha256: str, until: datetime | None = None) -> str:
        """Keep a file under its digest; the key. The same bytes again are no error.

        Args:
            sha256: what the file must have, hex. until: how long a store that can lock it does so, aware UTC;
                the shortest storage term from now when left out.

        Raises:
            StoreConflictError: the file has another digest. StoreDamagedError: the key is taken by bytes
            that lost their digest. DiskFullError: no room; nothing is visible. StoreError: unreachable.
        """
        ...

    def fetch(self, key: str, to: Path) -> Path:
        """Copy an object to a new file, which appears only when its digest is right.

        Raises:
            StoreMissingError: no such key. StoreDamagedError: other bytes. DiskFullError: no room.
        """
        ...

    def check(self, key: str) -> int:
        """Re-hash an object where it is; its size in bytes.

        Raises:
            StoreMissingError: no such key. StoreDamagedError: other bytes.
        """
        ...

    def exists(self, key: str) -> bool:
        """Whether there is an object; its bytes are not looked at."""
        ...

    def keys(self) -> Iterator[str]:
        """All keys, in order; what is in quarantine has none."""
        ...

    def stored_at(self, key: str) -> datetime:
        """When an object was written, aware UTC.

        Raises:
            StoreMissingError: no such key.
        """
        ...

    def restore(self, path: Path, *, sha256: str, at: datetime, until: datetime | None = None) -> str:
        """Put good bytes where an object is damaged or missing; the damaged bytes go to quarantine first.

        Args:
            path: a file that has the digest. at: now, for the name in quarantine. until: as for ``put``.

        Returns:
            where the damaged bytes are now; empty when there was nothing under the key, or it was good.

        Raises:
            StoreConflictError, DiskFullError, StoreError: as ``put``; the object is as before.
        """
        ...

    def set_aside(self, key: str, *, at: datetime) -> str:
        """Move an object into quarantine; where it is now.

        Raises:
            StoreMissingError: no such key. StoreLockedError: the store holds it.
        """
        ...

    def erase(self, key: str) -> None:
        """Remove an object and what is in quarantine of it; nothing there is no error.

        Raises:
            StoreLockedError: the store holds it: its term has not ended, or a legal hold is on.
        """
        ...

    def retain(self, key: str, until: datetime) -> None:
        """Lock an object until then where the store can; never shortens a lock.

        Raises:
            StoreMissingError: no such key.
        """
        ...

    def hold(self, key: str, *, on: bool) -> None:
        """Switch the legal hold of an object where the store has one.

        Raises:
            StoreMissingError: no such key.
        """
        ...


def open_store(settings: Settings) -> Store:
    """The store that the settings name; the S3 client is loaded where a URL asks for it, it costs 45 MB a process.

    Raises:
        StoreError: a URL that is not understood, or a store that cannot be opened.
    """
    url = settings.evidence_store_url
    if not url:
        return FileStore(settings.data_dir / "evidence", at=now())
    if url.startswith("s3://"):
        return _open_s3(settings, url)
    raise StoreError(
        f"expected s3://bucket/prefix or nothing in WANGJIAN_EVIDENCE_STORE_URL, got {url!r}",
        hint="Leave it empty to keep evidence in the data directory.",
    )


def _open_s3(settings: Settings, url: str) -> Store:
    store: Store = import_module("evidence.store_s3").S3Store(settings, url)
    return store


def open_copy_store(settings: Settings) -> Store | None:
    """The second store, where the settings name one.

    Raises:
        StoreError: not understood, the same as the first, or it cannot be opened. A folder must be there: one that
            was made anew under an unmounted disk would lie beside the first.
    """
    url = settings.evidence_copy_url
    if not url:
        return None
    if url.startswith("s3://") and url.rstrip("/") != settings.evidence_store_url.rstrip("/"):
        return _open_s3(settings, url)
    folder = Path(url)
    own = settings.data_dir / "evidence"
    if not folder.is_absolute() or not folder.is_dir() or folder.resolve() == own.resolve():
        raise StoreError(
            f"expected another s3://bucket/prefix or a folder that is there in WANGJIAN_EVIDENCE_COPY_URL, got {url!r}",
            hint="Is the disk mounted? Name an absolute path on another disk than the evidence store's.",
        )
    return FileStore(folder, at=now())
