"""Checkpoints: what a log says about itself, in three lines: who, how many leaves, which root.

Spec: C2SP tlog-checkpoint. Extension lines are refused: witnesses say nothing about them.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from evidence.log import merkle, note
from evidence.log.errors import LogFormError, NoteSignatureError
from evidence.log.note import Note, Statement
from evidence.vkey import VerifierKey

DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def parse_decimal(text: str, what: str) -> int:
    """A whole number from 0 to 2^63 - 1 in its one form.

    Raises:
        LogFormError: another form; ``what`` names the place.
    """
    if not DECIMAL.fullmatch(text) or int(text) > merkle.MAX_SIZE:
        raise LogFormError(f"expected a whole number in {what}, got {text[:40]!r}")
    return int(text)


def parse_hash(text: str, what: str) -> bytes:
    """A hash of 32 bytes in base64.

    Raises:
        LogFormError: another form.
    """
    value = note.unbase64(text, what)
    if len(value) != merkle.SIZE:
        raise LogFormError(f"expected {merkle.SIZE} bytes in {what}, got {len(value)}")
    return value


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree of a log.

    Attributes:
        origin: name of the log. size: number of leaves. root: 32 raw bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed; ends in a line feed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse(text: str) -> Checkpoint:
    """Read the text of a checkpoint (``Note.text``).

    Raises:
        LogFormError: another form, extension lines, or an empty tree with another root.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise LogFormError(f"expected origin, size and root as three lines, got {len(lines) - 1} lines")
    found = Checkpoint(
        note.require_name(lines[0]),
        parse_decimal(lines[1], "the size of a checkpoint"),
        parse_hash(lines[2], "the root of a checkpoint"),
    )
    if found.size == 0 and found.root != merkle.EMPTY:
        raise LogFormError("expected the root of an empty tree in a checkpoint of size 0, got another")
    return found


def read(data: bytes) -> tuple[Note, Checkpoint]:
    """Read a signed checkpoint: the note and its tree. Nothing is verified yet.

    Raises:
        LogFormError: not in its one form.
    """
    found = note.parse(data)
    return found, parse(found.text)


def verify_log(found: Note, keys: Iterable[VerifierKey]) -> Statement:
    """The signature of a known log whose name is the origin.

    Args:
        found: a checkpoint's note. keys: of logs; witnesses' are passed over.

    Raises:
        NoteSignatureError: no listed log signed it, or its signature does not hold.
    """
    origin = parse(found.text).origin
    statements = [
        statement
        for key in keys
        if key.algorithm == note.LOG and key.name == origin and (statement := note.verify(found, key)) is not None
    ]
    if not statements:
        raise NoteSignatureError(
            f"expected a checkpoint signed by a listed log, got one of {origin!r}",
            hint="Compare the log's key with the published trust list.",
        )
    return statements[0]


def latest_cosignature(data: bytes) -> datetime | None:
    """When the last cosignature in a checkpoint of ours says it was made, aware UTC; unverified; none without any.

    Raises:
        LogFormError: not in its one form.
    """
    found, tree = read(data)
    times = [note.claimed_time(line) for line in found.signatures if line.name != tree.origin]
    return max((time for time in times if time is not None), default=None)


def verify_witnesses(found: Note, keys: Iterable[VerifierKey]) -> tuple[Statement, ...]:
    """The cosignatures of listed witnesses, one for each key, in the order of the keys.

    Raises:
        NoteSignatureError: a listed witness's line does not hold.
    """
    wanted = {key.public: key for key in keys if key.algorithm == note.WITNESS}
    statements = [note.verify(found, key) for key in wanted.values()]
    return tuple(statement for statement in statements if statement is not None)
