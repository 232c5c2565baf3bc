"""The evidence store and its copy, side by side."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evidence.errors import StoreDamagedError, StoreMissingError
from evidence.store import Store, open_copy_store, open_store
from kernel.config import Settings

STORE, COPY = "store", "copy"
PLACES = (STORE, COPY)
DAMAGED, MISSING, UNKNOWN = "damaged", "missing", "unknown"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an object found.

    Attributes:
        kind: empty when its bytes are right, else ``damaged`` or ``missing``. found_sha256: of damaged bytes, hex.
    """

    kind: str = ""
    found_sha256: str = ""


@dataclass(frozen=True, slots=True)
class StorePair:
    """Two places for packages, the second where the settings name one.

    Attributes:
        names: address of each place, as people and records read it.
    """

    store: Store
    copy: Store | None
    names: dict[str, str]

    def at(self, place: str) -> Store | None:
        """The store of a place."""
        return self.store if place == STORE else self.copy

    def look(self, place: str, key: str) -> Look:
        """Hash an object where it is.

        Raises:
            StoreError: the place cannot be used; nothing is known then.
        """
        store = self.at(place)
        if store is None:
            return Look(MISSING)
        try:
            store.check(key)
        except StoreDamagedError as error:
            return Look(DAMAGED, str(error.context.get("found", "")))
        except StoreMissingError:
            return Look(MISSING)
        return Look()


def open_pair(settings: Settings) -> StorePair:
    """Both stores that the settings name.

    Raises:
        StoreError: one cannot be opened.
    """
    copy = open_copy_store(settings)
    first = settings.evidence_store_url or str(settings.data_dir / "evidence")
    return StorePair(open_store(settings), copy, {STORE: first, COPY: settings.evidence_copy_url})


def fetch_aside(pair: StorePair, place: str, key: str, work_dir: Path, at: datetime) -> Path:
    """A temporary file with an object's bytes, hashed as they come; the caller removes it.

    Raises:
        StoreMissingError, StoreDamagedError, DiskFullError, StoreError.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    for leftover in work_dir.iterdir():
        if leftover.is_file() and at.timestamp() - leftover.stat().st_mtime > LEFT_SECONDS:
            leftover.unlink(missing_ok=True)
    store = pair.at(place)
    if store is None:
        raise StoreMissingError(f"expected a second store with {key[:12]}…, the settings name none")
    return store.fetch(key, work_dir / key)


LEFT_SECONDS = 3_600
"""A temporary file this old belongs to a process that is gone."""
