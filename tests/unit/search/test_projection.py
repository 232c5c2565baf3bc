"""Columns of the index."""

from dataclasses import replace

from search.documents import ListingDocument
from search.fields import all_fields
from search.projection import project


def test_columns_are_known_fields(document: ListingDocument) -> None:
    """Every column exists with its kind, and empty texts have none."""
    columns = project(replace(document, description="", brand=""))
    kinds = all_fields()
    for values, kind in (
        (columns.words, "words"),
        (columns.characters, "characters"),
        (columns.keywords, "keyword"),
        (columns.integers, "integer"),
    ):
        assert {kinds[name] for name in values} == {kind}
    assert "description_words" not in columns.words
    assert "brand_characters" not in columns.characters
    assert columns.characters["title_characters"] == "青禾 国家级保温杯 500ml"
    assert {"国家级", "保温杯", "500ml"} <= set(columns.words["title_words"].split())
    assert "专营店" in columns.words["names_words"].split()
