"""Closing: everything made after the tag manifest is listed, the list is signed, and the package written.

The seal closes a package when it is made. Export, renewal and redaction close it again with files
added or left out; what was sealed stays as it is. Same files, key and time, same bytes.
"""

import hashlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from evidence import cms, container, manifest
from evidence.container import Source, opened
from evidence.errors import MalformedError, PackageError
from evidence.package import Package
from evidence.signer import Signer
from kernel.crypto import CHUNK_BYTES, sha256_hex
from kernel.durable import synchronise


@dataclass(frozen=True, slots=True)
class Packed:
    """A package file: where, SHA-256 of it (hex), bytes, and SHA-256 of each file in it."""

    path: Path
    sha256: str
    size: int
    files: Mapping[str, str]


class _Hashing:
    """A file that knows the digest of what was written to it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.digest, self.size = stream, hashlib.sha256(), 0

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._stream.write(data)


def _sha256(source: Source) -> str:
    if isinstance(source, bytes):
        return sha256_hex(source)
    value = hashlib.sha256()
    with opened(source) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            value.update(chunk)
    return value.hexdigest()


def close(files: Mapping[str, Source], signer: Signer, at: datetime) -> dict[str, Source]:
    """All files of a package with a new closing list and its signature.

    Args:
        files: everything; an old closing list in it is replaced. signer: the seal's or the report's.
        at: signing time, aware UTC.

    Raises:
        MalformedError: no tag manifest, or a file that may not be in a package.
    """
    with opened(files.get(manifest.TAGS, b"")) as stream:
        tags = manifest.parse(stream.read())
    if not tags:
        raise MalformedError("expected a tag manifest in what is to be closed, got none")
    later = {
        name: source
        for name, source in files.items()
        if name not in tags and name not in manifest.SELF and not manifest.belongs(name, "payload")
    }
    wrong = sorted(name for name in later if not manifest.belongs(name, "closing"))
    if wrong:
        raise MalformedError(f"expected files that may be in a package, got {', '.join(wrong)[:200]}")
    listed = manifest.render({name: _sha256(source) for name, source in later.items()})
    signature = cms.sign(bytes.fromhex(sha256_hex(listed)), signer, at)
    return {**files, manifest.CLOSING: listed, manifest.CLOSING_SIGNATURE: signature}


def pack(files: Mapping[str, Source], target: Path) -> Packed:
    """Write a package file; it appears whole and synchronised, or not at all.

    Raises:
        ContainerRefusedError: what the container cannot hold. OSError: as the file system says.

    Effects: ``target``.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with aside.open("xb") as stream:
            sink = _Hashing(stream)
            written = container.write(cast("BinaryIO", sink), files.items())
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    synchronise(target.parent)
    return Packed(target, sink.digest.hexdigest(), sink.size, written)


def members(package: Package) -> dict[str, Source]:
    """The files of an opened package as sources."""

    def source(name: str) -> Source:
        return lambda: package.open(name)

    return {name: source(name) for name in package.members}


def close_again(
    package: Package,
    target: Path,
    *,
    signer: Signer,
    at: datetime,
    added: Mapping[str, Source] | None = None,
    without: Collection[str] = (),
) -> Packed:
    """A new package from an opened one: files added or left out, closed by ``signer``.

    Args:
        target: a file that is not there yet. added: name to source. without: names left out.

    Raises:
        PackageError: ``target`` is there, or a file would be replaced that was sealed.
        MalformedError: a file that may not be in a package.

    Effects: ``target``.
    """
    if target.exists():
        raise PackageError(f"expected a new file, {target} is there", hint="Choose another name.")
    tags = manifest.parse(package.read(manifest.TAGS))
    sealed = [name for name in added or {} if name in tags or manifest.belongs(name, "payload")]
    if sealed:
        raise PackageError(f"expected files beside what was sealed, got {', '.join(sorted(sealed))[:200]}")
    kept = {name: source for name, source in members(package).items() if name not in without}
    return pack(close({**kept, **(added or {})}, signer, at), target)
