"""Pages in exact order from an engine that can only rank by one column.

tantivy orders by one field or by score, equals in any order. Here equals are put in order of their
id, at the first and at the last place of a page too, so that a cursor reaches every hit once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from search.engine import Cursor, FacetCount, Hit, Prepared, SearchResult, next_cursor, ordered_counts
from search.fields import FACETS, HIGHEST, LOWEST, RELEVANCE, SORTS, SortOrder
from search.highlight import marked
from search.plan import Between, Plan, every

ALL_VALUES = 65_000
"""More values than this a facet does not have (tantivy's own limit of buckets)."""

Row = tuple[float | int, int]


class Snapshot(Protocol):
    """The index at one moment, as much of it as paging needs."""

    def total(self, plan: Plan) -> int:
        """Number of documents of a plan, exact."""
        ...

    def ranked(self, plan: Plan, order: SortOrder, limit: int) -> list[tuple[int, int]]:
        """First (value, id) by an integer field; equal values in any order."""
        ...

    def scored(self, plan: Plan, limit: int) -> list[tuple[float, int]]:
        """First (score, id) by relevance; equal scores in any order."""
        ...

    def counts(self, plan: Plan, fields: Sequence[str], size: int) -> dict[str, dict[str, int]]:
        """The most frequent values of keyword fields with exact counts; which of equals is cut off is open."""
        ...

    def texts(self, ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """Raw title and description of documents."""
        ...


def page(snapshot: Snapshot, prepared: Prepared) -> SearchResult:
    """One page of hits with total, facets and highlights."""
    request = prepared.request
    plan = prepared.filtered()
    total = snapshot.total(plan)
    rows = _rows(snapshot, prepared, plan, total)
    scored = prepared.sort == RELEVANCE
    hits = [Hit(listing_id, float(value) if scored else 0.0, (value, listing_id)) for value, listing_id in rows]
    if request.highlight:
        texts = snapshot.texts([hit.id for hit in hits])
        hits = [replace(hit, highlights=marked(prepared.base, texts.get(hit.id, {}))) for hit in hits]
    return SearchResult(total, tuple(hits), _facets(snapshot, prepared), next_cursor(prepared, hits, total))


def _rows(snapshot: Snapshot, prepared: Prepared, plan: Plan, total: int) -> Sequence[Row]:
    request = prepared.request
    if not request.size or not total:
        return []
    if prepared.sort == RELEVANCE:
        return by_score(snapshot, plan, prepared.after, request.offset + request.size, total)[request.offset :]
    order = SORTS[prepared.sort]
    return by_field(snapshot, plan, order, prepared.after, request.offset + request.size)[request.offset :]


def by_field(snapshot: Snapshot, plan: Plan, order: SortOrder, after: Cursor | None, size: int) -> list[Row]:
    """The first rows behind the cursor, by value, then by id."""
    rows: list[Row] = []
    if after is not None:
        value = int(after.value)
        if order.field != "id":
            behind = every([plan, Between("id", after.id + 1, None)])
            rows += _ties(snapshot, behind, order.field, value, size)
        if value == (LOWEST if order.descending else HIGHEST):
            return rows
        beyond = Between(order.field, None, value - 1) if order.descending else Between(order.field, value + 1, None)
        plan = every([plan, beyond])
    need = size - len(rows)
    if need <= 0:
        return rows
    found = snapshot.ranked(plan, order, need + 1)
    if len(found) > need and found[need][0] == found[need - 1][0]:
        edge = found[need][0]
        found = [row for row in found if row[0] != edge]
        ties = _ties(snapshot, plan, order.field, edge, need - len(found))
    else:
        found, ties = found[:need], []
    sign = -1 if order.descending else 1
    return rows + sorted(found, key=lambda row: (sign * row[0], row[1])) + ties


def _ties(snapshot: Snapshot, plan: Plan, field: str, value: int, size: int) -> list[Row]:
    """Rows with exactly this value, by id."""
    same = every([plan, Between(field, value, value)])
    found = snapshot.ranked(same, SORTS["id_asc"], size)
    return [(value, listing_id) for _, listing_id in found]


def by_score(snapshot: Snapshot, plan: Plan, after: Cursor | None, size: int, total: int) -> list[Row]:
    """The first rows behind the cursor, by score, then by id.

    There is no way to ask for documents below a score, so the best are read again up to the cursor;
    where equals go on beyond what was read, twice as many are read.
    """
    limit = (after.rank if after else 0) + size + 1
    while True:
        found: list[Row] = [*snapshot.scored(plan, min(limit, max(total, 1)))]
        complete = len(found) >= total or len(found) < limit
        if not complete:
            edge = found[-1][0]
            found = [row for row in found if row[0] != edge]
        ordered = sorted(found, key=lambda row: (-row[0], row[1]))
        if after is not None:
            place = (-after.value, after.id)
            ordered = [row for row in ordered if (-row[0], row[1]) > place]
        if complete or len(ordered) >= size:
            return ordered[:size]
        limit *= 2


def _facets(snapshot: Snapshot, prepared: Prepared) -> dict[str, tuple[FacetCount, ...]]:
    """Counts of each facet; a facet's own filter is left out of its own counts."""
    names = prepared.request.facets
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name if name in prepared.filters else "", []).append(name)
    counted: dict[str, tuple[FacetCount, ...]] = {}
    for own, members in groups.items():
        counted.update(_group(snapshot, prepared.filtered(own), members, prepared.request.facet_size))
    return {name: counted[name] for name in names}


def _group(snapshot: Snapshot, plan: Plan, names: Sequence[str], size: int) -> dict[str, tuple[FacetCount, ...]]:
    found = snapshot.counts(plan, [FACETS[name] for name in names], size + 1)
    cut_ties = [name for name in names if _ends_in_tie(found[FACETS[name]], size)]
    if cut_ties:
        # Which of the equally frequent values came back is chance: read all and take the first by name.
        found |= snapshot.counts(plan, [FACETS[name] for name in cut_ties], ALL_VALUES)
    return {name: ordered_counts(found[FACETS[name]], size) for name in names}


def _ends_in_tie(counts: Mapping[str, int], size: int) -> bool:
    ranked = sorted(counts.values(), reverse=True)
    return len(ranked) > size and ranked[size] == ranked[size - 1]
