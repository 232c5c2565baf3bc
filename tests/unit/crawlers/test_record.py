"""Records: one transaction for page, facts, links and frontier."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from crawlers.archive import Place
from crawlers.frontier import Claim, NewLink, Previous
from crawlers.record import Answer, RobotsAnswer, record_page, record_pages, record_robots
from kernel.db import Database
from kernel.facts import Fact, FactValue, ListingFacts, PageFacts
from kernel.models import FactVersion, FrontierEntry, Listing, OutboxEntry, Page, Shop, Visit

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
ITEM = "https://shop.example/item/1"
Claimer = Callable[[Sequence[str]], list[Claim]]


def _fact(field: str, value: FactValue) -> Fact:
    return Fact(field, value, str(value), "css:x", "heuristic")


def _price(fen: int) -> Fact:
    return _fact("price", {"kind": "shown", "fen": fen, "fen_max": None, "currency": "CNY", "unit": None, "sku": None})


def _answer(claim: Claim, facts: PageFacts | None, **values: object) -> Answer:
    kind = facts.kind if facts else "other"
    base = Answer(
        claim, AT, status=200, body_sha256="ab" * 32, body_size=10, place=Place("x.warc.gz", 5), facts=facts, kind=kind
    )
    return replace(base, **values)  # type: ignore[arg-type]


def test_a_detail_page_makes_everything_at_once(database: Database, claims: Claimer) -> None:
    """Page, listing, facts, outbox, links, frontier, counters of the visit."""
    claim = claims(["item/1"])[1]
    facts = PageFacts("detail", listings=(ListingFacts(ITEM, (_fact("title", "茶"), _price(990))),))
    links = (NewLink("https://shop.example/item/2", "detail", 2),)
    with database.write() as session:
        recorded = record_page(session, _answer(claim, facts, links=links, notes=("odd",)), owner="me")
    assert (recorded.links, recorded.listings, len(recorded.page_ids)) == (1, 1, 1)
    with database.read() as session:
        page = session.execute(select(Page)).scalars().one()
        assert (page.url, page.kind, page.notes, page.warc_offset, page.judged_at) == (ITEM, "detail", ["odd"], 5, None)
        listing = session.execute(select(Listing)).scalars().one()
        assert (listing.title, listing.price_fen, listing.last_page_id) == ("茶", 990, page.id)
        assert {(row.field, row.slot) for row in session.execute(select(FactVersion)).scalars()} == {
            ("title", ""), ("price", "shown"),
        }  # fmt: skip
        assert session.execute(select(OutboxEntry.object_id)).scalars().all() == [listing.id]
        row = session.get_one(FrontierEntry, claim.id)
        assert (row.state, row.outcome, row.page_id, row.lease_owner) == ("done", "ok", page.id, "")
        visit = session.execute(select(Visit)).scalars().one()
        assert (visit.pages, visit.bytes, visit.unchanged) == (1, 10, 0)


def test_stubs_never_overwrite_details(database: Database, claims: Claimer) -> None:
    """In one batch or after: the detail's title stays; the list price is kept beside it."""
    home, item = claims(["item/1"])
    stub = ListingFacts(ITEM, (_fact("title", "茶…"), _price(100)), is_stub=True)
    own = ListingFacts(ITEM, (_fact("title", "茶叶礼盒"), _price(990)))
    answers = [_answer(home, PageFacts("home", listings=(stub,))), _answer(item, PageFacts("detail", listings=(own,)))]
    with database.write() as session:
        record_pages(session, answers, owner="me")
    again = claims(["list"])[0]
    with database.write() as session:
        record_page(
            session, _answer(again, PageFacts("list", listings=(replace(stub, facts=(_price(90),)),))), owner="me"
        )
    with database.read() as session:
        listing = session.execute(select(Listing)).scalars().one()
        assert (listing.title, listing.price_fen) == ("茶叶礼盒", 990)
        slots = session.execute(
            select(FactVersion.slot).where(FactVersion.field == "price", FactVersion.superseded_at.is_(None))
        ).scalars()
        kinds = sorted(slot.partition("#")[0] for slot in slots)
        assert kinds == ["list", "list", "shown"], "another page's price stands beside the first"


def test_a_stub_makes_a_listing(database: Database, claims: Claimer) -> None:
    """A listing is known from the list page alone."""
    home = claims([])[0]
    stub = ListingFacts(ITEM, (_fact("title", "茶"), _price(100)), is_stub=True)
    with database.write() as session:
        record_page(session, _answer(home, PageFacts("home", listings=(stub,))), owner="me")
    with database.read() as session:
        listing = session.execute(select(Listing)).scalars().one()
        assert (listing.title, listing.price_fen, listing.last_page_id, listing.state) == ("茶", 100, None, "on")


def test_a_value_that_changes_within_a_batch(database: Database, claims: Claimer) -> None:
    """Two pages of one listing in one batch: the earlier value is written and ended."""
    home, one, two = claims(["item/1", "item/1?again"])
    pages = [
        _answer(one, PageFacts("detail", listings=(ListingFacts(ITEM, (_price(100),)),))),
        _answer(two, PageFacts("detail", listings=(ListingFacts(ITEM, (_price(200),)),))),
        _answer(home, PageFacts("home")),
    ]
    with database.write() as session:
        record_pages(session, pages, owner="me")
    with database.read() as session:
        rows = session.execute(select(FactVersion).order_by(FactVersion.id)).scalars().all()
        assert [row.superseded_at is None for row in rows] == [False, True]
        assert session.execute(select(Listing.price_fen)).scalar_one() == 200


def test_gone_and_back(database: Database, claims: Claimer) -> None:
    """404 makes a listing gone, an unchanged or changed page brings it back; each is told to the index."""
    claim = claims(["item/1"])[1]
    facts = PageFacts("detail", listings=(ListingFacts(ITEM, (_price(100),)),))
    with database.write() as session:
        record_page(session, _answer(claim, facts), owner="me")
    for status, unchanged, state in ((404, False, "gone"), (200, True, "on"), (410, False, "gone")):
        with database.write() as session:
            session.get_one(FrontierEntry, claim.id).state = "leased"
            session.get_one(FrontierEntry, claim.id).lease_owner = "me"
            session.flush()
            record_page(session, _answer(claim, None, status=status, unchanged=unchanged), owner="me")
        with database.read() as session:
            assert session.execute(select(Listing.state)).scalar_one() == state
    with database.read() as session:
        assert len(session.execute(select(OutboxEntry)).scalars().all()) == 4


def test_the_shop_gets_its_licence(database: Database, claims: Claimer) -> None:
    """A licence page fills the shop's columns and overrules others; facts of the shop have no listing."""
    home, licence = claims(["licence"])
    named = PageFacts("home", shop=(_fact("seller_name", "某某店"),))
    shown = PageFacts("licence", shop=(_fact("licence_code", "91310115XX00010119"), _fact("licence_name", "某公司")))
    with database.write() as session:
        record_pages(session, [_answer(licence, shown), _answer(home, named)], owner="me")
    with database.read() as session:
        shop = session.execute(select(Shop)).scalars().one()
        assert shop.seller_code == "91310115XX00010119"
        assert {row.listing_id for row in session.execute(select(FactVersion)).scalars()} == {None}


def test_what_left_a_list_page_ends(database: Database, claims: Claimer) -> None:
    """A product no longer on the list page it was read from loses its list price, nothing else."""
    home = claims([])[0]
    stubs = tuple(
        ListingFacts(f"https://shop.example/item/{number}", (_price(number),), is_stub=True) for number in (1, 2)
    )
    with database.write() as session:
        first = record_page(session, _answer(home, PageFacts("home", listings=stubs)), owner="me")
        row = session.get_one(FrontierEntry, home.id)
        row.state, row.lease_owner = "leased", "me"
        session.flush()
        known = replace(home, previous=Previous(first.page_ids[0], "x", "", "", "home"))
        record_page(
            session, _answer(known, PageFacts("home", listings=stubs[:1]), at=AT + timedelta(days=1)), owner="me"
        )
    with database.read() as session:
        rows = session.execute(select(FactVersion).order_by(FactVersion.id)).scalars().all()
        assert [row.superseded_at is None for row in rows] == [True, False]


def test_trouble_makes_no_page(database: Database, claims: Claimer) -> None:
    """An address that was refused or failed has a row that says why, and no page."""
    claim = claims([])[0]
    with database.write() as session:
        record_page(session, Answer(claim, AT, state="refused", outcome="robots", detail="x" * 5_000), owner="me")
        assert record_pages(session, [], owner="me").answers == []
    with database.read() as session:
        row = session.get_one(FrontierEntry, claim.id)
        assert (row.state, row.outcome, len(row.detail), row.page_id) == ("refused", "robots", 1_000, None)
        assert session.execute(select(Page)).first() is None


def test_robots_is_kept_once_an_origin(database: Database, visit_id: int) -> None:
    """The first origin stands at the top, others below; a second answer changes nothing."""
    with database.write() as session:
        shop = session.execute(select(Shop.id)).scalar_one()
        rules = {"url": "https://shop.example/robots.txt", "status": 200}
        base = RobotsAnswer(visit_id, shop, "https://shop.example", str(rules["url"]), 200, AT, rules)
        assert record_robots(session, base)
        assert not record_robots(session, base)
        other = replace(base, origin="https://www.shop.example", status=0)
        assert record_robots(session, other)
        assert not record_robots(session, other)
    with database.read() as session:
        robots = session.get_one(Visit, visit_id).robots
        assert robots["origin"] == "https://shop.example"
        assert list(robots["others"]) == ["https://www.shop.example"]  # type: ignore[call-overload]
        page = session.execute(select(Page)).scalars().one()
        assert page.notes == ["robots"]
        assert page.judged_at is not None
