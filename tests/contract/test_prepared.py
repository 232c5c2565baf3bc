"""Prepared statements say the same on SQLite, where they go to the driver, and on PostgreSQL."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, insert, select, update

from kernel.db import Database
from kernel.models import ReceiptSheet
from kernel.prepared import Prepared
from kernel.rows import table_of

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
_T = table_of(ReceiptSheet)
_WORDS = ("direction", "number", "giver", "taker", "body", "digest", "signature", "at")
ADD = Prepared(
    insert(_T).values({name: bindparam(f"{name}_", type_=_T.c[name].type) for name in _WORDS}).returning(_T.c.id)
)
FIND = Prepared(
    select(_T.c.number, _T.c.signature, _T.c.at)
    .where(_T.c.number.in_(bindparam("numbers", expanding=True)), _T.c.direction.in_(("given", "taken")))
    .where(_T.c.at >= bindparam("since"))
    .order_by(_T.c.number)
    .limit(bindparam("most"))
)
MOVE = Prepared(
    update(_T)
    .where(_T.c.number.in_(bindparam("numbers", expanding=True)))
    .values(at=bindparam("at_", type_=_T.c.at.type), signature=bindparam("signature_", type_=_T.c.signature.type))
)


def test_values_go_in_and_come_out_as_their_columns_say(any_database: Database) -> None:
    """Times aware, JSON as values, lists of any length, numbers of new rows."""
    with any_database.write() as session:
        ids = [
            ADD.first(
                session, direction_="given", number_=f"n{n}", giver_="a", taker_="b", body_="{}", digest_=str(n),
                signature_={"kid": n}, at_=AT + timedelta(hours=n),
            ).id
            for n in range(4)
        ]  # fmt: skip
        assert len(set(ids)) == 4
        found = FIND.rows(session, numbers=("n1", "n3", "n2"), since=AT + timedelta(hours=2), most=10)
        assert [tuple(row) for row in found] == [
            ("n2", {"kid": 2}, AT + timedelta(hours=2)),
            ("n3", {"kid": 3}, AT + timedelta(hours=3)),
        ]
        assert [row.at for row in FIND.rows(session, numbers=("n1", "n2"), since=AT, most=1)] == [
            AT + timedelta(hours=1)
        ]
        assert FIND.rows(session, numbers=(), since=AT, most=1) == []
        MOVE.run(session, numbers=["n0", "n1"], at_=AT + timedelta(days=9), signature_={})
        assert FIND.first(session, numbers=["n9"], since=AT, most=1) is None
    late = FIND.alone(any_database, numbers=["n0", "n1", "n2"], since=AT + timedelta(days=8), most=9)
    assert [(row.number, row.signature, row.at) for row in late] == [
        (name, {}, AT + timedelta(days=9)) for name in ("n0", "n1")
    ]
