"""Subscriptions: asked within the scope, with a purpose, approved by somebody else."""

import pytest
from sqlalchemy import select

from exchange.subscribe import contract
from exchange.subscribe.contract import Wish
from exchange.subscribe.errors import OutOfScopeError, SubscribeError
from kernel.models import AuditEntry, Subscription
from tests.unit.exchange.subscribe.conftest import AT, House

GOOD: dict[str, object] = {
    "subscriber": "TAX", "data_set": "firm", "purpose": "税源比对", "legal_basis": "税收征收管理法 第6条",
    "channel": "file",
}  # fmt: skip


def _ask(house: House, **change: object) -> int:
    with house.database.write() as session:
        return contract.ask(session, Wish(**{**GOOD, **change}), actor="li", at=AT).id  # type: ignore[arg-type]


def _move(house: House, number: int, verb: str, actor: str = "wang", reason: str = "why") -> str:
    with house.database.write() as session:
        return contract.move(session, number, verb, actor=actor, reason=reason, at=AT).state


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"subscriber": "NOBODY"}, OutOfScopeError),
        ({"data_set": "lead"}, OutOfScopeError),
        ({"fields": ("id", "phone")}, OutOfScopeError),
        ({"filters": [{"field": "phone", "op": "prefix", "value": "1"}]}, SubscribeError),
        ({"purpose": " "}, SubscribeError),
        ({"legal_basis": ""}, SubscribeError),
        ({"channel": "fax"}, SubscribeError),
        ({"channel": "webhook", "target": "https://elsewhere.example.test/x"}, OutOfScopeError),
        ({"channel": "webhook", "target": "http://hook.tax.example.test/x"}, OutOfScopeError),
        ({"channel": "webhook", "target": "https://a@hook.tax.example.test/x"}, OutOfScopeError),
        ({"channel": "webhook", "target": "https://[hook"}, SubscribeError),
        ({"channel": "webhook", "target": "http://127.0.0.1/x"}, OutOfScopeError),
        ({"channel": "webhook", "target": ""}, OutOfScopeError),
    ],
)
def test_beyond_the_scope_or_without_a_reason_is_refused(
    house: House, change: dict[str, object], error: type[SubscribeError]
) -> None:
    """And nothing is entered."""
    with pytest.raises(error):
        _ask(house, **change)
    with house.database.read() as session:
        assert session.execute(select(Subscription)).first() is None


def test_all_fields_of_the_scope_when_none_are_named(house: House) -> None:
    """The key always goes along; a webhook to a host of the department is taken."""
    one = _ask(house)
    two = _ask(house, fields=("name",), channel="webhook", target="https://hook.tax.example.test/in")
    with house.database.read() as session:
        assert session.get_one(Subscription, one).fields == ["id", "name", "state"]
        assert session.get_one(Subscription, two).fields == ["id", "name"]


def test_another_person_approves(house: House) -> None:
    """Who asked does not; nothing is active before."""
    number = _ask(house)
    with house.database.read() as session:
        assert contract.active(session, AT) == []
    for verb in ("approve", "refuse"):
        with pytest.raises(SubscribeError, match="another person"):
            _move(house, number, verb, actor="li")
    assert _move(house, number, "approve") == "active"
    with house.database.read() as session:
        assert contract.active(session, AT) == [number]
        assert session.get_one(Subscription, number).approved_by == "wang"


def test_its_life(house: House) -> None:
    """Paused, resumed, ended; each with a reason and a line of audit; no way back from the end."""
    number = _ask(house)
    _move(house, number, "approve", reason="")
    with pytest.raises(SubscribeError, match="reason"):
        _move(house, number, "pause", reason=" ")
    assert [_move(house, number, verb) for verb in ("pause", "resume", "end")] == ["paused", "active", "ended"]
    for verb in ("approve", "resume", "pause", "end", "dance"):
        with pytest.raises(SubscribeError):
            _move(house, number, verb)
    with pytest.raises(SubscribeError):
        _move(house, 99, "end")
    assert _move(house, _ask(house), "refuse") == "refused"
    with house.database.read() as session:
        actions = session.execute(select(AuditEntry.action).order_by(AuditEntry.seq)).scalars().all()
    assert actions == [f"subscription.{verb}" for verb in ("ask", "approve", "pause", "resume", "end", "ask", "refuse")]
