"""Listing search: what a URL asks for, as one request to the engine, joined with the records.

The engine finds and counts; what is shown comes from the records, under the reader's scope.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.listings import listings_by_id, open_rules
from api.queries.scope import allowed
from kernel.models import Listing, Shop
from search.documents import BAND_NAMES
from search.engine import Engine, FacetCount, Hit, SearchRequest
from search.fields import EIGHT_FACETS, RELEVANCE, SORTS
from search.query import parse

FACET_NAMES = (*EIGHT_FACETS, "hit", "severity")
ORDER_OF = {"band": (*BAND_NAMES[1:], BAND_NAMES[0]), "severity": ("high", "medium", "low")}
"""Facets whose values have an order of their own."""
SORT_NAMES = (RELEVANCE, *SORTS)
PAGE_SIZE = 30
MAX_PAGE_SIZE = 200
FACET_SIZE = 12
EXPORT_BATCH = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the URL says.

    Attributes:
        text: in the query language. filters: facet name to chosen values.
        sort: a name of ``SORT_NAMES``. cursor: of the page before; size: rows.
    """

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = RELEVANCE
    cursor: str = ""
    size: int = PAGE_SIZE

    def params(self) -> dict[str, object]:
        """The parameters of a URL that asks for the same."""
        sort = "" if self.sort == RELEVANCE else self.sort
        return {"q": self.text, **self.filters, "sort": sort, "cursor": self.cursor}

    def request(self) -> SearchRequest:
        """The request to the engine, without facets or highlight.

        Raises:
            QueryError: the text is not understood; says where.
        """
        return SearchRequest(
            query=parse(self.text),
            filters=self.filters,
            sort=self.sort if self.sort in SORT_NAMES else RELEVANCE,
            after=self.cursor,
            size=max(1, min(self.size, MAX_PAGE_SIZE)),
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text, and whether it matched."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One listing found. ``title`` and ``snippet`` are in pieces; ``rules`` have open hits."""

    listing: Listing
    shop: Shop
    rules: tuple[str, ...]
    title: tuple[Piece, ...]
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet.

    Attributes:
        label: its name where the records know one (a shop's), else empty.
        group: the group of words that names it. change: the parameters that choose it, or let it go.
    """

    value: str
    label: str
    group: str
    count: int
    chosen: bool
    change: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values: those that have an order in it, the others most frequent first."""

    name: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search."""

    total: int = 0
    rows: tuple[FoundRow, ...] = ()
    facets: tuple[Facet, ...] = ()
    next_cursor: str = ""


def search_listings(session: Session, engine: Engine, scope: Scope, wanted: Wanted) -> Found:
    """One page with facets and highlights.

    Raises:
        QueryError: the text is not understood. RequestError, CursorError: sort, facet or cursor is wrong.
        SearchUnavailableError: the engine does not answer.
    """
    if not scope.may(Permission.LISTING_READ):
        return Found()
    request = replace(wanted.request(), facets=FACET_NAMES, facet_size=FACET_SIZE, highlight=True)
    result = engine.search(request)
    return Found(
        total=result.total,
        rows=tuple(_rows(session, scope, result.hits)),
        facets=tuple(_facets(session, scope, wanted, result.facets)),
        next_cursor=result.next,
    )


def walk_listings(session: Session, engine: Engine, scope: Scope, wanted: Wanted) -> Iterator[FoundRow]:
    """Every listing found, to the very end, in the order asked for."""
    if not scope.may(Permission.LISTING_READ):
        return
    request = replace(wanted.request(), after="", size=EXPORT_BATCH)
    batch: list[Hit] = []
    for hit in engine.walk(request):
        batch.append(hit)
        if len(batch) == EXPORT_BATCH:
            yield from _rows(session, scope, batch)
            session.expunge_all()
            batch = []
    yield from _rows(session, scope, batch)


def _rows(session: Session, scope: Scope, hits: Iterable[Hit]) -> Iterator[FoundRow]:
    hits = list(hits)
    ids = [hit.id for hit in hits]
    known = listings_by_id(session, scope, ids)
    rules = open_rules(session, scope, ids)
    for hit in hits:
        if hit.id not in known:
            continue  # gone from the records since it was indexed
        listing, shop = known[hit.id]
        title = _pieces(hit, "title") or ((Piece(listing.title, marked=False),) if listing.title else ())
        snippet = _pieces(hit, "description")
        yield FoundRow(
            listing=listing,
            shop=shop,
            rules=rules.get(hit.id, ()),
            title=title,
            snippet=snippet if any(piece.marked for piece in snippet) else (),
        )


def _pieces(hit: Hit, name: str) -> tuple[Piece, ...]:
    return tuple(Piece(segment.text, segment.is_match) for segment in hit.highlights.get(name, ()))


def _facets(
    session: Session, scope: Scope, wanted: Wanted, counts: Mapping[str, tuple[FacetCount, ...]]
) -> Iterator[Facet]:
    numbers = [int(item.value) for item in counts.get("shop", ()) if item.value.isdigit()]
    query = select(Shop.id, Shop.name, Shop.host).where(Shop.id.in_(numbers), allowed(scope, Permission.SHOP_READ))
    shops = {str(number): name or host for number, name, host in session.execute(query).all()}
    for name in FACET_NAMES:
        chosen = wanted.filters.get(name, ())
        found = {item.value: item.count for item in counts.get(name, ())}
        # A chosen value stays in sight when it no longer matches, so that it can be let go.
        found.update({value: 0 for value in chosen if value not in found})
        values = tuple(
            FacetValue(
                value=value,
                label=shops.get(value, "") if name == "shop" else "",
                group="listing" if name == "status" else name,
                count=count,
                chosen=value in chosen,
                change={name: _toggled(chosen, value), "cursor": ""},
            )
            for value, count in _ordered(name, found)
            if value
        )
        if values:
            yield Facet(name, values)


def _ordered(name: str, found: Mapping[str, int]) -> list[tuple[str, int]]:
    if name == "month":
        return sorted(found.items(), reverse=True)
    order = ORDER_OF.get(name, ())
    return sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))


def _toggled(chosen: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(other for other in chosen if other != value) if value in chosen else (*chosen, value)
