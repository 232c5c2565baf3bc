"""The log as a state machine: appended, published, killed, put back, forked, in any order.

Held in every history: no size is ever witnessed with two roots; a log that nobody touched always publishes,
also after being killed anywhere; one that was put back or changed after it was witnessed never does.
"""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from unittest import mock

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from evidence.log import checkpoint, entry, ledger, note, proof
from evidence.log import tiles as tiles_module
from evidence.log.errors import LogFaultError
from evidence.log.publisher import Publisher
from evidence.log.witness import Witness
from kernel.db import Database
from kernel.models import LogLeaf
from kernel.schema import upgrade
from simulators.witness.notary import Notary
from tests.unit.evidence.log.conftest import AT

ORIGIN = "log.example/machine"
KEY = Ed25519PrivateKey.from_private_bytes(bytes([9] * 32))
OWN = note.verifier_key(ORIGIN, note.LOG, KEY.public_key())


def _entry(number: int) -> str:
    return entry.package(f"{number:064x}", "0" * 64)


class _KilledError(BaseException):
    """The process ends here."""


def _dying(real: Callable[..., object], after: int, *, done: bool) -> Callable[..., object]:
    """A function that ends the process at its call number ``after``, before or after doing its work."""
    calls = iter(range(after, -1, -1))

    def call(*words: object, **named: object) -> object:
        last = next(calls, None) == 0
        if last and not done:
            raise _KilledError
        result = real(*words, **named)
        if last:
            raise _KilledError
        return result

    return call


class LogMachine(RuleBasedStateMachine):
    """One log with one witness in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="wj-log-"))
        self.path = self.folder / "log.db"
        self.notary = Notary("w.example", self.folder / "witness", [OWN.render()])
        self.database = self._open()
        upgrade(self.database)
        self.number = 0
        self.lines: list[str] = []
        self.roots: dict[int, bytes] = {}
        self.copies: list[tuple[Path, list[str]]] = []
        self.spoiled = False

    def teardown(self) -> None:
        """Nothing is left."""
        self.database.close()
        shutil.rmtree(self.folder)

    def _open(self) -> Database:
        return Database(f"sqlite:///{self.path}")

    def _witness(self) -> Witness:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                said = self.notary.add_checkpoint(request.read(), AT)
            else:
                said = self.notary.checkpoint(request.url.path.split("/")[1])
            return httpx.Response(said.status, headers={"Content-Type": said.kind}, stream=httpx.ByteStream(said.body))

        client = httpx.Client(transport=httpx.MockTransport(answer))
        return Witness("court", "http://w.example.test", note.parse_vkey(self.notary.vkey), "test", client)

    def _publisher(self) -> Publisher:
        where = self.folder / "tlog"
        return Publisher(
            self.database, ORIGIN, KEY, folder=where, witnesses=[self._witness()], quorum=1, clock=lambda: AT
        )

    def _seen(self) -> int:
        """How many leaves the witness has seen; each of its sizes has one root."""
        for path in self.notary.folder.glob("*.note"):
            tree = checkpoint.parse(note.parse(path.read_bytes()).text)
            assert self.roots.setdefault(tree.size, tree.root) == tree.root
            return tree.size
        return 0

    @rule(count=st.integers(1, 300))
    def append(self, count: int) -> None:
        """Further entries, committed."""
        fresh = [_entry(self.number + step) for step in range(count)]
        self.number += count
        with self.database.write() as session:
            ledger.append_all(session, fresh)
        self.lines += fresh

    @rule()
    def publish(self) -> None:
        """Proofs that hold; of a log that somebody touched nothing new is ever shown."""
        if self.spoiled:
            self.append(1)
        with self._publisher() as publisher:
            wanted = [self.lines[0], self.lines[-1]] if self.lines else []
            try:
                found = publisher.publish(wanted)
            except LogFaultError:
                assert self.spoiled
                return
        self._seen()
        assert not self.spoiled
        for one, line in zip(found, wanted, strict=True):
            tree = proof.check(proof.parse(one.proof), line)
            assert self.roots.setdefault(tree.size, tree.root) == tree.root

    @precondition(lambda self: self.lines and not self.spoiled)
    @rule(after=st.integers(0, 6), done=st.booleans(), where=st.sampled_from(["tiles", "keep", "witness"]))
    def killed_while_publishing(self, after: int, done: bool, where: str) -> None:  # noqa: FBT001 - hypothesis passes it
        """Anywhere: between files, before or after the witness answered, before or after it was kept."""
        with ExitStack() as stack, self._publisher() as publisher:
            targets: dict[str, tuple[object, str]] = {
                "tiles": (tiles_module, "write_whole"),
                "keep": (publisher, "_keep"),
                "witness": (Witness, "add_checkpoint"),
            }
            target, name = targets[where]
            real = getattr(target, name)
            short = after if where == "tiles" else after % 2
            stack.enter_context(mock.patch.object(target, name, _method(_dying(real, short, done=done), where)))
            stack.enter_context(suppress(_KilledError))
            publisher.publish([self.lines[-1]])
        self._seen()

    @rule()
    def back_up(self) -> None:
        """Keep a copy of the database."""
        self.database.close()
        copy = self.folder / f"copy-{len(self.copies)}"
        copy.mkdir()
        for path in self.folder.glob("log.db*"):
            shutil.copyfile(path, copy / path.name)
        self.copies.append((copy, list(self.lines)))
        self.database = self._open()

    @precondition(lambda self: self.copies and not self.spoiled)
    @rule(data=st.data(), tiles_too=st.booleans())
    def put_back(self, data: st.DataObject, tiles_too: bool) -> None:  # noqa: FBT001 - hypothesis passes it
        """An older database, perhaps without the tiles; harmless only when nothing newer was shown to anybody."""
        copy, lines = data.draw(st.sampled_from(self.copies))
        known = max(self._seen(), 0 if tiles_too else tiles_module.Tiles(self.folder / "tlog").size)
        self.database.close()
        for path in self.folder.glob("log.db*"):
            path.unlink()
        for path in copy.iterdir():
            shutil.copyfile(path, self.folder / path.name)
        if tiles_too:
            shutil.rmtree(self.folder / "tlog", ignore_errors=True)
        self.database = self._open()
        self.lines = list(lines)
        self.spoiled = known > len(lines)
        # What was appended since gets other numbers, as other events would have other hashes.
        self.number += 1_000

    @precondition(lambda self: 0 < self._seen() <= len(self.lines) and not self.spoiled)
    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        """A witnessed leaf becomes another, with tiles and checkpoints taken away: a fork by the operator."""
        place = data.draw(st.integers(0, self._seen() - 1))
        self.number += 1
        with self.database.write() as session:
            row = session.get_one(LogLeaf, place)
            row.entry = _entry(self.number + 900_000)
            row.leaf_hash = ledger.hash_of(row)
            self.lines[place] = row.entry
        with self.database.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM log_checkpoint")
        shutil.rmtree(self.folder / "tlog", ignore_errors=True)
        self.spoiled = True

    @rule()
    def audit(self) -> None:
        """The complete audit agrees with what was done."""
        with self._publisher() as publisher:
            try:
                found = publisher.audit()
            except LogFaultError:
                assert self.spoiled
                return
        assert not self.spoiled
        assert found.tree.size == len(self.lines)


def _method(dying: Callable[..., object], where: str) -> Callable[..., object]:
    """A plain function where a class looks for a method."""
    if where != "witness":
        return dying

    def method(self: Witness, *words: object) -> object:
        return dying(self, *words)

    return method


LogMachine.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking files and databases would take minutes
)
TestLog = LogMachine.TestCase
