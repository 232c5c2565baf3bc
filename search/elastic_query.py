"""Elasticsearch's words for our index: mapping, document, query, sort, facets. Plain JSON values, no client."""

from collections.abc import Mapping, Sequence
from typing import Any

from search.documents import ListingDocument
from search.engine import Cursor, FacetCount, Hit, Prepared, ordered_counts
from search.fields import FACETS, RELEVANCE, SORTS, all_fields
from search.highlight import marked
from search.plan import All, Between, Every, Filled, Plan, Run, Some, Term, Without
from search.projection import project
from search.segmenter import character_tokens

STORED = ("title", "description")
_NO_SCORE = {"constant_score": {"filter": {"match_all": {}}, "boost": 0.0}}

Json = dict[str, Any]


def mappings() -> Json:
    """Elasticsearch's mapping of the index."""
    kinds: dict[str, Json] = {
        "words": {"type": "text", "analyzer": "whitespace", "index_options": "freqs"},
        "characters": {"type": "text", "analyzer": "whitespace", "index_options": "positions"},
        "keyword": {"type": "keyword"},
        "integer": {"type": "long"},
    }
    properties = {name: kinds[kind] for name, kind in all_fields().items()}
    stored = {f"{name}_raw": {"type": "keyword", "index": False, "doc_values": False} for name in STORED}
    source = {"includes": ["id", *stored]}
    return {"dynamic": "strict", "_source": source, "properties": {**properties, **stored}}


def make_source(document: ListingDocument) -> Json:
    """The body of a document."""
    columns = project(document)
    spelt = {field: " ".join(character_tokens(text)) for field, text in columns.characters.items()}
    keywords = {field: list(values) for field, values in columns.keywords.items()}
    raw = {f"{name}_raw": document.text(name).encode("utf-8", "replace").decode() for name in STORED}
    return {**columns.words, **spelt, **keywords, **columns.integers, **raw}


def make_query(plan: Plan) -> Json:
    """A plan in Elasticsearch's words."""
    match plan:
        case All():
            return _NO_SCORE
        case Every() | Without():
            return _every(plan.parts if isinstance(plan, Every) else (plan,))
        case Some(parts):
            return {"bool": {"should": [make_query(part) for part in parts], "minimum_should_match": 1}}
        case Term(field, value, weight) if weight > 0:
            return {"term": {field: {"value": value, "boost": weight}}}
        case Run(field, text, weight):
            return {"match_phrase": {field: {"query": " ".join(character_tokens(text)), "boost": weight}}}
        case _:
            return {"constant_score": {"filter": _selection(plan), "boost": 0.0}}


def _every(parts: Sequence[Plan]) -> Json:
    excluded = [make_query(part.part) for part in parts if isinstance(part, Without)]
    wanted = [make_query(part) for part in parts if not isinstance(part, Without)]
    return {"bool": {"must": wanted or [_NO_SCORE], "must_not": excluded}}


def _selection(plan: Plan) -> Json:
    match plan:
        case Term(field, value, _):
            return {"term": {field: value}}
        case Between(field, low, high):
            bounds = {name: bound for name, bound in (("gte", low), ("lte", high)) if bound is not None}
            return {"range": {field: bounds}}
        case Filled(field):
            return {"exists": {"field": field}}
        case _:
            raise TypeError(plan)


def all_filters(filters: Mapping[str, Plan]) -> Plan:
    """All filters together."""
    return Every(tuple(filters.values()))


def sort_body(name: str) -> list[Json]:
    """The order of hits; among equals by id."""
    if name == RELEVANCE:
        return [{"_score": "desc"}, {"id": "asc"}]
    order = SORTS[name]
    first = {order.field: "desc" if order.descending else "asc"}
    return [first] if order.field == "id" else [first, {"id": "asc"}]


def search_after(cursor: Cursor) -> list[float | int]:
    """Where the next page begins."""
    return [cursor.id] if cursor.sort == "id_asc" else [cursor.value, cursor.id]


def facet_body(prepared: Prepared, name: str) -> Json:
    """The aggregation of a facet: all filters but its own apply."""
    size = prepared.request.facet_size
    order = [{"_count": "desc"}, {"_key": "asc"}]
    terms = {"terms": {"field": FACETS[name], "size": size, "shard_size": max(10_000, size), "order": order}}
    others = {facet: plan for facet, plan in prepared.filters.items() if facet != name}
    return {"filter": make_query(all_filters(others)) if others else {"match_all": {}}, "aggs": {"values": terms}}


def read_counts(found: Mapping[str, Any], size: int) -> tuple[FacetCount, ...]:
    """Counts of a facet from its aggregation."""
    return ordered_counts({str(bucket["key"]): int(bucket["doc_count"]) for bucket in found["values"]["buckets"]}, size)


def read_hit(raw: Mapping[str, Any], prepared: Prepared) -> Hit:
    """A hit from its JSON."""
    listing_id = int(raw["_id"])
    value = raw["sort"][0]
    score = float(value) if prepared.sort == RELEVANCE else 0.0
    texts = {name: str(raw["_source"].get(f"{name}_raw", "")) for name in STORED} if prepared.request.highlight else {}
    return Hit(listing_id, score, (value, listing_id), marked(prepared.base, texts))
