"""Elasticsearch's words for our plans."""

from search.documents import ListingDocument
from search.elastic_query import make_query, make_source, mappings, sort_body
from search.fields import all_fields
from search.plan import All, Between, Run, Term, Without


def test_every_field_is_mapped(document: ListingDocument) -> None:
    """And a document has no others (the mapping is strict)."""
    properties = mappings()["properties"]
    assert set(all_fields()) <= set(properties)
    assert set(make_source(document)) <= set(properties)


def test_characters_are_tokens(document: ListingDocument) -> None:
    """White space is spelt, so that it is a token too."""
    source = make_source(document)
    assert source["title_characters"].split()[:4] == ["青", "禾", "u+20", "国"]
    assert make_query(Run("title_characters", "a b"))["match_phrase"]["title_characters"]["query"] == "a u+20 b"


def test_what_selects_does_not_score() -> None:
    """Ranges and keywords weigh nothing."""
    assert make_query(Between("price", 1, None))["constant_score"] == {
        "filter": {"range": {"price": {"gte": 1}}},
        "boost": 0.0,
    }
    assert make_query(Term("rule", "AD01"))["constant_score"]["boost"] == 0.0
    assert make_query(Without(All()))["bool"]["must_not"]


def test_every_order_ends_with_the_id() -> None:
    """Once."""
    assert sort_body("relevance")[-1] == {"id": "asc"}
    assert sort_body("id_asc") == [{"id": "asc"}]
    assert sort_body("price_desc") == [{"price_falling": "desc"}, {"id": "asc"}]
