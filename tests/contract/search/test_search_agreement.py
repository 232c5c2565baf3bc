"""Both engines find the same listings, count the same facets and keep the same order: on 50,000 listings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest

from search.engine import Engine, FacetCount, SearchRequest
from search.fields import EIGHT_FACETS, SORTS
from search.query import Phrase, parse
from tests.contract.search.oracle import Oracle
from tests.contract.search.queries import random_phrase, random_query

QUERIES = 320
PHRASES = 160
WALK_AT_MOST = 3_000
FACET_SIZE = 12
PAGE = 50
pytestmark = pytest.mark.slow


def _pairs(counts: Sequence[FacetCount]) -> list[tuple[str, int]]:
    return [(count.value, count.count) for count in counts]


def _random_filters(random: Random) -> dict[str, Sequence[str]]:
    choices = {
        "platform": ("generic", "selfbuilt"),
        "status": ("on",),
        "rule": ("AD01", "PR03", "UC01"),
        "region": ("310000", "440305"),
        "band": ("0-10", "none", "5000+"),
        "category": ("数码>手机", "食品>保健"),
        "shop": ("1", "2", "3"),
        "month": ("2025-03",),
    }
    names = random.sample(tuple(choices), random.choice((0, 0, 1, 2)))
    return {name: random.sample(choices[name], random.randint(1, len(choices[name]))) for name in names}


@dataclass(frozen=True, slots=True)
class Case:
    """A request and what it must give."""

    note: str
    request: SearchRequest
    expected: set[int]
    first: list[int]
    facets: dict[str, list[tuple[str, int]]]


@pytest.fixture(scope="session")
def cases(oracle: Oracle) -> list[Case]:
    """Random queries with filters and sorts, and their answers."""
    random = Random(20_261_125)  # noqa: S311 - repeatable queries
    return [_case(oracle, random, tuple(SORTS)[number % len(SORTS)]) for number in range(QUERIES)]


def _case(oracle: Oracle, random: Random, sort: str) -> Case:
    text = random_query(random, len(oracle.ids))
    filters = _random_filters(random)
    query = parse(text)
    matched = oracle.find(query)
    expected = matched & oracle.chosen(filters)
    facets = {}
    for name in EIGHT_FACETS:
        counted = matched & oracle.chosen(filters, without=name) if name in filters else expected
        facets[name] = oracle.facet(name, counted, FACET_SIZE)
    request = SearchRequest(query, filters, facets=EIGHT_FACETS, facet_size=FACET_SIZE, sort=sort, size=PAGE)
    return Case(f"{text} {filters} by {sort}", request, expected, oracle.ordered(expected, sort, PAGE), facets)


def test_random_queries_find_count_and_order_alike(full_engine: Engine, cases: list[Case]) -> None:
    """Documents, totals, eight facets and every exact sort are those of the scan."""
    for case in cases:
        result = full_engine.search(case.request)
        assert result.total == len(case.expected), case.note
        assert [hit.id for hit in result.hits] == case.first, case.note
        assert {name: _pairs(result.facets[name]) for name in EIGHT_FACETS} == case.facets, case.note
        if len(case.expected) <= WALK_AT_MOST:
            walked = full_engine.walk(replace(case.request, sort="id_asc", size=1_000))
            assert {hit.id for hit in walked} == case.expected, case.note
    assert sum(bool(case.expected) for case in cases) > QUERIES / 2


def test_a_phrase_finds_exactly_the_listings_that_contain_the_string(full_engine: Engine, oracle: Oracle) -> None:
    """Letters, digits, spaces, full width and punctuation count; nothing else is found, nothing is missed."""
    random = Random(7)  # noqa: S311 - repeatable phrases
    for _ in range(PHRASES):
        query = parse(random_phrase(random, len(oracle.ids)))
        assert isinstance(query, Phrase)
        expected = oracle.containing(query.text)
        request = SearchRequest(query, sort="id_asc", size=1_000)
        assert full_engine.search(request).total == len(expected), query
        if len(expected) <= WALK_AT_MOST:
            assert [hit.id for hit in full_engine.walk(request)] == sorted(expected), query


@pytest.mark.parametrize("sort", ["price_asc", "price_desc", "sales_desc", "updated_desc"])
def test_cursors_reach_the_end_in_exact_order(full_engine: Engine, oracle: Oracle, sort: str) -> None:
    """Page by page with nothing kept between requests, every one of 50,000 hits comes once and in order."""
    request = SearchRequest(sort=sort, size=1_000)
    reached: list[int] = []
    after = ""
    while True:
        result = full_engine.search(SearchRequest(sort=request.sort, size=request.size, after=after))
        reached += [hit.id for hit in result.hits]
        after = result.next
        if not after:
            break
    assert reached == oracle.ordered(oracle.ids, sort)


def test_relevance_pages_reach_every_hit_once(full_engine: Engine, oracle: Oracle) -> None:
    """By relevance too the walk ends with every hit, best first, equals by id."""
    query = parse("手机 OR 正品 OR 质量")
    hits = list(full_engine.walk(SearchRequest(query, size=1_000)))
    assert {hit.id for hit in hits} == oracle.find(query)
    assert len({hit.id for hit in hits}) == len(hits)
    assert [(-hit.score, hit.id) for hit in hits] == sorted((-hit.score, hit.id) for hit in hits)


def test_highlights_are_the_same_in_both_engines(full_embedded: Engine, full_elastic: Engine) -> None:
    """Segments come from the raw text and mark what matched."""
    request = SearchRequest(parse('"国家级" 手机 iphone15'), sort="id_asc", highlight=True, size=20)
    ours, theirs = full_embedded.search(request), full_elastic.search(request)
    assert ours.hits
    assert [hit.highlights for hit in ours.hits] == [hit.highlights for hit in theirs.hits]
    marked = {segment.text for hit in ours.hits for segment in hit.highlights["title"] if segment.is_match}
    assert "iPhone15" in marked
