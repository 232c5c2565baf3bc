"""The one interface of both search engines, and the values that pass through it."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from search.documents import ListingDocument
from search.errors import CursorError, OffsetTooDeepError, RequestError
from search.fields import FACETS, HIGHEST, LOWEST, RELEVANCE, SORTS
from search.plan import Plan, compile_filters, compile_query, every, scores
from search.query import Everything, Query

MAX_SIZE = 1_000
MAX_OFFSET = 10_000
MAX_FACET_SIZE = 1_000


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What to look for.

    Attributes:
        query: a parsed query.
        filters: facet name to chosen values; any of them. A facet's own filter does not narrow its counts.
        scope: the same, but narrows everything, counts too (what the person may see at all).
        facets: names of facets to count. facet_size: values a facet, most frequent first.
        sort: ``relevance`` or a name in ``search.fields.SORTS``; always id, rising, among equals.
        offset: hits to skip, with size at most 10,000. after: cursor of the last page, goes to the end.
        size: 0 to 1,000 hits.
        highlight: mark matches in title and description.
    """

    query: Query = field(default_factory=Everything)
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    scope: Mapping[str, Sequence[str]] = field(default_factory=dict)
    facets: Sequence[str] = ()
    facet_size: int = 20
    sort: str = RELEVANCE
    offset: int = 0
    after: str = ""
    size: int = 20
    highlight: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of raw text, and whether it matched."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One listing found.

    Attributes:
        id: of the listing. score: relevance, 0 where it plays no part.
        sort: value of the sort (score, or the integer of the sort field) and the id.
        highlights: for ``title`` and ``description``, the text (of the description, a part) in segments.
    """

    id: int
    score: float
    sort: tuple[float | int, int]
    highlights: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FacetCount:
    """Listings with one value of a facet."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page.

    Attributes:
        total: exact number of listings found. hits: at most ``size`` of them.
        facets: counts, most frequent first, then by value.
        next: cursor of the next page, empty at the end.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetCount, ...]]
    next: str


@dataclass(frozen=True, slots=True)
class Health:
    """State of an engine.

    Attributes:
        status: ``ok``, ``degraded`` (answers, with something missing), ``stale`` (rebuild needed), ``down``.
        documents: number of listings in the live index. generation: its name. building: of one being made.
    """

    status: Literal["ok", "degraded", "stale", "down"]
    engine: Literal["embedded", "elasticsearch"]
    documents: int = 0
    generation: str = ""
    building: str = ""
    detail: str = ""


class Engine(Protocol):
    """A search engine. Every method may raise ``SearchUnavailableError``."""

    def index(self, documents: Sequence[ListingDocument]) -> None:
        """Add or replace documents, in the live index and in one being made; lasting after :meth:`commit`.

        The indexes are looked up when this is called: load the documents first, or a rebuild that
        begins in between misses them.

        Raises:
            DocumentsRejectedError: some were refused; the others were taken.
            WriterBusyError: another process writes and did not finish in time.
        """
        ...

    def delete(self, ids: Sequence[int]) -> None:
        """Remove documents, where they are; lasting after :meth:`commit`."""
        ...

    def commit(self) -> None:
        """Make what was written last, and visible to searches."""
        ...

    def search(self, request: SearchRequest) -> SearchResult:
        """One page of hits, with counts.

        Raises:
            RequestError, CursorError, OffsetTooDeepError: the request is wrong.
            IndexStaleError: a rebuild is needed first.
        """
        ...

    def walk(self, request: SearchRequest) -> Iterator[Hit]:
        """All hits to the very end, as the index was at the start; pages of ``size``."""
        ...

    def count(self) -> int:
        """Number of documents in the live index."""
        ...

    def health(self) -> Health:
        """State of the engine; never raises."""
        ...

    def begin_rebuild(self) -> str:
        """Make an empty generation beside the live one and return its name; an unfinished one is dropped."""
        ...

    def feed(self, generation: str, documents: Sequence[ListingDocument]) -> int:
        """Add to the generation what it does not have yet, lasting; returns how many were new.

        What :meth:`index` wrote there meanwhile is newer and stays.

        Raises:
            GenerationError: it is not the one being made.
        """
        ...

    def ids_in(self, generation: str, after: int, size: int) -> list[int]:
        """Ids in a generation above ``after``, rising, at most ``size``."""
        ...

    def remove_from(self, generation: str, ids: Sequence[int]) -> None:
        """Remove documents from a generation, lasting."""
        ...

    def switch(self, generation: str) -> None:
        """Make the generation the live one in one step, and drop the old one.

        Raises:
            GenerationError: it is not the one being made.
        """
        ...

    def drop(self) -> None:
        """Remove everything of this engine's alias."""
        ...

    def close(self) -> None:
        """Give back locks and connections; what was not committed is undone or left to the outbox."""
        ...


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: sort name, sort value, id, and for relevance how many hits came before."""

    sort: str
    value: float | int
    id: int
    rank: int

    def encode(self) -> str:
        """The cursor as URL-safe text."""
        data = json.dumps([self.sort, self.value, self.id, self.rank], separators=(",", ":"))
        return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, sort: str) -> "Cursor":
        """Read a cursor made for this sort.

        Raises:
            CursorError: it was made for another order, or not by us.
        """
        try:
            data = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            name, value, listing_id, rank = data
        except (binascii.Error, ValueError, TypeError) as error:
            raise _bad_cursor(sort) from error
        number = float | int if sort == RELEVANCE else int
        typed = isinstance(value, number) and type(listing_id) is int and type(rank) is int
        if name != sort or not typed or isinstance(value, bool) or not 0 <= rank < 2**53:
            raise _bad_cursor(sort)
        # Written so that "not a number" is refused as well.
        if not (LOWEST <= value <= HIGHEST and abs(listing_id) < HIGHEST):
            raise _bad_cursor(sort)
        return cls(name, value, listing_id, rank)


def _bad_cursor(sort: str) -> CursorError:
    return CursorError(
        f"expected a cursor of a page sorted by {sort}, got another text",
        hint="从第一页重新开始。 Start again from the first page.",
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked request: plans instead of queries, the sort decided, the cursor read.

    Attributes:
        base: query and scope. filters: one plan a filtered facet.
        sort: as asked; a query that cannot score is sorted by id instead of by relevance.
    """

    base: Plan
    filters: Mapping[str, Plan]
    sort: str
    after: Cursor | None
    request: SearchRequest

    def filtered(self, except_facet: str = "") -> Plan:
        """Base and filters, but for one facet's own."""
        return every([self.base, *(plan for name, plan in self.filters.items() if name != except_facet)])


def prepare(request: SearchRequest) -> Prepared:
    """Check a request and compile it.

    Raises:
        RequestError, CursorError, OffsetTooDeepError: see :meth:`Engine.search`.
    """
    _check(request)
    query = compile_query(request.query)
    base = every([query, *compile_filters(request.scope).values()])
    sort = request.sort if request.sort != RELEVANCE or scores(query) else "id_asc"
    after = Cursor.decode(request.after, sort) if request.after else None
    return Prepared(base, compile_filters(request.filters), sort, after, request)


def _check(request: SearchRequest) -> None:
    for name in (*request.facets, *request.filters, *request.scope):
        if name not in FACETS:
            raise RequestError(f"expected a facet among {', '.join(FACETS)}, got {name!r}")
    if request.sort != RELEVANCE and request.sort not in SORTS:
        raise RequestError(f"expected a sort among {RELEVANCE}, {', '.join(SORTS)}, got {request.sort!r}")
    if not 0 <= request.size <= MAX_SIZE:
        raise RequestError(f"expected a page of 0 to {MAX_SIZE}, got {request.size}")
    if not 1 <= request.facet_size <= MAX_FACET_SIZE:
        raise RequestError(f"expected 1 to {MAX_FACET_SIZE} values a facet, got {request.facet_size}")
    if request.offset < 0 or (request.offset and request.after):
        raise RequestError(f"expected an offset from 0 and no cursor with it, got {request.offset}")
    if request.offset + request.size > MAX_OFFSET:
        raise OffsetTooDeepError(
            f"expected offset and size of at most {MAX_OFFSET} together, got {request.offset + request.size}",
            hint="用游标翻到更深的页。 Page on with the cursor.",
        )


def next_cursor(prepared: Prepared, hits: Sequence[Hit], total: int) -> str:
    """Cursor behind the last hit, or empty when that was the end."""
    request = prepared.request
    seen = (prepared.after.rank if prepared.after else request.offset) + len(hits)
    if len(hits) < max(request.size, 1) or (prepared.after is None and seen >= total):
        return ""
    value, listing_id = hits[-1].sort
    return Cursor(prepared.sort, value, listing_id, seen).encode()


def ordered_counts(counts: Mapping[str, int], size: int) -> tuple[FacetCount, ...]:
    """The most frequent values, ties by value."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(FacetCount(value, count) for value, count in ranked[:size])
