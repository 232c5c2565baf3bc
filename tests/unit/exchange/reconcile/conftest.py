"""Two installations that compare rows, with a mail between them that tests can spoil."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from exchange.reconcile import parcel
from exchange.reconcile.desk import Desk, Source
from exchange.reconcile.errors import ReconcileError
from exchange.reconcile.run import begin, work
from kernel.db import Database
from tests.unit.exchange.conftest import NewRecords

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
DATA_SET = "stream/310115/LEAD"


def digest(text: str) -> str:
    """A content digest."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Side:
    """One installation: its records, its rows (key to content), what it sent and what it was asked to mend."""

    code: str
    database: Database
    rows: dict[str, str]
    out: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    forge: bool = False
    cut: int = 1_000_000

    def desk(self) -> Desk:
        """As the product sees it; a signature is a digest with the signer's name, which a forger gets wrong."""

        def sign(peer: str, data: bytes) -> Mapping[str, str]:
            name = "forger" if self.forge else self.code
            return {"suite": "test", "kid": self.code, "value": digest(f"{name}/{peer}/{data.decode()}")}

        def verify(peer: str, data: bytes, signature: Mapping[str, str]) -> None:
            if signature.get("value") != digest(f"{peer}/{self.code}/{data.decode()}"):
                raise ReconcileError("expected the peer's signature, got another")

        def source(peer: str, data_set: str) -> Source | None:
            if not data_set.startswith("stream/"):
                return None
            return Source(data_set, data_set.split("/")[1], self._rows, lambda _session, _before: self.cut, self._mend)

        return Desk(self.code, sign, verify, source, self._post)

    def _rows(self, session: Session, cut: int) -> Iterator[tuple[str, str, int]]:
        del session, cut
        yield from ((key, content, number) for number, (key, content) in enumerate(self.rows.items()))

    def _mend(self, session: Session, keys: Sequence[str], at: datetime) -> Mapping[str, str]:
        del session, at
        self.mended += keys
        return {key: f"m-{key}" for key in keys if key in self.rows}

    def _post(self, session: Session, peer: str, payload: Mapping[str, object], at: datetime) -> str:
        del session, at
        self.out.append((peer, dict(payload)))
        return "id"


@dataclass
class Pair:
    """The two of them: ``left`` asks and is the sender."""

    left: Side
    right: Side
    spoil: Callable[[dict[str, object]], dict[str, object] | None] = lambda payload: payload

    def begin(self, day: str = "2026-11-24") -> str:
        """The left side asks."""
        return begin(self.left.database, self.left.desk(), self.right.code, DATA_SET, day=day, before=AT, at=AT)

    def pump(self, rounds: int = 12) -> None:
        """Carry mail and work until nobody has anything to say."""
        for _ in range(rounds):
            moved = 0
            for one, other in ((self.left, self.right), (self.right, self.left)):
                sent, one.out = one.out, []
                for _, payload in sent:
                    spoilt = self.spoil(payload)
                    if spoilt is not None:
                        with other.database.write() as session:
                            parcel.take(session, one.code, spoilt, at=AT)
                moved += len(sent) + work(other.database, other.desk(), at=AT)
            if not moved:
                return

    def run(self, day: str = "2026-11-24") -> str:
        """A whole comparison; its id."""
        run = self.begin(day)
        self.pump()
        return run


@pytest.fixture
def pair(new_records: NewRecords) -> Pair:
    """Two sides that hold the same hundred rows."""
    rows = {f"LEAD/{number}": digest(str(number)) for number in range(100)}
    left, right = (Side(code, new_records(code), dict(rows)) for code in ("310115", "310000"))
    return Pair(left, right)
