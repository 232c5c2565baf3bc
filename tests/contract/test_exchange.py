"""The exchange on SQLite and on PostgreSQL: the same messages, order, receipts, packages and subscriptions."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from evidence import officer
from exchange import effect
from exchange.call import Wire, make_call
from exchange.effect import Effect, register
from exchange.envelope import Envelope
from exchange.folder_line import turn_folders
from exchange.offline.carried import mark_packed
from exchange.offline.dispatch import MESSAGES, accept_through, hands_of, take_sheets, write_waiting
from exchange.offline.incoming import Door, open_package
from exchange.offline.outgoing import Load, carry_out, prepare, release, take_receipt
from exchange.relay import Pace
from exchange.sealing import seal_waiting
from exchange.subscribe import contract, delivery, feed
from exchange.subscribe.contract import Wish
from exchange.subscribe.delivery import Ways
from kernel.db import Database
from kernel.models import BusinessVersion, Delivery, Hop, Message, Receipt, ReceiptSheet, Stream, Subscription
from kernel.schema import upgrade
from tests.servers.empty_records import open_records
from tests.servers.exchanging import AT, Line, Node, introduce, lead, make_node, pair, shuffled

Records = Callable[[Path], Database]
Pair = tuple[Node, Node, Line]


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """Name of a PostgreSQL database with the newest schema, to be copied."""
    server = make_url(postgresql)
    name = f"migrated_{uuid4().hex}"
    _command(postgresql, f"CREATE DATABASE {name}")
    database = Database(server.set(database=name).render_as_string(hide_password=False))
    upgrade(database)
    database.close()
    return name


def _command(url: str, words: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(words))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest) -> Iterator[Records]:
    """Makes empty records for an installation, of each kind in turn."""
    if request.param == "sqlite":
        yield open_records
        return
    url, template = request.getfixturevalue("postgresql"), request.getfixturevalue("migrated_postgresql")
    made: list[tuple[str, Database]] = []

    def make(path: Path) -> Database:
        name = f"exchange_{path.stem.lower()}_{uuid4().hex}"
        _command(url, f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append((name, Database(make_url(url).set(database=name).render_as_string(hide_password=False))))
        return made[-1][1]

    yield make
    for name, database in made:
        database.close()
        _command(url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def _no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effect, "_HANDLERS", {})


@pytest.fixture
def two(tmp_path: Path, records: Records) -> Iterator[Pair]:
    """A bureau, the national authority, and the line between them."""
    with pair(tmp_path, records=records) as made:
        yield made


def counted() -> list[str]:
    """What had its effect, in order."""
    done: list[str] = []

    def note(session: Session, envelope: Envelope, payload: object, at: object) -> Effect:
        del session, payload, at
        done.append(envelope.biz_key)
        return Effect()

    register("LEAD", note)
    return done


def test_sealing_numbers_chains_and_signs(two: Pair) -> None:
    """Each stream from one on, each message naming the one before it; deliveries and hops beside them."""
    city, _, _ = two
    city.post(*(lead(number, stream=f"s{number % 3}") for number in range(30)))
    assert seal_waiting(city.database, city.keys, city.gateway.ours, at=city.at) == 30
    assert seal_waiting(city.database, city.keys, city.gateway.ours, at=city.at) == 0
    rows = city.rows(Message)
    for stream in city.rows(Stream):
        mine = [row for row in rows if row.stream_id == stream.id]
        assert [row.seq for row in mine] == list(range(1, 11))
        links = [json.loads(row.envelope)["prev"] for row in mine]
        assert [*links[1:], stream.head] == [row.digest for row in mine]
        assert (stream.last_seq, stream.highest_seq, stream.last_at) == (10, 10, city.at)
    assert {row.draft == {} and row.kid != "" for row in rows} == {True}
    assert len(city.rows(Delivery)) == len(city.rows(Hop)) == 30


def test_two_that_seal_at_once_give_each_number_once(two: Pair) -> None:
    """Two turns of the duty that overlap wait for one another."""
    city, _, _ = two
    city.post(*(lead(number) for number in range(60)))

    def work(_: int) -> int:
        return seal_waiting(city.database, city.keys, city.gateway.ours, at=city.at, limit=20)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, range(6)))
    while seal_waiting(city.database, city.keys, city.gateway.ours, at=city.at):
        pass
    assert sorted(row.seq for row in city.rows(Message)) == list(range(1, 61))
    assert len(city.rows(Delivery)) == 60


def test_relay_and_inbox_bring_every_message_with_both_receipts(two: Pair) -> None:
    """One effect each, in order, told to the sender."""
    city, national, _ = two
    done = counted()
    city.post(*(lead(number) for number in range(450)))
    assert city.turn() == 450
    assert done == [f"lead-{number}" for number in range(450)]
    assert {row.state for row in city.rows(Message)} == {"processed"}
    kinds = [row.kind for row in city.rows(Receipt, direction="taken")]
    assert kinds.count("STORED") == kinds.count("PROCESSED") == 450
    assert len(national.rows(BusinessVersion)) == 450
    assert all(row.acknowledged_at for row in city.rows(Hop))


def test_a_bad_line_costs_nothing_but_time(two: Pair) -> None:
    """Lost, doubled and late calls, lost answers, small batches."""
    city, national, line = two
    done, number = counted(), count()
    line.before = lambda body: (body, body) if next(number) % 3 == 0 else (body,)
    line.after = lambda answer: None if next(number) % 5 == 0 else answer
    city.relay._pace = Pace(batch=7, retry_after_s=(1.0,), max_tries=50)
    city.post(*(lead(one, stream=f"s{one % 4}") for one in range(100)))
    for _ in range(40):
        city.turn(2)
    assert sorted(done) == sorted(f"lead-{one}" for one in range(100))
    assert {row.state for row in city.rows(Message)} == {"processed"}
    assert {row.kind for row in city.rows(Receipt)} == {"STORED", "PROCESSED", "DUPLICATE"}
    assert {row.highest_seq for row in national.rows(Stream)} == {25}


def _calls(city: Node, parts: int) -> list[bytes]:
    rows = city.rows(Message)
    wires = [Wire(row.message_id, row.envelope, row.suite, row.kid, row.signature) for row in rows]
    size = len(wires) // parts
    groups = [wires[start : start + size] for start in range(0, len(wires), size)]
    return [make_call(city.keys, "ed25519-sha256", "000000", "messages", at=AT, messages=group)[1] for group in groups]


def test_calls_of_one_stream_at_the_same_time(two: Pair) -> None:
    """A new stream is made once, what comes early waits, and nothing has its effect twice."""
    city, national, _ = two
    done = counted()
    city.post(*(lead(number) for number in range(80)))
    seal_waiting(city.database, city.keys, city.gateway.ours, at=city.at)
    calls = shuffled(_calls(city, 8) * 2, 3)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda body: national.gateway.answer(body, at=AT), calls))
    assert done == [f"lead-{number}" for number in range(80)]
    (stream,) = national.rows(Stream)
    assert (stream.last_seq, stream.highest_seq, stream.missing_since) == (80, 80, None)
    assert {row.state for row in national.rows(Message)} == {"processed"}


def test_a_handler_that_fails_stops_its_stream_only(two: Pair) -> None:
    """The batch is done again with savepoints; later the stream goes on from there and the receipts are fetched."""
    city, national, _ = two
    broken = {"lead-3"}

    def handler(session: Session, envelope: Envelope, payload: object, at: object) -> Effect:
        del session, payload, at
        if envelope.biz_key in broken:
            raise ZeroDivisionError
        return Effect()

    register("LEAD", handler)
    city.post(*(lead(number) for number in range(6)), *(lead(number, stream="other") for number in range(10, 13)))
    city.turn()
    states = {row.biz_key: row.state for row in national.rows(Message)}
    assert [states[f"lead-{number}"] for number in range(6)] == ["processed"] * 3 + ["failed"] + ["held"] * 2
    assert {states[f"lead-{number}"] for number in range(10, 13)} == {"processed"}
    broken.clear()
    (stream,) = [row for row in national.rows(Stream) if row.name == "lead"]
    national.gateway.release(stream.id, at=national.at)
    city.turn(6)
    assert {row.state for row in city.rows(Message)} == {"processed"}
    assert national.rows(ReceiptSheet, direction="given")


def test_a_newer_version_takes_the_place_of_an_older_one(two: Pair) -> None:
    """The same again, an older one, another content under the same version."""
    city, national, _ = two
    counted()
    changed = {"payload": {"description": "另一内容，同一版本"}}
    city.post(lead(1, 2), lead(1, 2, stream="b"), lead(1, 1, stream="c"), lead(1, 2, stream="d", **changed), lead(1, 3))
    city.turn()
    found = {(row.biz_version, json.loads(row.envelope)["stream"]): row.outcome or row.error_code
             for row in national.rows(Message)}  # fmt: skip
    assert found.pop((2, "d")) == "exchange.version_conflict"
    assert sorted(found.values()) == ["applied", "applied", "same", "stale"]
    (version,) = national.rows(BusinessVersion)
    assert version.biz_version == 3


def test_messages_pass_through_those_between(tmp_path: Path, records: Records) -> None:
    """A district, the city that hands on, the national authority; hops and forwarded receipts."""
    with pair(tmp_path, records=records) as (city, national, line):
        district = make_node("310115", tmp_path, line, records=records)
        introduce(district, city)
        introduce(district, national, url="")
        introduce(city, district)
        introduce(national, district, url="")
        district.post(*(lead(number) for number in range(20)))
        district.turn()
        city.turn(1)
        district.turn(10)
        assert {row.state for row in district.rows(Message)} == {"processed"}
        assert [(row.node, row.next_node) for row in city.rows(Hop)] == [("310000", "000000")] * 20
        assert {row.giver for row in district.rows(Receipt, kind="PROCESSED")} == {"000000"}
        district.database.close()


def test_the_shared_folder(tmp_path: Path, records: Records) -> None:
    """前置机: as files, with their receipts."""
    line = Line()
    city, national = (make_node(org, tmp_path / org, line, records=records) for org in ("310000", "000000"))
    url = f"folder:{tmp_path / 'shared'}"
    introduce(city, national, url)
    introduce(national, city, url)
    city.post(*(lead(number) for number in range(12)))
    seal_waiting(city.database, city.keys, city.gateway.ours, at=AT)
    for node in (city, national, city):
        turn_folders(node.gateway, at=AT)
    assert {row.state for row in national.rows(Message)} == {"processed"}
    assert {row.state for row in city.rows(Delivery)} == {"done"}
    for node in (city, national):
        node.database.close()


def _officers(node: Node) -> None:
    with node.database.write() as session:
        for number, account in enumerate(("li", "wang")):
            officer.add(
                session, name=account, number=f"沪A{number:04d}", unit="测试所", account=account,
                valid_from=AT - timedelta(days=1), valid_to=AT + timedelta(days=900), actor="system:cli", at=AT,
            )  # fmt: skip


def test_an_offline_package_there_and_its_receipt_back(two: Pair, tmp_path: Path) -> None:
    """Sealed volumes, two officers, the same door, receipts with the return."""
    city, national, _ = two
    done = counted()
    _officers(city)
    city.post(*(lead(number) for number in range(40)))
    seal_waiting(city.database, city.keys, city.gateway.ours, at=AT)
    listed = tmp_path / "listed"
    with city.database.read() as session:
        number, rows = write_waiting(session, "000000", listed)
    hand = hands_of(city.gateway, at=AT)("000000")
    assert hand is not None
    load = Load([(MESSAGES, listed)], "移送", number)
    package = prepare(city.database, hand, tmp_path / "outgoing", load, actor="system:cli", at=AT)
    with city.database.write() as session:
        mark_packed(session, rows, package.id, at=AT)
        for account in ("li", "wang"):
            release(session, package.id, account=account, at=AT)
        carry_out(session, package.id, tmp_path / "medium", actor="li", at=AT)
    door = Door(hands_of(national.gateway, at=AT), accept_through(national.gateway), tmp_path / "in", tmp_path / "back")
    outcome = open_package(national.database, door, tmp_path / "medium", actor="zhao", at=AT)
    assert (outcome.state, len(done)) == ("accepted", 40)
    assert outcome.receipt is not None
    taker = partial(take_sheets, city.gateway)
    came = take_receipt(city.database, hands_of(city.gateway, at=AT), outcome.receipt, taker, actor="li", at=AT)
    assert came.state == "receipted"
    assert {row.state for row in city.rows(Delivery)} == {"done"}


def test_a_subscription_gets_every_change_once(records: Records, tmp_path: Path) -> None:
    """Published with numbers, approved by another, delivered with its scope from where it stood."""
    database = records(tmp_path / "house.db")
    row = {"name": "上海甲(测试)有限公司", "status": "active"}

    def publish(number: int) -> None:
        with database.write() as session:
            feed.publish(session, "subject", f"XX{number:04}", 1, row, at=AT, region="310115")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(publish, range(20)))
    wish = Wish(subscriber="TAX-310000", data_set="subject", purpose="税源比对", legal_basis="税收征收管理法 第6条",
                channel="file", from_now=False)  # fmt: skip
    with database.write() as session:
        asked = contract.ask(session, wish, actor="li", at=AT)
        contract.move(session, asked.id, "approve", actor="wang", reason="", at=AT)
    ways = Ways(lambda *_: None, tmp_path / "files", lambda _tries, at: at)
    delivery.deliver(database, ways, at=AT, goes_on=lambda: True)
    delivery.deliver(database, ways, at=AT, goes_on=lambda: True)
    bodies = [delivery.read_body(path.read_bytes()) for path in (tmp_path / "files").rglob("*.json")]
    numbers = [item["number"] for body in bodies for item in body["rows"]]  # type: ignore[attr-defined]
    assert sorted(numbers) == list(range(1, 21))
    with database.read() as session:
        assert session.query(Subscription).one().cursor == 20
    database.close()
