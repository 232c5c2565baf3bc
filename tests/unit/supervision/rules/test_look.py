"""One look at a subject."""

from typing import Any

import pytest

from supervision.rules.look import Look, parameters
from supervision.rules.parameters import PricePairParameters, TermParameters
from supervision.rules.rule_catalogue import Catalogue


def test_texts_are_read_once_for_all(make: Any, catalogue: Catalogue) -> None:
    """Current and past texts are read; stubs, unsure facts and other fields are not told."""
    index = catalogue.in_force(make.at).index
    past = make.fact("promotion", "仅限今天", superseded_at=make.at)
    subject = make.listing(
        make.fact("title", "最佳茶"),
        make.fact("title", "最佳茶", slot="list"),
        make.fact("image", "最佳.jpg"),
        make.fact("description", "最佳", confidence=10),
        history=(past,),
    )
    look = Look.at(subject, index)
    assert look.matched == {"AD01", "PR04"}
    assert [fact.field for fact, _ in look.current(catalogue.get("AD01"), ("title", "description"))] == ["title"]
    assert [fact for fact, _ in look.ever(catalogue.get("PR04"), ("promotion",))] == [past]
    assert list(look.current(catalogue.get("PR04"), ("promotion",))) == []


def test_parameters_are_of_the_kind(catalogue: Catalogue) -> None:
    """A check of the wrong kind is a mistake of ours."""
    assert parameters(catalogue.get("AD01"), TermParameters).kind == "term"
    with pytest.raises(TypeError, match="PricePairParameters"):
        parameters(catalogue.get("AD01"), PricePairParameters)
