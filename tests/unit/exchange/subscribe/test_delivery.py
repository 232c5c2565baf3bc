"""Deliveries: within the scope, once, in order, whatever fails in between."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from exchange.subscribe import contract, delivery
from exchange.subscribe.catalogue import Catalogue, Scope
from exchange.subscribe.errors import DeliveryError
from kernel.models import Notice, Subscription
from tests.unit.exchange.subscribe.conftest import AT, House


def _row(house: House, number: int) -> Subscription:
    with house.database.read() as session:
        return session.get_one(Subscription, number)


def _keys(bodies: list[dict[str, object]]) -> list[str]:
    found = []
    for body in bodies:
        rows = body["rows"]
        assert isinstance(rows, list)
        found += [row["row"]["id"] for row in rows]
    return found


def test_fields_outside_the_scope_are_never_delivered(house: House) -> None:
    """Not the telephone, not other regions, not rows without a region."""
    number = house.subscribe()
    house.publish(1)
    house.publish(2, region="320000")
    house.publish(3, region="")
    assert house.deliver() == 1
    (body,) = house.files(number)
    assert body["rows"] == [
        {
            "number": 1,
            "op": "UPSERT",
            "row": {"id": "1", "name": "上海1(测试)有限公司", "state": "active"},
            "version": 1,
        }
    ]
    assert body["purpose"] == "税源比对"
    assert _row(house, number).cursor == 3


def test_a_scope_that_shrank_holds_at_once(house: House, monkeypatch: pytest.MonkeyPatch, known: Catalogue) -> None:
    """What was approved before is delivered no more; with no scope left the subscription pauses and says so."""
    number = house.subscribe()
    house.publish(1)
    tax = known.departments["TAX"]
    less = replace(tax, scopes={"firm": Scope(("id", "name"), ())})
    monkeypatch.setattr(delivery, "catalogue", lambda: Catalogue(known.data_sets, {"TAX": less}))
    house.deliver()
    assert [set(row["row"]) for row in house.files(number)[0]["rows"]] == [{"id", "name"}]  # type: ignore[attr-defined]
    house.publish(2)
    monkeypatch.setattr(delivery, "catalogue", lambda: Catalogue(known.data_sets, {"TAX": replace(tax, scopes={})}))
    assert house.deliver() == 0
    assert _row(house, number).state == "paused"
    with house.database.read() as session:
        assert session.execute(select(Notice.link)).scalar_one() == f"/subscriptions/{number}"


def test_filters_choose_rows_and_withdrawals_always_go(house: House) -> None:
    """A row that was taken back may have been delivered before."""
    number = house.subscribe(filters=[{"field": "state", "op": "eq", "value": "revoked"}])
    house.publish(1)
    house.publish(2, state="revoked")
    house.publish(1, version=2, op="VOID")
    assert house.deliver() == 2
    (body,) = house.files(number)
    assert [(row["op"], row["row"]["id"]) for row in body["rows"]] == [("UPSERT", "2"), ("VOID", "1")]  # type: ignore[attr-defined]


def test_from_now_on_or_from_the_beginning(house: House) -> None:
    """As it was asked."""
    house.publish(1)
    late, early = house.subscribe(from_now=True), house.subscribe(from_now=False)
    house.publish(2)
    house.deliver()
    assert _keys(house.files(late)) == ["2"]
    assert _keys(house.files(early)) == ["1", "2"]


def test_long_feeds_go_in_batches(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, each change once, with ids that follow one another."""
    monkeypatch.setattr(delivery, "BATCH", 3)
    number = house.subscribe()
    for one in range(8):
        house.publish(one)
    assert house.deliver() == 8
    bodies = house.files(number)
    assert _keys(bodies) == [str(one) for one in range(8)]
    assert [body["delivery"] for body in bodies] == [f"sub-{number}-{a}-{b}" for a, b in ((1, 3), (4, 6), (7, 8))]
    assert house.deliver() == 0


def test_a_webhook_that_fails_gets_the_same_delivery_again(house: House) -> None:
    """Under the same id and with the same rows, though more changed meanwhile."""
    number = house.subscribe(channel="webhook", target="https://hook.tax.example.test/in")
    house.publish(1)
    house.answers = False
    assert house.deliver() == 0
    house.publish(2)
    assert house.deliver() == 0
    assert len(house.got) == 1, "not before its time"
    house.answers, house.at = True, AT + timedelta(seconds=11)
    assert house.deliver() == 2
    assert house.got[0] == house.got[1]
    assert [delivery.read_body(body)["delivery"] for _, body in house.got[1:]] == [
        f"sub-{number}-1-1", f"sub-{number}-2-2",
    ]  # fmt: skip
    assert _row(house, number).tries == 0


def test_a_run_killed_after_sending_sends_the_same_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken by the subscriber, not noted here: the id tells the subscriber that it has it."""
    number = house.subscribe(channel="webhook", target="https://hook.tax.example.test/in")
    house.publish(1)
    found = delivery.prepare(house.database, number, at=AT)
    assert found is not None
    house.ways().post(found.target, found.body)
    house.publish(2)
    house.deliver()
    assert house.got[0] == house.got[1]
    assert len(house.got) == 3


def test_after_ten_tries_it_pauses(house: House) -> None:
    """With a notice; resumed by a person, it goes on where it was."""
    number = house.subscribe(channel="webhook", target="https://hook.tax.example.test/in")
    house.publish(1)
    house.answers = False
    for _ in range(delivery.MAX_TRIES + 2):
        house.deliver()
        house.at += timedelta(seconds=11)
    assert len(house.got) == delivery.MAX_TRIES
    assert _row(house, number).state == "paused"
    house.answers = True
    with house.database.write() as session:
        contract.move(session, number, "resume", actor="wang", reason="repaired", at=house.at)
    assert house.deliver() == 1
    with house.database.read() as session:
        assert session.execute(select(Notice)).scalar_one().key == f"subscription:{number}:{delivery.MAX_TRIES}"


def test_the_inbox_has_each_delivery_once(house: House) -> None:
    """For the owner that was named, else for the department."""
    house.subscribe(channel="inbox", target="310115")
    house.subscribe(channel="inbox")
    house.publish(1)
    house.deliver()
    house.deliver()
    with house.database.read() as session:
        rows = session.execute(select(Notice).order_by(Notice.id)).scalars().all()
        assert [row.owner for row in rows] == ["310115", "TAX"]
        assert "phone" not in str([row.detail for row in rows])


def test_it_stops_when_it_is_told(house: House) -> None:
    """The next turn goes on; a subscription that was ended meanwhile gets nothing."""
    number = house.subscribe()
    house.publish(1)
    assert house.deliver(lambda: False) == 0
    with house.database.write() as session:
        contract.move(session, number, "end", actor="wang", reason="x", at=AT)
    assert delivery.prepare(house.database, number, at=AT) is None


@pytest.mark.parametrize("body", [b"", b"[]\n", b"{}\n", b'{"format": "wangjian-delivery-1"}\n'])
def test_a_subscriber_refuses_other_forms(body: bytes) -> None:
    """Only the canonical form is read."""
    with pytest.raises(DeliveryError):
        delivery.read_body(body)
