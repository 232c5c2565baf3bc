"""Keys of a log and two witnesses; a log at work with witnesses that answer over HTTP."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.log import entry, ledger, note
from evidence.log.checkpoint import Checkpoint
from evidence.log.note import Note
from evidence.log.publisher import Publisher
from evidence.log.witness import open_witnesses
from evidence.vkey import VerifierKey
from kernel.config import Settings
from kernel.db import Database
from kernel.schema import upgrade
from tests.servers.witnesses import Witnesses, witnessing

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Party:
    """A name with its key."""

    name: str
    private_key: Ed25519PrivateKey
    algorithm: int

    def vkey(self) -> VerifierKey:
        """The public side."""
        return note.verifier_key(self.name, self.algorithm, self.private_key.public_key())


@dataclass(frozen=True)
class Parties:
    """A log with two witnesses; keys are fixed so that failures repeat."""

    log: Party
    witnesses: tuple[Party, ...]

    def signed(self, tree: Checkpoint, cosigned_by: int = 2) -> Note:
        """A checkpoint signed by the log and by so many witnesses."""
        text = tree.text()
        cosignatures = [note.cosign(text, one.name, one.private_key, AT) for one in self.witnesses[:cosigned_by]]
        return Note(text, (note.sign(text, self.log.name, self.log.private_key), *cosignatures))


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


def line(number: int) -> str:
    """An entry."""
    return entry.custody(f"{number:064x}")


@dataclass
class Bench:
    """A log at work: leaves, tiles, witnesses, and what a test does to them."""

    config: Settings
    database: Database
    key: Party
    witnesses: Witnesses
    opened: list[Publisher] = field(default_factory=list)

    def publisher(self, quorum: int = 2) -> Publisher:
        """A publisher as a new process would have it."""
        publisher = Publisher(
            self.database,
            self.key.name,
            self.key.private_key,
            folder=self.config.log_path(),
            witnesses=open_witnesses(self.config),
            quorum=quorum,
            clock=lambda: AT,
        )
        self.opened.append(publisher)
        return publisher

    def append(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """Put entries into the log and commit."""
        lines = tuple(line(number) for number in numbers)
        with self.database.write() as session:
            ledger.append_all(session, lines)
        return lines

    def back_up(self, name: str) -> None:
        """Keep a copy of the database."""
        self.database.close()
        for ending in ("", "-wal", "-shm"):
            path = self.config.data_dir / f"wangjian.db{ending}"
            if path.exists():
                shutil.copyfile(path, self.config.data_dir / f"{name}{ending}")

    def put_back(self, name: str) -> None:
        """Put a copy of the database back, over what is there now."""
        self.database.close()
        for ending in ("-wal", "-shm", ""):
            path, kept = (self.config.data_dir / f"{base}{ending}" for base in ("wangjian.db", name))
            path.unlink(missing_ok=True)
            if kept.exists():
                shutil.copyfile(kept, path)
        self.database = Database(self.config.sqlalchemy_url())


@pytest.fixture
def bench(tmp_path: Path, parties: Parties) -> Iterator[Bench]:
    """An empty log with two witnesses."""
    with witnessing(tmp_path / "witnesses", [parties.log.vkey().render()]) as witnesses:
        options = {name.lower(): value for name, value in witnesses.options().items()}
        config = Settings(data_dir=tmp_path / "data", witness_quorum=2, **options)  # type: ignore[arg-type]
        database = Database(config.sqlalchemy_url())
        upgrade(database)
        for server in witnesses.services.values():
            server.fixed_time = AT
        opened = Bench(config, database, parties.log, witnesses)
        yield opened
        for publisher in opened.opened:
            publisher.close()
        opened.database.close()
