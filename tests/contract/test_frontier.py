"""The frontier keeps its promises on SQLite and on PostgreSQL."""

import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from crawlers.archive import Place
from crawlers.budget import Budget
from crawlers.frontier import (
    NewLink,
    add_links,
    claim,
    close_visit_if_drained,
    is_full_fetch,
    open_visit,
    refuse,
    retry_later,
    stop_visit,
)
from crawlers.lease import held, release, release_dead, renew
from crawlers.record import Answer, record_page, record_pages
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.facts import Fact, ListingFacts, PageFacts
from kernel.models import FactVersion, FrontierEntry, Listing, OutboxEntry, Page, Shop, Visit

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
BUDGET = Budget(100, 10_000_000, 600, 5)
HOME = "https://shop.example/"


def _open(database: Database, job_id: str = "job-1", at: datetime = AT) -> int:
    with database.write() as session:
        shop = session.execute(select(Shop)).scalars().first()
        if shop is None:
            shop = Shop(url=HOME, host="shop.example", created_at=at)
            session.add(shop)
            session.flush()
        return open_visit(session, shop=shop, job_id=job_id, budget=BUDGET, at=at).id


def _add(database: Database, visit: int, count: int) -> None:
    links = [NewLink(f"{HOME}item/{number}", "detail", 1) for number in range(count)]
    with database.write() as session:
        add_links(session, visit_id=visit, links=links)


def _claim(database: Database, visit: int, owner: str, limit: int = 10, at: datetime = AT) -> list[str]:
    with database.write() as session:
        claims = claim(session, visit_ids=(visit,), owner=owner, limit=limit, lease_s=60, at=at)
    return [item.url for item in claims]


def _price(fen: int) -> Fact:
    value: dict[str, str | int | bool | None] = {
        "kind": "shown",
        "fen": fen,
        "fen_max": None,
        "currency": "CNY",
        "unit": None,
        "sku": None,
    }
    return Fact("price", value, f"¥{fen / 100}", "css:.price", "heuristic")


def _detail(url: str, fen: int, title: str = "山核桃") -> PageFacts:
    facts = (Fact("title", title, title, "css:h1", "heuristic"), _price(fen))
    return PageFacts("detail", listings=(ListingFacts(url, facts),))


def _visit_once(database: Database, job_id: str, at: datetime, fen: int) -> None:
    """One visit to one listing, from opening to closing."""
    visit = _open(database, job_id, at)
    url = f"{HOME}item/1"
    with database.write() as session:
        add_links(session, visit_id=visit, links=[NewLink(url, "detail", 1)])
        for item in claim(session, visit_ids=(visit,), owner="me", limit=10, lease_s=60, at=at):
            facts = _detail(url, fen) if item.url == url else PageFacts("home")
            digest = sha256_hex(f"{item.url} {fen if item.url == url else ''}".encode())
            same = item.previous is not None and item.previous.sha256 == digest
            answer = Answer(
                item, at, status=200, body_sha256=digest, body_size=10, place=Place("a.warc.gz", 0), kind=facts.kind,
                facts=None if same else facts, unchanged=same, outcome="unchanged" if same else "ok",
            )  # fmt: skip
            record_page(session, answer, owner="me")
        assert close_visit_if_drained(session, visit_id=visit, reason="finished", at=at)


def test_a_visit_is_opened_once(any_database: Database) -> None:
    """The same shop and job give the same visit, with the home page in its frontier."""
    first = _open(any_database)
    assert _open(any_database) == first
    with any_database.read() as session:
        assert [row.url for row in session.execute(select(FrontierEntry)).scalars()] == [HOME]


def test_an_address_is_added_once(any_database: Database) -> None:
    """Links that are there already are left alone."""
    visit = _open(any_database)
    _add(any_database, visit, 5)
    with any_database.write() as session:
        links = [NewLink(f"{HOME}item/{number}") for number in range(3, 8)]
        assert add_links(session, visit_id=visit, links=[*links, links[0]]) == 3


def test_claims_are_most_urgent_first_and_exclusive(any_database: Database) -> None:
    """Home before details; what one process holds no other gets, until the lease runs out."""
    visit = _open(any_database)
    _add(any_database, visit, 3)
    assert _claim(any_database, visit, "one", 2)[0] == HOME
    assert len(_claim(any_database, visit, "two")) == 2
    assert _claim(any_database, visit, "two", at=AT + timedelta(seconds=59)) == []
    late = _claim(any_database, visit, "three", at=AT + timedelta(seconds=61))
    assert len(late) == 4
    with any_database.read() as session:
        assert {row.attempts for row in session.execute(select(FrontierEntry)).scalars()} == {1}
        ids = list(session.execute(select(FrontierEntry.id)).scalars())
        assert held(session, owner="one", ids=ids) == set()
        assert held(session, owner="three", ids=ids) == set(ids)


def test_two_processes_never_claim_the_same_row(any_database: Database) -> None:
    """Claims of threads with connections of their own are disjoint and complete."""
    visit = _open(any_database)
    _add(any_database, visit, 120)
    taken: dict[str, list[str]] = {"one": [], "two": [], "three": []}

    def work(owner: str) -> None:
        database = Database(any_database.url)
        empty = 0
        while empty < 3:
            urls = _claim(database, visit, owner, 7)
            taken[owner] += urls
            empty += not urls
        database.close()

    threads = [threading.Thread(target=work, args=(owner,)) for owner in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [url for urls in taken.values() for url in urls]
    assert len(everything) == len(set(everything)) == 121


def test_leases_are_renewed_and_given_back(any_database: Database) -> None:
    """A living process keeps its leases; one that stops gives them back; a dead one loses them."""
    visit = _open(any_database)
    _add(any_database, visit, 2)
    _claim(any_database, visit, "one")
    with any_database.write() as session:
        assert renew(session, owner="one", lease_s=600, at=AT) == 3
    assert _claim(any_database, visit, "two", at=AT + timedelta(seconds=100)) == []
    with any_database.write() as session:
        assert release_dead(session, visit_ids=(visit,)) == 0
        assert release(session, owner="one") == 3
    assert len(_claim(any_database, visit, "two")) == 3


def test_what_waits_is_not_claimed_before_its_time(any_database: Database) -> None:
    """A retry counts as an attempt and waits; a page for the browser does not count."""
    visit = _open(any_database)
    with any_database.write() as session:
        first = claim(session, visit_ids=(visit,), owner="me", limit=1, lease_s=60, at=AT)[0]
        retry_later(session, ids=[first.id], not_before=AT + timedelta(seconds=30), outcome="http-429")
    assert _claim(any_database, visit, "me") == []
    with any_database.write() as session:
        again = claim(session, visit_ids=(visit,), owner="me", limit=1, lease_s=60, at=AT + timedelta(seconds=31))[0]
        assert again.attempts == 1
        retry_later(session, ids=[again.id], not_before=AT, outcome="needs-browser", via="browser")
        last = claim(session, visit_ids=(visit,), owner="me", limit=1, lease_s=60, at=AT)[0]
    assert (last.attempts, last.via) == (1, "browser")


def test_a_lost_lease_records_nothing(any_database: Database) -> None:
    """A page of a process whose lease another one took is dropped."""
    visit = _open(any_database)
    with any_database.write() as session:
        item = claim(session, visit_ids=(visit,), owner="slow", limit=1, lease_s=60, at=AT)[0]
    _claim(any_database, visit, "fast", at=AT + timedelta(seconds=61))
    answer = Answer(item, AT, status=200, body_sha256="0" * 64, facts=PageFacts("home"))
    with any_database.write() as session:
        assert record_pages(session, [answer], owner="slow").answers == []
        assert len(record_pages(session, [answer], owner="fast").answers) == 1
        assert record_pages(session, [answer], owner="fast").answers == []
    with any_database.read() as session:
        assert len(session.execute(select(Page)).scalars().all()) == 1


def test_a_visit_ends_when_nothing_is_open(any_database: Database) -> None:
    """Not before; a visit whose home was never reached has failed and says why."""
    visit = _open(any_database)
    with any_database.write() as session:
        assert not close_visit_if_drained(session, visit_id=visit, reason="finished", at=AT)
        item = claim(session, visit_ids=(visit,), owner="me", limit=1, lease_s=60, at=AT)[0]
        record_page(session, Answer(item, AT, state="failed", outcome="dns", detail="no address"), owner="me")
        assert close_visit_if_drained(session, visit_id=visit, reason="finished", at=AT)
        assert close_visit_if_drained(session, visit_id=visit, reason="finished", at=AT)
    with any_database.read() as session:
        row = session.get_one(Visit, visit)
        assert (row.state, row.stop_reason) == ("failed", "dns")
        assert session.get_one(Shop, row.shop_id).status == "unreachable"


def test_a_used_up_budget_and_a_stop_refuse_the_rest(any_database: Database) -> None:
    """Nothing is left open, and every row says why it was not taken."""
    visit = _open(any_database)
    _add(any_database, visit, 3)
    _claim(any_database, visit, "me", 1)
    with any_database.write() as session:
        assert refuse(session, visit_id=visit, outcome="budget-pages", owner="me") == 4
    other = _open(any_database, "job-2")
    with any_database.write() as session:
        stop_visit(session, visit_id=other, owner="me", reason="cancelled", at=AT)
    with any_database.read() as session:
        assert session.get_one(Visit, other).state == "stopped"
        states = session.execute(select(FrontierEntry.state, FrontierEntry.outcome)).all()
    assert {tuple(row) for row in states} == {("refused", "budget-pages"), ("refused", "cancelled")}


def test_a_revisit_knows_the_earlier_pages_and_keeps_only_changes(any_database: Database) -> None:
    """Second visit: known addresses are seeded; same bytes make no fact; a new price supersedes the old."""
    _visit_once(any_database, "job-1", AT, 9900)
    _visit_once(any_database, "job-2", AT + timedelta(hours=1), 9900)
    with any_database.read() as session:
        facts = session.execute(select(FactVersion)).scalars().all()
        assert len(facts) == 2
        pages = session.execute(select(Page).order_by(Page.id)).scalars().all()
        assert [page.unchanged_from for page in pages] == [None, None, 1, 2]
        assert not any(page.judged_at for page in pages[2:])  # what stands today is for the rules again
        assert len(session.execute(select(OutboxEntry)).scalars().all()) == 1
    _visit_once(any_database, "job-3", AT + timedelta(days=1), 8900)
    with any_database.read() as session:
        prices = session.execute(
            select(FactVersion).where(FactVersion.field == "price").order_by(FactVersion.id)
        ).scalars()
        first, second = prices
        assert first.superseded_at == second.seen_at == AT + timedelta(days=1)
        listing = session.execute(select(Listing)).scalars().one()
        assert (listing.price_fen, listing.title) == (8900, "山核桃")
        assert listing.first_seen_at == AT
        assert listing.updated_at == AT + timedelta(days=1)


def test_every_seventh_visit_asks_in_full(any_database: Database) -> None:
    """Six conditional visits, then a full one."""
    full = []
    for number in range(1, 15):
        _visit_once(any_database, f"job-{number}", AT + timedelta(days=number), 100)
        with any_database.read() as session:
            full.append(is_full_fetch(session, number))
    assert [index + 1 for index, value in enumerate(full) if value] == [7, 14]
