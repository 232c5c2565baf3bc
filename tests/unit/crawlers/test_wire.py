"""The wire: what goes in comes out, whole frames only, and nothing else is taken for an answer."""

import io
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.wire import READY, answers_in, facts_frame, next_page, page_frame, trouble_frame
from kernel.facts import Fact, Link, ListingFacts, PageFacts

TEXTS = st.text(st.characters(), max_size=20)
VALUES = TEXTS | st.integers(0, 10**13) | st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans() | st.none())
METHODS: st.SearchStrategy[Literal["adapter", "heuristic"]] = st.sampled_from(["adapter", "heuristic"])
FACTS = st.builds(Fact, TEXTS, VALUES, TEXTS, TEXTS, METHODS, st.integers(0, 100))
MANY = st.lists(FACTS, max_size=3).map(tuple)
KINDS: st.SearchStrategy[Literal["detail", "list"]] = st.sampled_from(["detail", "list"])
PAGES = st.builds(
    PageFacts,
    kind=KINDS,
    listings=st.lists(st.builds(ListingFacts, TEXTS, MANY, st.booleans()), max_size=3).map(tuple),
    shop=MANY,
    links=st.lists(st.builds(Link, TEXTS, KINDS, TEXTS), max_size=5).map(tuple),
    text=TEXTS,
    needs_browser=st.booleans(),
    notes=st.lists(TEXTS, max_size=2).map(tuple),
)


@given(PAGES, st.integers(1, 50))
def test_facts_come_out_as_they_went_in(page: PageFacts, step: int) -> None:
    """All but the texts nobody asks for, however the bytes are cut on the way."""
    data, found = bytearray(), []
    sent = READY + facts_frame(page) + trouble_frame(ValueError("odd"))
    for start in range(0, len(sent), step):
        data += sent[start : start + step]
        found += answers_in(data)
    bare = replace(page, text="", links=tuple(Link(link.url, link.kind) for link in page.links))
    assert found == [None, bare, "ValueError: odd"]
    assert not data


@given(st.binary(max_size=200), TEXTS, TEXTS, TEXTS)
def test_pages_come_out_as_they_went_in(body: bytes, url: str, content_type: str, platform: str) -> None:
    """Twice in a row, then the end; a page cut short is an end too."""
    frame = page_frame(body, url=url, content_type=content_type, platform=platform)
    stream = io.BytesIO(frame * 2)
    assert [next_page(stream) for _ in range(3)] == [(body, url, content_type, platform)] * 2 + [None]
    assert next_page(io.BytesIO(frame[:-1])) is None


@pytest.mark.parametrize("payload", [b"{", b"[]", b"3", b'["read"]', b'["read","x",[[1]],[],[],false,[]]', b"\xff"])
def test_what_is_no_answer_is_refused(payload: bytes) -> None:
    """Broken JSON, and JSON of another form."""
    with pytest.raises((ValueError, TypeError, KeyError)):
        answers_in(bytearray(len(payload).to_bytes(4, "big") + payload))
