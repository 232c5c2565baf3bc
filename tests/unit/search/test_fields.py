"""The shape of the index."""

from search.fields import EIGHT_FACETS, FACETS, KEYWORDS, SORTS, all_fields
from search.vocabulary import FIELDS


def test_facets_sorts_and_query_fields_exist() -> None:
    """Everything people can name is in the index."""
    kinds = all_fields()
    assert set(EIGHT_FACETS) <= set(FACETS)
    assert set(FACETS.values()) <= set(KEYWORDS)
    assert all(kinds[order.field] == "integer" for order in SORTS.values())
    for field in FIELDS:
        name = f"{field.index}_words" if field.style == "text" else field.index
        assert name in kinds
