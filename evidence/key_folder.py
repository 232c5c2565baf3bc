"""The folder in which private keys lie: written once, readable by the owner alone, changed whole or not at all.

A change is prepared in ``.new-…``, made valid by one rename to ``.ready-…``, and then moved to its place;
whoever opens the folder next finishes what was made valid and drops what was not. One process at a time.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.errors import KeysError
from kernel.durable import synchronise

Files = Mapping[str, bytes]
PRIVATE = (".key", ".salt")
_NEW, _READY = ".new-", ".ready-"
_HINT = "Check room and owner of the folder."


def mode_of(name: str) -> int:
    """Permissions of a file of this name."""
    return 0o600 if name.endswith(PRIVATE) else 0o644


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode_of(path.name))
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _prepare(aside: Path, files: Files) -> None:
    for name, data in files.items():
        _write(aside / name, data)
    synchronise(aside)


def create(folder: Path, files: Files) -> None:
    """Make the folder with its first files, all or nothing; does nothing when another process was first.

    Raises:
        KeysError: it cannot be written.

    Effects: the folder and its files.
    """
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        _prepare(aside, files)
        aside.rename(folder)
        synchronise(folder.parent)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if not folder.is_dir():
            raise KeysError(f"expected to write keys into {folder.parent}, got {error}", hint=_HINT) from error


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder for this process alone, with every change that was made valid in its place.

    Raises:
        KeysError: it cannot be opened or written.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise KeysError(f"expected a folder of keys, got {error}", hint=_HINT) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _finish(folder)
        yield
    finally:
        os.close(descriptor)


def _finish(folder: Path) -> None:
    try:
        for ready in sorted(folder.glob(f"{_READY}*")):
            for path in sorted(ready.iterdir()):
                path.replace(folder / path.name)
            synchronise(folder)
            ready.rmdir()
        for left in folder.glob(f"{_NEW}*"):
            shutil.rmtree(left)
    except OSError as error:
        raise KeysError(f"expected to finish a change of {folder}, got {error}", hint=_HINT) from error


def change(folder: Path, files: Files) -> None:
    """Add or replace files, all or none. The caller holds the folder.

    Raises:
        KeysError: they cannot be written; nothing is changed.

    Effects: files in the folder.
    """
    try:
        aside = Path(tempfile.mkdtemp(prefix=_NEW, dir=folder))
        _prepare(aside, files)
        aside.rename(folder / aside.name.replace(_NEW, _READY, 1))
        synchronise(folder)
    except OSError as error:
        raise KeysError(f"expected to write keys into {folder}, got {error}", hint=_HINT) from error
    _finish(folder)


def private_pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    """A private key as unencrypted PKCS #8."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read(folder: Path, name: str, *, private: bool = False) -> bytes:
    """The bytes of a file; a private one must be closed to others.

    Args:
        private: whatever its name.

    Raises:
        KeysError: missing, or open to others.
    """
    path = folder / name
    try:
        if (private or name.endswith(PRIVATE)) and path.stat().st_mode & 0o077:
            raise KeysError(
                f"expected {path} to be readable by its owner alone, got mode {path.stat().st_mode & 0o777:o}",
                hint=f"If nobody else can have read it: chmod 600 {path}; else make new keys.",
            )
        return path.read_bytes()
    except OSError as error:
        raise KeysError(
            f"expected {path}, got {error}",
            hint="Restore the folder from its backup. Sealed evidence needs only the trust list.",
        ) from error
