"""Judging pages of the database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from kernel.db import Database
from kernel.facts import FactValue
from kernel.models import FactVersion, Listing, OutboxEntry, Page, RuleHit, Shop, Visit
from supervision.rules.record import JudgeSummary, judge_pages
from supervision.rules.rule_catalogue import Catalogue, load_catalogue

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)


@dataclass
class Desk:
    """Writes rows as the crawler would, and judges."""

    session: Session
    shop: Shop
    visit: Visit
    catalogue: Catalogue = field(default_factory=load_catalogue)

    def page(self, key: str, kind: str = "detail", at: datetime = AT) -> Page:
        """One answer of an address."""
        row = Page(
            visit_id=self.visit.id, shop_id=self.shop.id, url=f"http://a.example.test/{key}", url_key=key, status=200,
            final_url=f"http://a.example.test/{key}", kind=kind, fetched_at=at, body_sha256="0" * 64,
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def listing(self, key: str, category: str = "") -> Listing:
        """A listing without facts."""
        row = Listing(
            shop_id=self.shop.id, url=f"http://a.example.test/{key}", url_key=key, category=category,
            first_seen_at=AT, last_seen_at=AT, updated_at=AT,
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def fact(self, page: Page, listing: Listing | None, name: str, value: FactValue, slot: str = "") -> FactVersion:
        """A value read from a page."""
        row = FactVersion(
            shop_id=self.shop.id, listing_id=listing.id if listing else None, field=name, slot=slot, value=value,
            digest="0", raw=value if isinstance(value, str) else "¥", page_id=page.id, seen_at=page.fetched_at,
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def judge(self, *pages: Page, at: datetime = AT) -> JudgeSummary:
        """Judge pages."""
        return judge_pages(self.session, [page.id for page in pages], catalogue=self.catalogue, at=at)

    def hits(self) -> list[tuple[str, str, str]]:
        """Rule, quote and state of every hit."""
        rows = self.session.scalars(select(RuleHit).order_by(RuleHit.id))
        return [(row.rule_id, row.quote, row.state) for row in rows]

    def told(self) -> list[int]:
        """Listings the index was told of."""
        return list(self.session.scalars(select(OutboxEntry.object_id).order_by(OutboxEntry.id)))


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    """An empty database with one shop under visit."""
    with database.write() as session:
        shop = Shop(url="http://a.example.test/", host="a.example.test", created_at=AT)
        session.add(shop)
        session.flush()
        visit = Visit(shop_id=shop.id, job_id="j", started_at=AT)
        session.add(visit)
        session.flush()
        yield Desk(session, shop, visit)


def test_hit_is_kept_whole(desk: Desk) -> None:
    """The row quotes the fact, its place and page, the article, and asks for evidence."""
    page, listing = desk.page("1"), desk.listing("1")
    desk.fact(page, listing, "title", "新茶 最*佳 品质")
    assert desk.judge(page) == JudgeSummary(pages=1, listings=1, shops=0, new=1)
    (row,) = desk.session.scalars(select(RuleHit))
    assert (row.rule_id, row.quote, row.quote_start, row.quote_end) == ("AD01", "最*佳", 3, 6)
    assert (row.page_id, row.listing_id, row.shop_id, row.state) == (page.id, listing.id, desk.shop.id, "new")
    assert row.law[0]["act"] == "广告法"
    assert row.wants_evidence
    assert row.found_at == row.last_seen_at == AT
    assert desk.told() == [listing.id]
    desk.session.refresh(page)
    assert page.judged_at == AT


def test_again_changes_nothing(desk: Desk) -> None:
    """The same page judged again: same rows, no word to the index."""
    page, listing = desk.page("1"), desk.listing("1")
    desk.fact(page, listing, "title", "最佳")
    desk.judge(page)
    later = desk.judge(page, at=AT + timedelta(hours=1))
    assert (later.new, later.kept, later.gone) == (0, 1, 0)
    assert len(desk.hits()) == len(desk.told()) == 1


def test_seen_again_and_gone_and_back(desk: Desk) -> None:
    """An unchanged page moves last_seen_at; a vanished fact makes the hit gone; the same words bring it back."""
    page, listing = desk.page("1"), desk.listing("1")
    fact = desk.fact(page, listing, "title", "最佳")
    desk.judge(page)
    day = AT + timedelta(days=1)
    assert desk.judge(desk.page("1", at=day), at=day).kept == 1
    (row,) = desk.session.scalars(select(RuleHit))
    assert (row.last_seen_at, row.found_at) == (day, AT)
    fact.superseded_at = AT + timedelta(days=2)
    third = desk.page("1", at=AT + timedelta(days=2))
    desk.fact(third, listing, "title", "好茶")
    assert desk.judge(third, at=AT + timedelta(days=2)).gone == 1
    assert desk.hits() == [("AD01", "最佳", "gone")]
    fourth = desk.page("1", at=AT + timedelta(days=3))
    desk.fact(fourth, listing, "title", "又是最佳")
    assert desk.judge(fourth, at=AT + timedelta(days=3)).new == 1
    assert desk.hits() == [("AD01", "最佳", "new")]
    assert desk.told() == [listing.id] * 3


@pytest.mark.parametrize("state", ["confirmed", "dismissed"])
def test_officers_words_stand(desk: Desk, state: str) -> None:
    """What an officer decided is not undone by the page."""
    page, listing = desk.page("1"), desk.listing("1")
    fact = desk.fact(page, listing, "title", "最佳")
    desk.judge(page)
    row = desk.session.scalars(select(RuleHit)).one()
    row.state = state
    assert desk.judge(page).new == 0
    assert row.state == state
    fact.superseded_at = AT
    assert desk.judge(desk.page("1"), at=AT).gone == 0
    assert row.state == state


def test_listings_no_longer_on_offer(desk: Desk) -> None:
    """A listing that is gone breaks no rule any more."""
    page, listing = desk.page("1"), desk.listing("1")
    desk.fact(page, listing, "title", "最佳")
    desk.judge(page)
    listing.state = "gone"
    assert desk.judge(desk.page("1")).gone == 1


def test_list_page_against_detail_page(desk: Desk) -> None:
    """PR03 from two pages, judged from either of them."""
    listing, listed, own = desk.listing("1"), desk.page("list", "list"), desk.page("1")
    price: dict[str, str | int | bool | None] = {
        "kind": "shown",
        "fen": 9900,
        "currency": "CNY",
        "unit": None,
        "sku": None,
    }
    desk.fact(listed, listing, "price", price, "list")
    desk.fact(own, listing, "price", {**price, "fen": 12900}, "shown")
    assert desk.judge(listed).new == 1
    assert desk.judge(own).kept == 1
    assert [rule for rule, _, _ in desk.hits()] == ["PR03"]


def test_countdown_over_visits(desk: Desk) -> None:
    """PR04 needs the unchanged page of the next day too, and the dated words of each day."""
    listing, page = desk.listing("1"), desk.page("1")
    desk.fact(page, listing, "promotion", "仅限今天")
    assert desk.judge(page).new == 0
    day = AT + timedelta(days=1)
    assert desk.judge(desk.page("1", at=day), at=day).new == 1
    other, first = desk.listing("2"), desk.page("2")
    old = desk.fact(first, other, "promotion", "最后一天（11月25日）", "a")
    second = desk.page("2", at=day)
    old.superseded_at = day
    desk.fact(second, other, "promotion", "最后一天（11月26日）", "b")
    assert desk.judge(second, at=day).new == 1


def test_shop_is_judged_once(desk: Desk) -> None:
    """Shop facts from any page; the index is told of listings only; an errant answer is no sighting."""
    page = desk.page("licence", "licence")
    desk.fact(page, None, "licence_code", "91310115XX0000019X", "licence")
    desk.fact(page, None, "notice", "最终解释权归本店所有", "list")
    assert desk.judge(page) == JudgeSummary(pages=1, shops=1, new=2)
    assert {rule for rule, _, _ in desk.hits()} == {"ID02", "CT02"}
    assert desk.told() == []
    broken = desk.page("licence", "other", at=AT + timedelta(days=1))
    broken.status = 503
    assert desk.judge(broken).kept == 2
    assert {row.last_seen_at for row in desk.session.scalars(select(RuleHit))} == {AT}


def test_shop_without_facts(desk: Desk) -> None:
    """A licence page on which nothing was read breaks no rule; unknown pages are passed over."""
    assert desk.judge(desk.page("licence", "licence")).shops == 1
    assert judge_pages(desk.session, [999], catalogue=desk.catalogue, at=AT) == JudgeSummary()


def test_rules_outside_the_catalogue_are_left_alone(desk: Desk) -> None:
    """Judging with a part of the rules does not make the other rules' hits gone."""
    page, listing = desk.page("1"), desk.listing("1")
    desk.fact(page, listing, "title", "最佳 好评返现5元")
    desk.judge(page)
    desk.catalogue = Catalogue([desk.catalogue.get("UC01")])
    assert desk.judge(page).gone == 0
    assert {state for _, _, state in desk.hits()} == {"new"}


def test_few_queries_for_many_listings(desk: Desk) -> None:
    """A hundred pages cost a handful of queries, not some for each."""
    pages = []
    for number in range(100):
        page, listing = desk.page(str(number)), desk.listing(str(number))
        desk.fact(page, listing, "title", "好茶")
        pages.append(page)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = desk.session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    desk.judge(*pages)
    event.remove(engine, "before_cursor_execute", note)
    assert len(statements) <= 20
