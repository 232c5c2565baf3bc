"""Opening a package from a carried medium, or from several one after the other.

The medium is hostile until its manifest is verified: nothing but plain files of known names is looked at, nothing is
read beyond its limit, no link is followed. Volumes are copied while they are hashed, so that what was checked is what
is opened; those that are not here yet may come with another medium, and the same command goes on.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from exchange.errors import PlainFileError
from exchange.offline.errors import (
    ContentError,
    ForeignFileError,
    ManifestError,
    OfflineError,
    RecipientError,
    VolumeError,
)
from exchange.offline.errors import SignatureError as PackageSignatureError
from exchange.offline.hand import Hand
from exchange.offline.manifest import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    Manifest,
    Volume,
    chunk_binding,
    chunk_sizes,
    read_manifest,
)
from exchange.plain_file import open_plain
from kernel.crypto import CHUNK_BYTES, canonical_json, digest_file, sha256_hex
from kernel.durable import synchronise
from kernel.errors import WangjianError

Hands = Callable[[str], Hand | None]
"""The keys towards a peer, by its organisation code."""
_AGAIN = "检查本机磁盘后再次导入 check the disk here, then open it again."
SPARE_BYTES = 64 << 20
"""Room that stays free on the disk."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A package whose manifest is verified. Attributes: sha256: digest of the manifest, hex."""

    manifest: Manifest
    sha256: str
    hand: Hand


def _plain_file(path: Path, most: int) -> BinaryIO:
    try:
        return open_plain(path, most)
    except PlainFileError as error:
        raise ForeignFileError(error.message) from error


def read_signed(path: Path) -> tuple[bytes, dict[str, str]]:
    """Text and signature of a signed file.

    Raises:
        ForeignFileError: no plain file. ManifestError: not of this form.
    """
    with _plain_file(path, MAX_MANIFEST_BYTES) as stream:
        data = stream.read(MAX_MANIFEST_BYTES + 1)
    try:
        body = json.loads(data)
        canonical = canonical_json(body) + b"\n" == data
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"expected signed text in {path.name}, got another form") from error
    if not canonical or not isinstance(body, dict) or set(body) != {"signature", "text"}:
        raise ManifestError(f"expected signed text in {path.name}, got another form")
    text, signature = body["text"], body["signature"]
    if not isinstance(text, str) or not isinstance(signature, dict):
        raise ManifestError(f"expected signed text in {path.name}, got another form")
    return text.encode(), {str(key): str(value) for key, value in signature.items()}


def inspect(folder: Path, hands: Hands) -> Arrived:
    """The manifest of the package in a folder: understood, for us, and signed by a sender we know.

    Raises:
        ForeignFileError, ManifestError: not understood. RecipientError: for somebody else.
        SignatureError: unknown sender, another suite than agreed, or a signature that does not hold.
    """
    text, signature = read_signed(folder / MANIFEST_NAME)
    found = read_manifest(text)
    hand = hands(found.sender)
    if hand is None:
        raise PackageSignatureError(f"expected a sender we know, got {found.sender}", hint="登记对方后再导入。")
    if found.receiver != hand.me:
        raise RecipientError(
            f"expected a package for {hand.me}, got one for {found.receiver}", hint="送交正确的接收方。"
        )
    if found.suite != hand.suite or signature.get("suite") != hand.suite:
        raise PackageSignatureError(f"expected the agreed suite {hand.suite}, got {found.suite}")
    try:
        hand.verify(text, signature)
    except WangjianError as error:
        raise PackageSignatureError(f"expected the signature of {found.sender}, got: {error.message}") from error
    return Arrived(found, sha256_hex(text), hand)


def take_volumes(arrived: Arrived, folder: Path, staging: Path) -> tuple[str, ...]:
    """Copy what this medium has of the volumes.

    Args:
        folder: the medium. staging: ours; volumes that were taken before stay there.

    Returns:
        names of the volumes that are still missing.

    Raises:
        ForeignFileError: a name that the package does not have, or a link. VolumeError: not the volume it should be.
        OfflineError: no room on the disk.

    Effects: files in ``staging``.
    """
    by_name = {one.name: one for one in arrived.manifest.volumes}
    for path in sorted(folder.iterdir()):
        if path.name not in by_name and path.name != MANIFEST_NAME:
            raise ForeignFileError(f"expected only files of the package, got {path.name[:80]!a}")
    _require_room(arrived.manifest, staging)
    staging.mkdir(parents=True, exist_ok=True)
    for name, volume in by_name.items():
        if not (staging / name).exists() and os.path.lexists(folder / name):
            _copy(folder / name, staging / name, volume)
    synchronise(staging)
    return tuple(name for name in by_name if not (staging / name).exists())


def _require_room(found: Manifest, staging: Path) -> None:
    place = next(parent for parent in (staging, *staging.parents) if parent.exists())
    wanted = found.content_bytes() + sum(one.size for one in found.volumes) + SPARE_BYTES
    if shutil.disk_usage(place).free < wanted:
        raise OfflineError(f"expected room for {wanted} bytes at {place}, got less", hint="腾出空间后再导入 make room.")


def _copy(source: Path, target: Path, volume: Volume) -> None:
    aside, digest, size = target.with_name(f".{target.name}.part"), sha256(), 0
    with _plain_file(source, volume.size) as stream, aside.open("wb") as out:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            size += out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if size != volume.size or digest.hexdigest() != volume.sha256:
        aside.unlink()
        raise VolumeError(
            f"expected {volume.name} with SHA-256 {volume.sha256}, got other bytes",
            hint="请发送方重新制作该卷 ask the sender for this volume again; the others stay.",
        )
    aside.replace(target)


def unpack(arrived: Arrived, staging: Path, content: Path) -> Mapping[str, Path]:
    """Decrypt all volumes and write the content; it appears whole or not at all.

    Args:
        staging: with every volume. content: a folder that is made; there already, it is whole.

    Returns:
        place of each file by its name in the package.

    Raises:
        ContentError: does not open, or is not what the manifest says. VolumeError: our copy was damaged.

    Effects: files in ``content``.
    """
    found = arrived.manifest
    places = {entry.name: content / entry.name for entry in found.entries}
    if content.exists():
        return places
    aside = content.with_name(f".{content.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "files").mkdir(parents=True)
    try:
        _write_entries(found, _plain(arrived, staging), aside)
    except WangjianError as error:
        shutil.rmtree(aside)
        _require_whole(found, staging)
        raise ContentError(f"expected the content its manifest names, got: {error.message}") from error
    aside.replace(content)
    synchronise(content.parent)
    return places


def _require_whole(found: Manifest, staging: Path) -> None:
    """Whether our own copies are still what was checked: a bad disk here is not the sender's fault."""
    for volume in found.volumes:
        place = staging / volume.name
        if digest_file(place)["sha256"] != volume.sha256:
            place.unlink()
            raise VolumeError(f"expected our copy of {volume.name} to stay as it came, got other bytes", hint=_AGAIN)


def _plain(arrived: Arrived, staging: Path) -> Iterator[bytes]:
    found, hand = arrived.manifest, arrived.hand
    key = hand.unwrap(found.sealed_key, found.id.encode())
    sizes, place, last = chunk_sizes(found), 0, found.chunks() - 1
    for volume in found.volumes:
        with _plain_file(staging / volume.name, volume.size) as stream:
            for _ in range(volume.chunks):
                sealed = stream.read(next(sizes))
                yield hand.decrypt(key, sealed, chunk_binding(found.id, place, is_last=place == last))
                place += 1


def _write_entries(found: Manifest, chunks: Iterator[bytes], folder: Path) -> None:
    left = memoryview(b"")
    for entry in found.entries:
        digest, wanted = sha256(), entry.size
        with (folder / entry.name).open("xb") as out:
            while wanted:
                if not left:
                    left = memoryview(next(chunks, b""))
                    if not left:
                        raise ContentError(f"expected {entry.size} bytes of {entry.name}, got fewer")
                part, left = left[:wanted], left[wanted:]
                digest.update(part)
                wanted -= out.write(part)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != entry.sha256:
            raise ContentError(f"expected {entry.name} with SHA-256 {entry.sha256}, got other bytes")
    if left or any(chunks):
        raise ContentError("expected no bytes behind the last file, got some")
