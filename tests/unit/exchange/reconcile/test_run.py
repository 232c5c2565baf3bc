"""A comparison from its beginning to two signatures, and every way in which it must not end well."""

import random
from collections.abc import Callable

import pytest
from sqlalchemy import select

from exchange.reconcile import parcel, run
from exchange.reconcile.errors import ReconcileError
from exchange.reconcile.report import run_id
from kernel.models import AuditEntry, Notice, Reconciliation
from kernel.models import Difference as DifferenceRow
from tests.unit.exchange.reconcile.conftest import AT, DATA_SET, Pair, Side, digest


def _row(side: Side, name: str) -> Reconciliation:
    with side.database.read() as session:
        return session.get_one(Reconciliation, name)


def _differences(side: Side, name: str) -> dict[str, tuple[str, str]]:
    with side.database.read() as session:
        rows = session.execute(select(DifferenceRow).where(DifferenceRow.reconciliation_id == name)).scalars()
        return {row.key: (row.kind, row.state) for row in rows}


def test_sides_that_agree_sign_after_three_messages(pair: Pair) -> None:
    """Manifest, report, countersign; nothing is sent again."""
    seen: list[object] = []

    def watch(payload: dict[str, object]) -> dict[str, object]:
        seen.append(payload["step"])
        return payload

    pair.spoil = watch
    name = pair.run()
    assert seen == ["manifest", "report", "countersign"]
    left, right = _row(pair.left, name), _row(pair.right, name)
    assert (left.state, right.state) == ("agreed", "agreed")
    assert left.report == right.report
    assert left.our_signature == right.their_signature
    assert right.our_signature == left.their_signature
    assert (left.missing, left.extra, left.altered) == (0, 0, 0)
    assert pair.left.mended == []


@pytest.mark.parametrize("seed", range(6))
def test_every_planted_difference_is_found_and_none_invented(pair: Pair, seed: int) -> None:
    """And mended: the sender sends again what is missing or altered; what only the receiver has is for a person."""
    chance = random.Random(seed)  # noqa: S311 - planted faults need no strong randomness
    keys = chance.sample(sorted(pair.left.rows), chance.randint(1, 60))
    wanted = {}
    for key in keys:
        kind = chance.choice(("missing", "extra", "altered"))
        state = "person" if kind == "extra" else "sent"
        wanted[key] = (kind, state)
        if kind == "missing":
            del pair.right.rows[key]
        elif kind == "extra":
            del pair.left.rows[key]
        else:
            pair.right.rows[key] = digest("other")
    name = pair.run()
    assert _row(pair.left, name).state == _row(pair.right, name).state == "agreed"
    assert _differences(pair.left, name) == wanted
    assert set(pair.left.mended) == {key for key, (kind, _) in wanted.items() if kind != "extra"}
    turned = {"missing": "extra", "extra": "missing", "altered": "altered"}
    states = {"missing": "person", "extra": "asked", "altered": "asked"}
    expected = {key: (turned[kind], states[turned[kind]]) for key, (kind, _) in wanted.items()}
    assert _differences(pair.right, name) == expected
    assert pair.right.mended == []


def test_a_later_comparison_settles_what_was_mended(pair: Pair) -> None:
    """And the notice that a person had to look is done when nothing is left."""
    del pair.right.rows["LEAD/1"], pair.left.rows["LEAD/2"]
    first = pair.run("2026-11-24")
    with pair.left.database.read() as session:
        assert session.execute(select(Notice.done_at)).scalars().all() == [None]
    pair.right.rows["LEAD/1"] = pair.left.rows["LEAD/1"]
    del pair.right.rows["LEAD/2"]
    pair.run("2026-11-25")
    assert {state for _, state in _differences(pair.left, first).values()} == {"settled"}
    with pair.left.database.read() as session:
        assert session.execute(select(Notice.done_at)).scalars().all() == [AT]


def test_begun_twice_it_is_one(pair: Pair) -> None:
    """The same peer, data set and day is the same comparison; its messages too may come twice."""
    assert pair.begin() == pair.begin()
    assert len(pair.left.out) == 1
    pair.left.out *= 2
    pair.pump()
    with pair.right.database.read() as session:
        assert len(session.execute(select(Reconciliation)).scalars().all()) == 1
        actions = session.execute(select(AuditEntry.action).order_by(AuditEntry.seq)).scalars().all()
    assert actions == ["reconciliation.begin", "reconciliation.agree"]


def test_long_lists_go_in_parts(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is worked on before all parts are here, in whatever order they come."""
    monkeypatch.setattr(parcel, "PART_ITEMS", 7)
    pair.right.rows = {}
    pair.begin()
    for _ in range(8):
        for one, other in ((pair.left, pair.right), (pair.right, pair.left)):
            sent, one.out = one.out, []
            sent.reverse()
            for _, payload in sent:
                with other.database.write() as session:
                    parcel.take(session, one.code, payload, at=AT)
            run.work(other.database, other.desk(), at=AT)
    found = _differences(pair.left, run_id("310115", "310000", DATA_SET, "2026-11-24"))
    assert len(found) == 100


def test_rows_that_move_make_it_begin_anew(pair: Pair) -> None:
    """A message that comes late while it runs is no difference: the comparison fails, without a notice."""
    del pair.right.rows["LEAD/5"]

    def late(payload: dict[str, object]) -> dict[str, object]:
        if payload["step"] == "rows":
            pair.right.rows["LEAD/5"] = pair.left.rows["LEAD/5"]
        return payload

    pair.spoil = late
    name = pair.run()
    assert (_row(pair.left, name).state, _row(pair.right, name).state) == ("failed", "failed")
    with pair.left.database.read() as session:
        assert session.execute(select(Notice)).first() is None


def _drop_item(payload: dict[str, object]) -> dict[str, object]:
    items = payload["items"]
    assert isinstance(items, list)
    return {**payload, "items": items[1:]} if payload["step"] == "report" else payload


def _other_list(payload: dict[str, object]) -> dict[str, object]:
    if payload["step"] != "report":
        return payload
    return {**payload, "items": [["missing", "LEAD/77", digest("x"), ""]]}


def _other_report(payload: dict[str, object]) -> dict[str, object]:
    head = payload["head"]
    assert isinstance(head, dict)
    if payload["step"] != "report":
        return payload
    return {**payload, "head": {**head, "report": str(head["report"]).replace('"missing":1', '"missing":0')}}


@pytest.mark.parametrize("spoil", [_drop_item, _other_list, _other_report])
def test_a_report_that_does_not_hold_is_disputed(
    pair: Pair, spoil: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    """A changed list or a changed report never gets the second signature, and a person is told."""
    del pair.right.rows["LEAD/5"]
    pair.spoil = spoil
    name = pair.run()
    left = _row(pair.left, name)
    assert left.state == "disputed"
    assert left.their_signature == {}
    assert _row(pair.right, name).state == "disputed"
    assert pair.left.mended == []
    with pair.left.database.read() as session:
        assert session.execute(select(Notice.link)).scalar_one() == f"/exchange/reconciliations/{name}"


@pytest.mark.parametrize("forger", ["left", "right"])
def test_a_forged_signature_is_disputed(pair: Pair, forger: str) -> None:
    """Of the report as of the countersignature."""
    (pair.left if forger == "left" else pair.right).forge = True
    name = pair.run()
    assert _row(pair.right, name).state != "agreed"
    assert _row(pair.right if forger == "left" else pair.left, name).state == "disputed"


def test_another_peer_cannot_speak_in_a_comparison(pair: Pair) -> None:
    """A third one's step is refused, and the comparison goes on."""
    name = pair.begin()
    alien = {"run": name, "step": "countersign", "part": 1, "parts": 1, "head": {"signature": {}}, "items": []}
    with pair.left.database.write() as session:
        parcel.take(session, "440000", alien, at=AT)
    run.work(pair.left.database, pair.left.desk(), at=AT)
    assert _row(pair.left, name).state == "asked"


def test_an_unknown_data_set_is_refused(pair: Pair) -> None:
    """By the asker at once, by the answerer with a stop."""
    with pytest.raises(ReconcileError):
        run.begin(pair.left.database, pair.left.desk(), "310000", "secrets", day="2026-11-24", before=AT, at=AT)
    with pytest.raises(ReconcileError):
        run.begin(pair.left.database, pair.left.desk(), "310000", "stream/9/LEAD", day="2026-11-24", before=AT, at=AT)


@pytest.mark.parametrize(
    "change",
    [
        {"cut": -1},
        {"cut": "9"},
        {"sender": "310000"},
        {"data_set": "secrets"},
        {"answerer": "999999"},
        {"manifest": {}},
        {"manifest": {"algorithm": "md5", "count": 1, "data_set": "x", "max_seq": 1, "sum": "0" * 64}},
        {"day": "now"},
        {"more": 1},
    ],
)
def test_terms_that_are_not_understood_stop_it(pair: Pair, change: dict[str, object]) -> None:
    """The asker hears why; the answerer holds nothing."""

    def spoil(payload: dict[str, object]) -> dict[str, object]:
        head = payload["head"]
        assert isinstance(head, dict)
        return {**payload, "head": {**head, **change}} if payload["step"] == "manifest" else payload

    pair.spoil = spoil
    name = pair.run()
    assert _row(pair.left, name).state == "disputed"
    with pair.right.database.read() as session:
        assert session.get(Reconciliation, name) is None
