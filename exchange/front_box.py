"""前置机: two installations that share a folder, and nothing else.

Each side writes in its own folder alone, aside first and then under its name, so that no lock is needed and the other
side never sees a half of anything. Messages are taken in the order of their numbers. A message stays until the file
with its receipt is there; a receipt stays until its message is gone. A run that is killed at any point does the rest
at its next turn, and a file that comes twice has the same name.

A name carries the digest of the content: a file that somebody wrote without care, or that is still being copied, does
not fit its name and is left alone.

Spec: GB/T 21062.2-2007 (exchange through a front-end machine).
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from exchange.errors import PlainFileError
from exchange.plain_file import open_plain
from kernel.crypto import sha256_hex
from kernel.durable import synchronise

MAX_BYTES = 64 << 20
MESSAGE, RECEIPT = "msg", "rcp"
_NAME = re.compile(r"([0-9]{12})-([0-9a-f]{64})\.(msg)|([0-9]{12})-([0-9a-f]{64})-([0-9a-f]{64})\.(rcp)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A whole file of the other side. Attributes: number: of the message. digest: SHA-256 of the message, hex."""

    number: int
    digest: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FrontBox:
    """The shared folder as one side sees it. Attributes: root: the folder. me, peer: organisation codes."""

    root: Path
    me: str
    peer: str

    def mine(self) -> Path:
        """Where this side writes, and nobody else."""
        return self.root / f"{self.me}-to-{self.peer}"

    def theirs(self) -> Path:
        """Where the other side writes."""
        return self.root / f"{self.peer}-to-{self.me}"

    def put(self, number: int, data: bytes) -> None:
        """Write a message; written before, nothing happens. Effects: a file in :meth:`mine`."""
        self._write(f"{number:012d}-{sha256_hex(data)}.{MESSAGE}", data)

    def answer(self, message: Piece, data: bytes) -> None:
        """Write the receipt of a message of the other side. Effects: a file in :meth:`mine`."""
        self._write(f"{message.number:012d}-{message.digest}-{sha256_hex(data)}.{RECEIPT}", data)

    def messages(self) -> Iterator[Piece]:
        """Whole messages of the other side that have no receipt of ours yet, by number.

        One that is not whole yet ends the turn, so that none overtakes it.
        """
        answered = {(number, digest) for number, digest, _ in _listed(self.mine(), RECEIPT)}
        for number, digest, name in _listed(self.theirs(), MESSAGE):
            if (number, digest) in answered:
                continue
            data = _whole(self.theirs() / name, digest)
            if data is None:
                return
            yield Piece(number, digest, data)

    def receipts(self) -> Iterator[Piece]:
        """Whole receipts of the other side for messages of ours that still lie there, by number."""
        sent = {(number, digest) for number, digest, _ in _listed(self.mine(), MESSAGE)}
        for number, digest, name in _listed(self.theirs(), RECEIPT):
            if (number, digest) in sent:
                data = _whole(self.theirs() / name, name.removesuffix(f".{RECEIPT}")[-64:])
                if data is not None:
                    yield Piece(number, digest, data)

    def forget(self, receipt: Piece) -> None:
        """Take away a message of ours whose receipt was taken. Effects: a file in :meth:`mine`."""
        (self.mine() / f"{receipt.number:012d}-{receipt.digest}.{MESSAGE}").unlink(missing_ok=True)

    def tidy(self) -> None:
        """Take away receipts of ours whose message is gone, and what a killed run left. Effects: :meth:`mine`."""
        there = {(number, digest) for number, digest, _ in _listed(self.theirs(), MESSAGE)}
        for number, digest, name in _listed(self.mine(), RECEIPT):
            if (number, digest) not in there:
                (self.mine() / name).unlink(missing_ok=True)
        for path in self.mine().glob(".*.part"):
            path.unlink(missing_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        folder = self.mine()
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / name).exists():
            return
        aside = folder / f".{name}.part"
        with aside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(folder / name)
        synchronise(folder)


def _listed(folder: Path, kind: str) -> list[tuple[int, str, str]]:
    """Number, digest of the message and name of every file of a kind, by number."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match and path.suffix == f".{kind}":
            found.append((int(match[1] or match[4]), match[2] or match[5], path.name))
    return sorted(found)


def _whole(path: Path, digest: str) -> bytes | None:
    """What a file holds when it fits its name."""
    try:
        with open_plain(path, MAX_BYTES) as stream:
            data = stream.read()
    except PlainFileError:
        return None
    return data if sha256_hex(data) == digest else None


def turn(
    box: FrontBox,
    outgoing: Iterable[tuple[int, bytes]],
    take: Callable[[bytes], bytes],
    on_receipt: Callable[[bytes], None],
) -> tuple[int, int, int]:
    """One round at a shared folder: put what goes out, take what came, take receipts, tidy.

    Args:
        outgoing: numbers and bytes of messages without a receipt, in order. take: takes a message durably and gives
            its receipt; the same one again gives the same. on_receipt: takes a receipt durably.

    Returns:
        how many were put, taken, and receipted.

    Effects: files of this side; what ``take`` and ``on_receipt`` do.
    """
    put = taken = receipted = 0
    for number, data in outgoing:
        box.put(number, data)
        put += 1
    for message in box.messages():
        box.answer(message, take(message.data))
        taken += 1
    for receipt in box.receipts():
        on_receipt(receipt.data)
        box.forget(receipt)
        receipted += 1
    box.tidy()
    return put, taken, receipted
