"""From rows to subjects: what a batch of pages touched, with facts, history and surroundings.

A handful of queries a batch, however many listings it touches.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy import ColumnElement, Table, func, or_, select
from sqlalchemy.orm import Session

from identity_verify.licence_record import display_of
from kernel.batch import batched
from kernel.facts import FactValue
from kernel.models import FactVersion, Listing, Page, Shop
from supervision.rules.subject import SeenFact, Subject

CHUNK = 400
"""Ids in one IN list (SQLite allows 32,766 parameters a statement; PostgreSQL plans short lists better)."""
HISTORY_FIELDS = ("promotion", "title", "description")
HISTORY_DAYS = 60
LICENCE = "licence"

Key = tuple[int, str]


class PageRow(NamedTuple):
    """What judging asks of a page: rows of plain values cost a fraction of mapped objects."""

    id: int
    shop_id: int
    visit_id: int
    url: str
    final_url: str
    url_key: str
    kind: str
    fetched_at: datetime


class ListingRow(NamedTuple):
    """What judging asks of a listing."""

    id: int
    shop_id: int
    url: str
    category: str
    state: str
    last_seen_at: datetime


class FactRow(NamedTuple):
    """What judging asks of a fact, as stored."""

    shop_id: int
    listing_id: int | None
    page_id: int
    field: str
    slot: str
    value: object
    raw: str
    locator: str
    method: str
    confidence: int
    seen_at: datetime
    superseded_at: datetime | None


# Columns of the tables, not of the mapped classes: SQLAlchemy then hands on rows as the driver gives them.
_PAGE = cast("Table", Page.__table__).c
_LISTING = cast("Table", Listing.__table__).c
_FACT = cast("Table", FactVersion.__table__).c
_PAGE_COLUMNS = tuple(_PAGE[name] for name in PageRow._fields)
_LISTING_COLUMNS = tuple(_LISTING[name] for name in ListingRow._fields)
_FACT_COLUMNS = tuple(_FACT[name] for name in FactRow._fields)


@dataclass(slots=True)
class Touched:
    """What a batch of pages is about."""

    pages: list[PageRow] = field(default_factory=list)
    listing_ids: set[int] = field(default_factory=set)
    shop_ids: set[int] = field(default_factory=set)

    @property
    def all_shop_ids(self) -> set[int]:
        """Shops of the pages, to be judged themselves or not."""
        return {page.shop_id for page in self.pages}


@dataclass(frozen=True, slots=True)
class LastFetch:
    """The newest answer of an address."""

    at: datetime
    visit_id: int


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    """Ids in ascending chunks."""
    return map(list, batched(sorted(ids), CHUNK))


def touched_by(session: Session, page_ids: Collection[int]) -> Touched:
    """Listings and shops about which any page at the pages' addresses ever said something.

    Pages that came back unchanged count too: what stands on them was seen again.
    """
    touched = Touched()
    touched.pages.extend(_pages(session, set(page_ids)).values())
    keys = {(page.shop_id, page.url_key) for page in touched.pages}
    by_shop: dict[int, list[str]] = {}
    for shop_id, key in keys:
        by_shop.setdefault(shop_id, []).append(key)
    for shop_id, url_keys in sorted(by_shop.items()):
        for part in batched(sorted(url_keys), CHUNK):
            said = (
                select(FactVersion.listing_id)
                .join(Page, Page.id == FactVersion.page_id)
                .where(Page.shop_id == shop_id, Page.url_key.in_(part))
                .distinct()
            )
            for listing_id in session.scalars(said):
                if listing_id is None:
                    touched.shop_ids.add(shop_id)
                else:
                    touched.listing_ids.add(listing_id)
    touched.shop_ids.update(page.shop_id for page in touched.pages if page.kind == LICENCE)
    return touched


def subjects_of(session: Session, touched: Touched, at: datetime) -> list[Subject]:
    """The touched listings and shops as subjects; listings that are no longer on offer are left out."""
    listings = [
        ListingRow._make(row)
        for ids in chunks(touched.listing_ids)
        for row in session.execute(select(*_LISTING_COLUMNS).where(_LISTING.id.in_(ids)))
    ]
    shop_ids = touched.all_shop_ids | touched.shop_ids | {listing.shop_id for listing in listings}
    shops = {row.id: row for ids in chunks(shop_ids) for row in session.scalars(select(Shop).where(Shop.id.in_(ids)))}
    facts = _facts(session, touched.listing_ids, shop_ids, at)
    sources = _pages(session, {fact.page_id for fact in facts})
    last = _last_fetches(session, {(page.shop_id, page.url_key) for page in sources.values()})
    of_listing: dict[int, list[SeenFact]] = {}
    of_shop: dict[int, list[SeenFact]] = {}
    for row in facts:
        seen = _seen(row, sources[row.page_id], last)
        where = (
            of_shop.setdefault(row.shop_id, []) if row.listing_id is None else of_listing.setdefault(row.listing_id, [])
        )
        where.append(seen)
    newest: dict[int, datetime] = {}
    for page in touched.pages:
        newest[page.shop_id] = max(page.fetched_at, newest.get(page.shop_id, page.fetched_at))
    shop_current = {shop_id: tuple(f for f in many if f.superseded_at is None) for shop_id, many in of_shop.items()}
    subjects = [
        _listing_subject(row, shops[row.shop_id], of_listing.get(row.id, []), shop_current.get(row.shop_id, ()))
        for row in listings
        if row.state != "gone"
    ]
    licensed = _shops_with_licence_page(session, touched.shop_ids)
    on_sale = _on_sale(session, touched.shop_ids)
    for shop_id in sorted(touched.shop_ids):
        kinds = frozenset({LICENCE}) if shop_id in licensed else frozenset[str]()
        bare = _shop_subject(shops[shop_id], of_shop.get(shop_id, []), kinds, newest.get(shop_id, at))
        # As of the day the page was seen: what is due later is not due on it.
        display = display_of(session, shops[shop_id], at=bare.act_at)
        subjects.append(replace(bare, display=display, on_sale=on_sale.get(shop_id, 0)))
    return subjects


def _listing_subject(
    row: ListingRow, shop: Shop, facts: Sequence[SeenFact], shop_facts: tuple[SeenFact, ...]
) -> Subject:
    current = tuple(fact for fact in facts if fact.superseded_at is None)
    return Subject(
        kind="listing",
        act_at=max((fact.last_seen_at for fact in current), default=row.last_seen_at),
        facts=current,
        history=tuple(fact for fact in facts if fact.superseded_at is not None),
        shop_facts=shop_facts,
        shop_id=row.shop_id,
        shop_name=shop.name,
        channel=shop.platform,
        listing_id=row.id,
        url=row.url,
        category=row.category,
        page_kinds=frozenset(fact.page_kind for fact in current),
    )


def _shop_subject(row: Shop, facts: Sequence[SeenFact], kinds: frozenset[str], fallback: datetime) -> Subject:
    current = tuple(fact for fact in facts if fact.superseded_at is None)
    return Subject(
        kind="shop",
        act_at=max((fact.last_seen_at for fact in current), default=fallback),
        facts=current,
        history=tuple(fact for fact in facts if fact.superseded_at is not None),
        shop_facts=current,
        shop_id=row.id,
        shop_name=row.name,
        channel=row.platform,
        url=row.url,
        page_kinds=kinds | {fact.page_kind for fact in current},
    )


def _facts(session: Session, listing_ids: set[int], shop_ids: set[int], at: datetime) -> list[FactRow]:
    since = at - timedelta(days=HISTORY_DAYS)
    wanted = or_(
        _FACT.superseded_at.is_(None),
        (_FACT.superseded_at >= since) & _FACT.field.in_(HISTORY_FIELDS),
    )
    owners: list[ColumnElement[bool]] = [_FACT.listing_id.in_(ids) for ids in chunks(listing_ids)]
    owners += [_FACT.shop_id.in_(ids) & _FACT.listing_id.is_(None) for ids in chunks(shop_ids)]
    return [
        FactRow._make(row)
        for owner in owners
        for row in session.execute(select(*_FACT_COLUMNS).where(owner, wanted).order_by(_FACT.id))
    ]


def _pages(session: Session, page_ids: set[int]) -> dict[int, PageRow]:
    return {
        row[0]: PageRow._make(row)
        for ids in chunks(page_ids)
        for row in session.execute(select(*_PAGE_COLUMNS).where(_PAGE.id.in_(ids)))
    }


def _last_fetches(session: Session, keys: set[Key]) -> dict[Key, LastFetch]:
    """The newest answer of each address that was an answer (not an error)."""
    newest: list[int] = []
    by_shop: dict[int, list[str]] = {}
    for shop_id, key in keys:
        by_shop.setdefault(shop_id, []).append(key)
    for shop_id, url_keys in sorted(by_shop.items()):
        for part in batched(sorted(url_keys), CHUNK):
            asked = (
                select(func.max(Page.id))
                .where(Page.shop_id == shop_id, Page.url_key.in_(part))
                .where(Page.status.between(200, 399))
                .group_by(Page.url_key)
            )
            newest.extend(session.scalars(asked))
    pages = _pages(session, set(newest)).values()
    return {(page.shop_id, page.url_key): LastFetch(page.fetched_at, page.visit_id) for page in pages}


def _shops_with_licence_page(session: Session, shop_ids: set[int]) -> set[int]:
    found: set[int] = set()
    for ids in chunks(shop_ids):
        asked = select(Page.shop_id).where(Page.shop_id.in_(ids), Page.kind == LICENCE).distinct()
        found.update(session.scalars(asked))
    return found


def _on_sale(session: Session, shop_ids: set[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for ids in chunks(shop_ids):
        asked = select(Listing.shop_id, func.count()).where(Listing.shop_id.in_(ids), Listing.state != "gone")
        found.update((shop_id, count) for shop_id, count in session.execute(asked.group_by(Listing.shop_id)))
    return found


def _seen(row: FactRow, source: PageRow, last: Mapping[Key, LastFetch]) -> SeenFact:
    fetch = last.get((source.shop_id, source.url_key))
    stands = row.superseded_at is None and fetch is not None and fetch.at > row.seen_at
    return SeenFact(
        field=row.field,
        value=_value(row.value),
        raw=row.raw,
        seen_at=row.seen_at,
        last_seen_at=fetch.at if stands and fetch is not None else row.seen_at,
        slot=row.slot,
        locator=row.locator,
        method=row.method,
        confidence=row.confidence,
        page_id=row.page_id,
        page_url=source.final_url or source.url,
        page_kind=source.kind,
        visit_id=fetch.visit_id if stands and fetch is not None else source.visit_id,
        superseded_at=row.superseded_at,
    )


def _value(stored: object) -> FactValue:
    if isinstance(stored, str | int):
        return stored
    return dict(stored) if isinstance(stored, dict) else str(stored)
