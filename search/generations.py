"""Generations of the embedded index on disk: which one is live, which is being made, who writes.

``<root>/alias.json`` names them and is replaced in one step; each generation is a folder. Locks are
``flock`` locks: the kernel gives them back when a process dies, however it dies.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from kernel.clock import monotonic
from search.errors import SearchUnavailableError, WriterBusyError
from search.segmenter import dictionary_version

_ALIAS = "alias.json"
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Alias:
    """Names of the live generation and of the one being made; empty where there is none."""

    live: str = ""
    building: str = ""

    def targets(self) -> tuple[str, ...]:
        """Where a change goes, in the order in which locks are taken."""
        return tuple(name for name in (self.live, self.building) if name)


class FileLock:
    """An exclusive lock on a file, between processes and between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self, timeout_s: float) -> None:
        """Take the lock.

        Raises:
            WriterBusyError: another one had it all the time.

        Effects: makes the file.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = monotonic() + timeout_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if monotonic() >= deadline:
                    os.close(handle)
                    raise WriterBusyError(
                        f"expected the lock {self._path.name} within {timeout_s:g} s, got none",
                        hint="另一进程正在写索引，稍后重试。 Another process writes the index; try again later.",
                    ) from None
                time.sleep(_POLL_S)
            else:
                self._handle = handle
                return

    def release(self) -> None:
        """Give the lock back; nothing when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Generations:
    """The folder of all generations of one alias."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self) -> Alias:
        """The alias as it is now.

        Raises:
            SearchUnavailableError: the file is damaged.
        """
        try:
            data = json.loads((self.root / _ALIAS).read_bytes())
            return Alias(live=str(data["live"]), building=str(data["building"]))
        except FileNotFoundError:
            return Alias()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SearchUnavailableError(
                f"expected an alias file in {self.root}, got {error}",
                hint="删除索引目录后运行 wangjian search rebuild。 Remove the index folder and rebuild.",
            ) from error

    def write(self, alias: Alias) -> None:
        """Replace the alias in one step, lasting. Call it under :meth:`changing`."""
        temporary = self.root / f"{_ALIAS}.new"
        with temporary.open("wb") as file:
            file.write(json.dumps(asdict(alias)).encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.root / _ALIAS)
        folder = os.open(self.root, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def changing(self, timeout_s: float) -> Iterator[Alias]:
        """The alias, held against other changers."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "alias.lock")
        lock.acquire(timeout_s)
        try:
            yield self.read()
        finally:
            lock.release()

    def path(self, generation: str) -> Path:
        """Folder of a generation."""
        return self.root / generation

    def writer_lock(self, generation: str) -> FileLock:
        """The lock of a generation's one writer; it lies outside the folder, which can be removed."""
        return FileLock(self.root / f"{generation}.lock")

    def rebuild_lock(self) -> FileLock:
        """The lock of the one rebuild."""
        self.root.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / "rebuild.lock")

    def names(self) -> list[str]:
        """Generations on disk."""
        return sorted(path.name for path in self.root.iterdir() if path.is_dir()) if self.root.is_dir() else []

    def new_name(self) -> str:
        """A name that was not used yet: ``<dictionary version>-<number>``. Call it under :meth:`changing`."""
        numbers = [int(name.rpartition("-")[2]) for name in self.names() if name.rpartition("-")[2].isdigit()]
        return f"{dictionary_version()}-{max(numbers, default=0) + 1:06}"

    def remove(self, generation: str) -> None:
        """Delete a generation's files; readers that have them open keep them until they look again."""
        shutil.rmtree(self.path(generation), ignore_errors=True)
        (self.root / f"{generation}.lock").unlink(missing_ok=True)


def is_current(generation: str) -> bool:
    """Whether a generation was made with this dictionary and shape."""
    return generation.startswith(f"{dictionary_version()}-")
