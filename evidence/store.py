"""The evidence store: packages under the SHA-256 of their bytes, written once, re-hashed at every read.

Files in the data directory by default; an S3 bucket by URL, with object lock where the bucket has it.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol

from evidence.errors import StoreError
from evidence.store_files import FileStore
from kernel.clock import now
from kernel.config import Settings


class Store(Protocol):
    """Where packages are kept. A key is the SHA-256 of the bytes, hex."""

    def put(self, path: Path, *, sha256: str) -> str:
        """Keep a file under its digest; the key. The same bytes again are no error.

        Args:
            sha256: what the file must have, hex.

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
        """All keys, in order."""
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
        store: Store = import_module("evidence.store_s3").S3Store(settings)
        return store
    raise StoreError(
        f"expected s3://bucket/prefix or nothing in WANGJIAN_EVIDENCE_STORE_URL, got {url!r}",
        hint="Leave it empty to keep evidence in the data directory.",
    )
