"""Transfers and requests for help: one way only, answered once, decided by the superior for good."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exchange import transfer
from exchange.errors import RecipientError, SchemaError, TransferError
from exchange.outbox import Draft
from exchange.transfer import Request, answer, appeal, ask, decide, overdue
from kernel.models import Message, Transfer
from tests.servers.exchanging import Line, Node, introduce, make_node

MATTER = "lead-2026-001"
Pair = tuple[Node, Node, Line]


@pytest.fixture
def three(tmp_path: Path) -> Iterator[tuple[Node, Node, Node]]:
    """Two districts and the city above them, each with an installation of its own."""
    transfer.register_handlers()
    line = Line()
    nodes = tuple(make_node(code, tmp_path, line) for code in ("310115", "310104", "310000"))
    for one in nodes:
        for other in nodes:
            if one is not other:
                introduce(one, other)
    yield nodes  # type: ignore[misc]
    for node in nodes:
        node.database.close()


def _request(kind: str = "TRANSFER", to: str = "310104", **payload: object) -> Request:
    if kind == "TRANSFER":
        payload = {"matter_kind": "LEAD", **payload}
    return Request(kind, MATTER, to, "经营者实际经营地在贵局辖区", payload)


def _ask(node: Node, request: Request | None = None) -> str:
    with node.database.write() as session:
        return ask(session, request or _request(), actor="officer", at=node.at)


def _answer(node: Node, step: str, kind: str = "TRANSFER") -> str:
    with node.database.write() as session:
        return answer(session, kind, MATTER, step, reason="见附件", actor="officer", at=node.at)


def _states(node: Node) -> list[tuple[str, str]]:
    return [(row.direction, row.state) for row in node.rows(Transfer)]


def test_a_transfer_is_received_and_accepted(three: tuple[Node, Node, Node]) -> None:
    """Both sides know it, with the one who asked and until when."""
    pudong, xuhui, _ = three
    asked = _ask(pudong)
    pudong.turn()
    row = xuhui.rows(Transfer)[0]
    assert (row.state, row.other, row.asked_id, row.due_at is not None) == ("received", "310115", asked, True)
    _answer(xuhui, "accept")
    xuhui.turn()
    assert _states(pudong) == [("out", "accepted")]
    assert asked in pudong.rows(Message, direction="in")[0].envelope


def test_what_was_transferred_is_not_transferred_again(three: tuple[Node, Node, Node]) -> None:
    """Not on, not back, not twice; the first two are refused here and would be there."""
    pudong, xuhui, _ = three
    _ask(pudong)
    pudong.turn()
    for node, to in ((xuhui, "310115"), (xuhui, "310000"), (pudong, "310000")):
        with pytest.raises(TransferError):
            _ask(node, _request(to=to))
    with xuhui.database.write() as session:
        session.query(Transfer).delete()
    _ask(xuhui, _request(to="310115"))
    xuhui.turn()
    told = xuhui.rows(Message, direction="out")[0]
    assert (told.state, told.error_code) == ("rejected", "exchange.transfer")


def test_an_objection_goes_to_the_common_superior_whose_word_is_final(three: tuple[Node, Node, Node]) -> None:
    """Nobody can object to it again."""
    pudong, xuhui, city = three
    _ask(pudong)
    pudong.turn()
    with pytest.raises(TransferError), pudong.database.write() as session:
        appeal(session, MATTER, "310115", actor="officer", at=pudong.at)
    _answer(xuhui, "object")
    xuhui.turn()
    assert _states(pudong) == [("out", "objected")]
    with pudong.database.write() as session:
        appeal(session, MATTER, "310115", actor="officer", at=pudong.at)
    pudong.turn()
    assert [row.state for row in city.rows(Message, direction="in")] == ["processed"]
    with city.database.write() as session:
        decide(session, MATTER, "310104", ("310115", "310104"), reason="由徐汇管辖", actor="chief", at=city.at)
    city.turn()
    assert _states(pudong) == [("out", "decided")]
    assert _states(xuhui) == [("in", "received")]
    with pytest.raises(TransferError):
        _answer(xuhui, "object")
    _answer(xuhui, "accept")
    with pytest.raises(TransferError):
        _ask(pudong)


def test_help_is_asked_and_given(three: tuple[Node, Node, Node]) -> None:
    """Received, answered; asked again after it was sent back."""
    pudong, xuhui, _ = three
    _ask(pudong, _request("ASSIST", fields=["identity", "transaction"]))
    pudong.turn()
    _answer(xuhui, "return", "ASSIST")
    xuhui.turn()
    assert _states(pudong) == [("out", "returned")]
    _ask(pudong, _request("ASSIST", fields=["identity"]))
    pudong.turn()
    _answer(xuhui, "answer", "ASSIST")
    xuhui.turn()
    assert pudong.rows(Transfer)[0].state == "answered"
    assert pudong.rows(Transfer)[0].reason == "见附件"


def test_answers_to_nothing_are_refused(three: tuple[Node, Node, Node]) -> None:
    """Here at once, and by the other side if they get there."""
    pudong, xuhui, city = three
    with pytest.raises(TransferError):
        _answer(xuhui, "accept")
    _ask(pudong)
    pudong.turn()
    with pytest.raises(TransferError):
        _answer(xuhui, "answer")
    with pudong.database.write() as session:
        session.query(Transfer).delete()
    _answer(xuhui, "accept")
    xuhui.turn()
    assert xuhui.rows(Message, direction="out")[0].error_code == "exchange.transfer"
    assert _states(city) == []


def test_what_cannot_be_asked(three: tuple[Node, Node, Node]) -> None:
    """A receiver that cannot be, a payload that does not fit; nothing is left of it."""
    pudong, *_ = three
    with pytest.raises(RecipientError):
        _ask(pudong, _request(to="?"))
    with pytest.raises(SchemaError):
        _ask(pudong, _request(nonsense=1))
    assert pudong.rows(Transfer) == []


def test_answers_that_are_late_are_known(three: tuple[Node, Node, Node]) -> None:
    """On both sides."""
    pudong, xuhui, _ = three
    _ask(pudong)
    pudong.turn()
    for node, count in ((pudong, 1), (xuhui, 1)):
        with node.database.read() as session:
            assert overdue(session, at=node.at) == []
            node.turn(10 * 86_400)
            assert len(overdue(session, at=node.at)) == count


def test_a_unit_without_an_installation_of_its_own_answers_by_the_one_above(two: Pair) -> None:
    """The national authority asks a district that the bureau hosts: the answer names the district and is taken."""
    city, national, _ = two
    transfer.register_handlers()
    wanted = transfer.Request("TRANSFER", "case-77", "310115", "实际经营地在该区", {})
    with national.database.write() as session:
        transfer.ask(session, wanted, actor="li", at=national.at)
    national.turn()
    with city.database.write() as session:
        transfer.answer(session, "TRANSFER", "case-77", "accept", reason="", actor="wang", at=city.at)
    city.turn(1)
    assert [(row.other, row.state) for row in national.rows(Transfer)] == [("310115", "accepted")]


def test_nobody_answers_for_a_unit_that_is_not_below(two: Pair) -> None:
    """A peer that names another's unit speaks for itself."""
    city, national, _ = two
    transfer.register_handlers()
    wanted = transfer.Request("TRANSFER", "case-78", "320000", "属地", {})
    with national.database.write() as session:
        transfer.ask(session, wanted, actor="li", at=national.at)
    payload = {"matter": "case-78", "step": "accept"}
    city.post(
        Draft("TRANSFER", "1.0", "UPSERT", "answer:case-78", 1, payload, receiver="000000", on_behalf_of="320000")
    )
    city.turn(1)
    (row,) = city.rows(Message)
    assert (row.state, row.error_code) == ("rejected", "exchange.transfer")


def test_answers_are_due_on_working_days() -> None:
    """Seven for a transfer, fifteen for help, to the end of the day in China; over the holiday in October too."""
    before = datetime(2026, 9, 29, 17, tzinfo=UTC)  # the thirtieth in China
    assert transfer.due_at("TRANSFER", before) == datetime(2026, 10, 15, 15, 59, 59, tzinfo=UTC)
    row = Transfer(at=datetime(2026, 12, 14, 1, tzinfo=UTC), kind="ASSIST")
    assert transfer.guessed_years(row) == ()
    row.due_at = transfer.due_at("ASSIST", row.at)
    assert row.due_at == datetime(2027, 1, 4, 15, 59, 59, tzinfo=UTC)
    assert transfer.guessed_years(row) == (2027,)
