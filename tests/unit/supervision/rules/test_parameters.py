"""Detector parameters of a rule file."""

import pytest
from pydantic import TypeAdapter, ValidationError

from supervision.rules.parameters import Context, Detector

DETECTORS: TypeAdapter[object] = TypeAdapter(Detector)


def test_a_bare_text_is_a_context() -> None:
    """The short way of writing a context."""
    assert Context.model_validate("〔最佳〕赏味") == Context(all=("〔最佳〕赏味",))


@pytest.mark.parametrize(
    "broken", [{}, {"none": ["x"]}, {"all": ["("]}, {"all": ["x"], "within": "page"}, {"any": ["x"]}]
)
def test_broken_contexts(broken: dict[str, object]) -> None:
    """An empty context would always hold; a broken pattern or unknown place is refused."""
    with pytest.raises(ValidationError):
        Context.model_validate(broken)


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "unknown"},
        {"kind": "term", "fields": ["title"], "groups": []},
        {"kind": "term", "fields": ["title"], "groups": [{"name": "a", "terms": ["最"]}]},
        {"kind": "price_pair", "seconds": 0},
        {"kind": "price_pair", "colour": "red"},
        {"kind": "preselected_option", "amount": "("},
    ],
)
def test_broken_detectors(broken: dict[str, object]) -> None:
    """Unknown kinds and fields, empty lists and one-character terms are refused."""
    with pytest.raises(ValidationError):
        DETECTORS.validate_python(broken)
