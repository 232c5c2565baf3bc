"""Keys of a log and two witnesses, and a tree to speak about."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.log import note
from evidence.log.checkpoint import Checkpoint
from evidence.log.note import Note, VerifierKey

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Party:
    """A name with its key."""

    name: str
    key: Ed25519PrivateKey
    algorithm: int

    def vkey(self) -> VerifierKey:
        """The public side."""
        return note.verifier_key(self.name, self.algorithm, self.key.public_key())


@dataclass(frozen=True)
class Parties:
    """A log with two witnesses; keys are fixed so that failures repeat."""

    log: Party
    witnesses: tuple[Party, ...]

    def signed(self, tree: Checkpoint, cosigned_by: int = 2) -> Note:
        """A checkpoint signed by the log and by so many witnesses."""
        text = tree.text()
        cosignatures = [note.cosign(text, one.name, one.key, AT) for one in self.witnesses[:cosigned_by]]
        return Note(text, (note.sign(text, self.log.name, self.log.key), *cosignatures))


@pytest.fixture(scope="session")
def parties() -> Parties:
    """One log, two witnesses."""
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2, 3)]
    return Parties(
        Party("log.example/wangjian", keys[0], note.LOG),
        (
            Party("witness.example/court", keys[1], note.WITNESS),
            Party("witness.example/notary", keys[2], note.WITNESS),
        ),
    )
