"""Packages opened for reading: a container, or the folder somebody unpacked it into."""

import errno
import io
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from typing_extensions import Buffer

from evidence import container, digests, names
from evidence.container import ContainerRefusedError, Member
from evidence.digests import Digests, Plan
from evidence.errors import DiskFullError, PackageError, PackageUnreadableError
from kernel.crypto import CHUNK_BYTES

MAX_READ_BYTES = 64_000_000
MAX_FOLDERS = 100
"""Within each other: below them a name would be longer than is allowed."""


class _Section(io.RawIOBase):
    """A part of a file, seekable, for one member of a container."""

    def __init__(self, path: Path, offset: int, size: int) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._offset, self._size, self._place = offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._size - self._place))
        self._file.seek(self._offset + self._place)
        done = self._file.readinto(view[:count]) or 0
        self._place += done
        return done

    def close(self) -> None:
        self._file.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Package:
    """A package open for reading; nothing is unpacked and nothing held in memory.

    Attributes:
        path: the zip file or the folder. zipped: which of the two.
        members: by name, in name order.
    """

    path: Path
    zipped: bool
    members: Mapping[str, Member]
    _digests: dict[str, Digests] = field(default_factory=dict, repr=False, compare=False)

    def open(self, name: str) -> BinaryIO:
        """One member as a binary stream, seekable; close it.

        Raises:
            PackageError: no such member.
        """
        member = self.members.get(name)
        if member is None:
            raise PackageError(f"expected {name} in {self.path.name}, got no such file")
        if self.zipped:
            return io.BufferedReader(_Section(self.path, member.offset, member.size), CHUNK_BYTES)
        return (self.path / name).open("rb")

    def read(self, name: str, limit: int = MAX_READ_BYTES) -> bytes:
        """The bytes of one member.

        Raises:
            PackageError: no such member, or more than ``limit`` bytes.
        """
        with self.open(name) as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise PackageError(f"expected at most {limit} bytes in {name}, got more")
        return data

    def digests(self, name: str) -> Digests:
        """Digests of one member, read once in constant memory and remembered."""
        if name not in self._digests:
            with self.open(name) as stream:
                self._digests[name] = digests.take(stream, Plan())
        return self._digests[name]

    def survey(self, plans: Mapping[str, Plan]) -> None:
        """Take the digests of all members, and what the plans want more, on more than one core."""
        sizes = {name: member.size for name, member in self.members.items()}
        self._digests.update(digests.take_all(sizes, self.open, plans))

    def require_whole(self, name: str) -> None:
        """The member's bytes have the CRC-32 that the container states.

        Raises:
            ContainerRefusedError: they have not.
        """
        if self.zipped and self.digests(name).crc != self.members[name].crc:
            raise ContainerRefusedError("E110", f"expected the stated CRC-32 of {name}, got another")


def _refuse(step_code: str, message: str) -> ContainerRefusedError:
    return ContainerRefusedError(step_code, message)


@dataclass(slots=True)
class _Found:
    """What lies in a folder: files with their sizes, what is neither file nor folder, folders that are too deep."""

    files: list[tuple[str, int]] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    deep: list[str] = field(default_factory=list)


def _walk(folder: Path, found: _Found, prefix: str = "", depth: int = 0) -> None:
    for entry in os.scandir(folder):
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            # A file below would have a longer name than is allowed.
            if depth >= MAX_FOLDERS or len(os.fsencode(name)) > names.MAX_LENGTH:
                found.deep.append(name)
            else:
                _walk(Path(entry.path), found, f"{name}/", depth + 1)
        elif entry.is_file(follow_symlinks=False):
            found.files.append((name, entry.stat(follow_symlinks=False).st_size))
        else:
            found.odd.append(name)


def _open_folder(path: Path) -> Package:
    found = _Found()
    _walk(path, found)
    if found.odd:
        raise _refuse("E113", f"expected regular files, got a link or other kind: {min(found.odd)[:80]!r}")
    members = sorted(found.files)
    # By their bytes, as in a container and as the shell sees them.
    names.require_distinct([os.fsencode(name).decode("latin-1") for name, _ in members], _refuse)
    if found.deep:
        least = f"at most {MAX_FOLDERS} folders within each other and {names.MAX_LENGTH} bytes"
        raise _refuse("E111", f"expected {least}, got {min(found.deep)[:80]!r}")
    for name, _ in members:
        names.require_safe(name, _refuse)
    return Package(path, zipped=False, members={name: Member(name, size, 0, 0) for name, size in members})


def open_package(path: Path) -> Package:
    """Open a package: its container's form is checked, its contents are not.

    Args:
        path: a package file, or a folder into which one was unpacked.

    Raises:
        PackageUnreadableError: not there, cut short, not a zip.
        ContainerRefusedError: a zip in another form, or unsafe names, links, compression.
    """
    try:
        if path.is_dir():
            return _open_folder(path)
        with path.open("rb") as stream:
            members = container.read_index(stream)
    except OSError as error:
        raise PackageUnreadableError(
            f"expected a readable package, got {error}", hint="Check the path and its permissions."
        ) from error
    return Package(path, zipped=True, members={member.name: member for member in members})


def extract(path: Path, to: Path) -> Path:
    """Unpack a package into a new folder; the folder appears only when all files are whole.

    Args:
        to: a folder that does not exist yet.

    Raises:
        PackageError: refused, unreadable, damaged, or ``to`` is there. DiskFullError: no room.

    Effects: files below ``to``.
    """
    package = open_package(path)
    if to.exists():
        raise PackageError(f"expected a folder that is not there yet, got {to}")
    to.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{to.name}.", dir=to.parent))
    try:
        for name in package.members:
            package.require_whole(name)
            target = aside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with package.open(name) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, CHUNK_BYTES)
        aside.chmod(0o755)
        aside.rename(to)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise DiskFullError(f"expected room to unpack {path.name}, got {error}", hint="Free some room.") from error
        raise PackageError(f"expected to unpack into {to}, got {error}") from error
    except PackageError:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return to
