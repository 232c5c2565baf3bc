"""A log in memory with its key and its witnesses, for tests: small, and apart from the product's own log."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.log import entry, merkle, note
from evidence.log.checkpoint import Checkpoint
from evidence.log.errors import LogError
from evidence.log.note import Note, Signature
from evidence.log.proof import Proof
from evidence.log.publisher import Published
from evidence.trust import NoteKey


@dataclass(frozen=True, slots=True)
class TinyWitness:
    """A witness: cosigns what it is shown."""

    name: str
    key: Ed25519PrivateKey

    def cosign(self, text: str, at: datetime) -> Signature:
        """Its line under a checkpoint."""
        return note.cosign(text, self.name, self.key, at)

    def note_key(self, short: str) -> NoteKey:
        """Its key, as a trust list has it."""
        vkey = note.verifier_key(self.name, note.WITNESS, self.key.public_key()).render()
        return NoteKey(short, "witness", "test", vkey)


@dataclass(slots=True)
class TinyLog:
    """All leaves in memory.

    Attributes:
        at: what its witnesses' clocks say. down: publishing fails. leaves: lines of the log.
    """

    name: str
    key: Ed25519PrivateKey
    witnesses: list[TinyWitness]
    at: datetime
    leaves: list[str] = field(default_factory=list)
    down: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def tree(self, size: int | None = None) -> Checkpoint:
        """The tree of the first leaves, of all by default."""
        kept = self.leaves if size is None else self.leaves[:size]
        return Checkpoint(self.name, len(kept), merkle.root(len(kept), self._stored(kept)))

    def _stored(self, kept: Sequence[str]) -> merkle.Stored:
        return merkle.from_leaves([entry.leaf(line) for line in kept])

    def note(self, tree: Checkpoint | None = None, witnesses: Sequence[TinyWitness] | None = None) -> bytes:
        """A signed checkpoint, cosigned by all witnesses unless others are named."""
        text = (tree or self.tree()).text()
        chosen = self.witnesses if witnesses is None else witnesses
        lines = [note.sign(text, self.name, self.key), *(one.cosign(text, self.at) for one in chosen)]
        return Note(text, tuple(lines)).render()

    def prove(self, index: int, checkpoint: bytes, size: int | None = None) -> bytes:
        """The proof of one leaf, under a checkpoint of the first ``size`` leaves."""
        kept = self.leaves if size is None else self.leaves[:size]
        return Proof(index, merkle.inclusion(index, len(kept), self._stored(kept)), checkpoint).render()

    def publish(self, entries: Sequence[str]) -> tuple[Published, ...]:
        """Take entries; one checkpoint over them."""
        if self.down:
            raise LogError("expected two witnesses, got one", hint="Start the witnesses.")
        with self._lock:
            first = len(self.leaves)
            self.leaves += entries
            checkpoint = self.note()
            return tuple(
                Published(index, checkpoint, self.prove(index, checkpoint)) for index in range(first, len(self.leaves))
            )


def some_lines(count: int) -> list[str]:
    """Custody entries of nobody."""
    return [entry.custody(hashlib.sha256(bytes((number,))).hexdigest()) for number in range(count)]
