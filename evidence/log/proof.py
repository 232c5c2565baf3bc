"""Proofs that an entry is in the log: its index, its path, and the checkpoint it leads to.

Spec: C2SP tlog-proof (``c2sp.org/tlog-proof@v1``). Extra data is refused: nobody vouches for it.
"""

import base64
from dataclasses import dataclass

from evidence.log import checkpoint, entry, merkle
from evidence.log.checkpoint import Checkpoint
from evidence.log.errors import LogFormError, NotIncludedError

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof, read.

    Attributes:
        index: of the entry, from 0. path: hashes of 32 raw bytes, the leaf's sibling first.
        checkpoint: the signed note, byte for byte.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def render(self) -> bytes:
        """The bytes of the proof, in its one form."""
        lines = [HEADER, f"index {self.index}", *(base64.b64encode(value).decode() for value in self.path)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


def parse(data: bytes) -> Proof:
    """Read a proof; its checkpoint must have the one form of a checkpoint too.

    Raises:
        LogFormError: another form.
    """
    head, blank, below = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise LogFormError("expected ASCII before the checkpoint of a proof, got other bytes") from error
    if not blank or len(lines) < 2 or lines[0] != HEADER or not lines[1].startswith("index "):
        raise LogFormError(f"expected {HEADER}, an index and a checkpoint, got {lines[0][:80]!r}")
    if len(lines) - 2 > merkle.MAX_PATH:
        raise LogFormError(f"expected at most {merkle.MAX_PATH} hashes in a proof, got {len(lines) - 2}")
    index = checkpoint.parse_decimal(lines[1].removeprefix("index "), "the index of a proof")
    path = tuple(checkpoint.parse_hash(line, "the path of a proof") for line in lines[2:])
    checkpoint.read(below)
    return Proof(index, path, below)


def check(proof: Proof, line: str) -> Checkpoint:
    """Check that an entry is in the tree of the proof's checkpoint. Signatures are not looked at.

    Args:
        proof: as ``parse`` gave it. line: the entry (``entry.package`` or ``entry.custody``).

    Returns:
        the checkpoint that the entry leads to.

    Raises:
        LogFormError: not an entry, or a checkpoint that cannot be read. NotIncludedError: the path
        leads to another root.
    """
    _, tree = checkpoint.read(proof.checkpoint)
    found = merkle.root_from_inclusion(entry.leaf(line), proof.index, tree.size, proof.path)
    if found != tree.root:
        raise NotIncludedError(
            f"expected the path to lead to the root of {tree.size} leaves, got another root",
            hint="This entry is not the one that was logged there, or the proof was changed.",
        )
    return tree
