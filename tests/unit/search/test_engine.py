"""Requests and cursors are checked before an engine sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine import Cursor, Hit, SearchRequest, next_cursor, ordered_counts, prepare
from search.errors import CursorError, OffsetTooDeepError, RequestError
from search.plan import Every
from search.query import parse


@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 2**62), st.integers(0, 10**9))
def test_cursors_come_back_as_they_were(value: int, listing_id: int, rank: int) -> None:
    """Through URL-safe text."""
    cursor = Cursor("price_asc", value, listing_id, rank)
    text = cursor.encode()
    assert Cursor.decode(text, "price_asc") == cursor
    with pytest.raises(CursorError):
        Cursor.decode(text, "price_desc")


@given(st.text(max_size=40))
def test_any_other_text_is_no_cursor(text: str) -> None:
    """And never anything but a CursorError."""
    with pytest.raises(CursorError):
        Cursor.decode(text, "relevance")


@pytest.mark.parametrize("value", [True, None, "1", 2**70, float("nan"), float("inf")])
def test_cursor_values_are_typed(value: float) -> None:
    """A forged cursor cannot carry what an engine would choke on."""
    text = Cursor("relevance", value, 1, 1).encode()
    with pytest.raises(CursorError):
        Cursor.decode(text, "relevance")


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(facets=("nonsense",)),
        SearchRequest(filters={"nonsense": ["x"]}),
        SearchRequest(scope={"nonsense": ["x"]}),
        SearchRequest(sort="nonsense"),
        SearchRequest(size=-1),
        SearchRequest(size=1_001),
        SearchRequest(facet_size=0),
        SearchRequest(offset=-1),
        SearchRequest(offset=1, after="x"),
    ],
)
def test_wrong_requests(request_: SearchRequest) -> None:
    """Each is refused."""
    with pytest.raises(RequestError):
        prepare(request_)


def test_deep_offsets_are_refused() -> None:
    """Cursors go there."""
    with pytest.raises(OffsetTooDeepError):
        prepare(SearchRequest(offset=9_990, size=20))


def test_what_cannot_score_is_sorted_by_id() -> None:
    """So that its order is exact."""
    assert prepare(SearchRequest(parse("规则:*"))).sort == "id_asc"
    assert prepare(SearchRequest(parse("手机"))).sort == "relevance"


def test_a_facets_own_filter_can_be_left_out() -> None:
    """Its counts show the alternatives."""
    prepared = prepare(SearchRequest(filters={"rule": ["AD01"], "status": ["on"]}))
    assert isinstance(prepared.filtered(), Every)
    assert prepared.filtered("rule") == prepared.filters["status"]


def test_the_end_has_no_cursor() -> None:
    """A full page has one unless it is known to be the last."""
    prepared = prepare(SearchRequest(size=2))
    hits = [Hit(1, 0.0, (1, 1)), Hit(2, 0.0, (2, 2))]
    assert next_cursor(prepared, hits, 3)
    assert next_cursor(prepared, hits, 2) == ""
    assert next_cursor(prepared, hits[:1], 1) == ""
    assert next_cursor(prepared, [], 0) == ""


def test_counts_are_ordered_by_count_then_value() -> None:
    """And cut."""
    counts = ordered_counts({"b": 2, "a": 2, "c": 3, "d": 1}, 3)
    assert [(count.value, count.count) for count in counts] == [("c", 3), ("a", 2), ("b", 2)]
