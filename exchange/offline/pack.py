"""Making a package: content in one stream, encrypted in chunks, split into volumes, named by a signed manifest."""

import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from exchange.offline.errors import OfflineError
from exchange.offline.hand import Hand
from exchange.offline.manifest import (
    CHUNK_BYTES,
    CHUNK_EXTRA,
    MANIFEST_NAME,
    Entry,
    Manifest,
    Volume,
    chunk_binding,
    package_id,
    volume_name,
)
from kernel.clock import as_utc
from kernel.crypto import canonical_json, digest_file
from kernel.durable import synchronise

_OURS = re.compile(r"volume-\d{4}\.bin|(?:\.package\.json\.part|package\.json)")
VOLUME_BYTES = 640 << 20
"""Default size of a volume: fits on a CD of 700 MB."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a package is to be.

    Attributes:
        number: place in the row to this receiver. prev_sha256: digest of the manifest before.
        purpose: why it is sent. classification: ``public`` ``internal`` ``sensitive``. messages: how many it carries.
        volume_bytes: greatest size of a volume.
    """

    number: int
    prev_sha256: str
    purpose: str
    messages: int
    classification: str = "internal"
    volume_bytes: int = VOLUME_BYTES


def write_package(
    hand: Hand, order: Order, files: Sequence[tuple[str, Path]], folder: Path, *, at: datetime
) -> Manifest:
    """Write a whole package into a new folder.

    The folder appears with its manifest last: a run that was killed leaves a folder without one, which is no package
    and is made anew.

    Args:
        hand: keys. order: what it is to be. files: names in the content (see ``manifest.ENTRY_NAME``) with their
            places, in order. folder: empty or new. at: aware UTC.

    Returns:
        the manifest that was signed.

    Raises:
        OfflineError: volumes too small, or a file changed while it was packed.

    Effects: files in ``folder``.
    """
    per_volume = order.volume_bytes // (CHUNK_BYTES + CHUNK_EXTRA)
    if per_volume < 1:
        raise OfflineError(
            f"expected volumes of {CHUNK_BYTES + CHUNK_EXTRA} bytes at least, got {order.volume_bytes}",
            hint="Choose larger volumes.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    _clear(folder)
    entries = tuple(Entry(name, path.stat().st_size, digest_file(path)["sha256"]) for name, path in files)
    key = secrets.token_bytes(hand.key_bytes)
    name = package_id(hand.me, hand.peer, order.number)
    draft = Manifest(
        id=name,
        number=order.number,
        prev_sha256=order.prev_sha256,
        sender=hand.me,
        receiver=hand.peer,
        suite=hand.suite,
        at=as_utc(at),
        purpose=order.purpose,
        classification=order.classification,
        messages=order.messages,
        sealed_key=hand.wrap(key, name.encode()),
        chunk_bytes=CHUNK_BYTES,
        entries=entries,
        volumes=(),
    )
    volumes = _write_volumes(hand, draft, key, [path for _, path in files], folder, per_volume)
    found = replace(draft, volumes=volumes)
    write_signed(folder / MANIFEST_NAME, found.text(), hand)
    return found


def _clear(folder: Path) -> None:
    """Take away what a run that was killed left; never anything else."""
    left = list(folder.iterdir())
    if any(not _OURS.fullmatch(path.name) or path.is_dir() for path in left):
        raise OfflineError(f"expected an empty folder, got {folder} with files in it", hint="Choose a new folder.")
    for path in left:
        path.unlink()


def write_signed(path: Path, text: bytes, hand: Hand) -> None:
    """A signed text as a file that appears whole: its canonical bytes and the signature over them.

    Effects: the file; its folder is synchronised.
    """
    body = canonical_json({"signature": dict(hand.sign(text)), "text": text.decode()}) + b"\n"
    aside = path.with_name(f".{path.name}.part")
    with aside.open("wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)
    synchronise(path.parent)


def _write_volumes(  # noqa: PLR0917 - the parts of a package
    hand: Hand, draft: Manifest, key: bytes, paths: Sequence[Path], folder: Path, per_volume: int
) -> tuple[Volume, ...]:
    total, place = draft.chunks(), 0
    volumes: list[Volume] = []
    chunks = _chunks(paths, draft)
    while place < total:
        count = min(per_volume, total - place)
        path = folder / volume_name(len(volumes) + 1)
        digest, size = sha256(), 0
        with path.open("wb") as stream:
            for _ in range(count):
                binding = chunk_binding(draft.id, place, is_last=place == total - 1)
                sealed = hand.encrypt(key, next(chunks), binding)
                digest.update(sealed)
                size += stream.write(sealed)
                place += 1
            stream.flush()
            os.fsync(stream.fileno())
        volumes.append(Volume(path.name, size, digest.hexdigest(), count))
    if next(chunks, None) is not None:
        raise OfflineError("expected the files to stay as they were, got more bytes than before")
    return tuple(volumes)


def _chunks(paths: Sequence[Path], draft: Manifest) -> Iterator[bytes]:
    """The content in chunks; a file that changed since its digest was taken is not packed."""
    if not draft.content_bytes():
        yield b""
        return
    with ExitStack() as stack:
        stream = _Joined([stack.enter_context(path.open("rb")) for path in paths], draft.entries)
        while chunk := stream.read(draft.chunk_bytes):
            yield chunk


class _Joined:
    """Files read one after the other, each hashed while it is read."""

    def __init__(self, streams: Sequence[BinaryIO], entries: Sequence[Entry]) -> None:
        self._left = list(zip(streams, entries, strict=True))
        self._digest = sha256()

    def read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end."""
        parts, wanted = [], size
        while wanted and self._left:
            stream, entry = self._left[0]
            data = stream.read(wanted)
            if data:
                self._digest.update(data)
                parts.append(data)
                wanted -= len(data)
                continue
            if self._digest.hexdigest() != entry.sha256:
                raise OfflineError(f"expected {entry.name} to stay as it was, it changed while it was packed")
            self._digest = sha256()
            self._left.pop(0)
        return parts[0] if len(parts) == 1 else b"".join(parts)
