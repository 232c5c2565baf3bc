"""Hits and their natural keys."""

from dataclasses import replace
from typing import Any

from supervision.rules.hit import Hit
from supervision.rules.rule_catalogue import Catalogue


def test_key_stays_while_the_quote_stays(make: Any, catalogue: Catalogue) -> None:
    """The same term in a changed text is the same hit; another listing, field or term is another."""
    rule = catalogue.get("AD01")
    (one,) = make.hits(make.listing(make.fact("title", "最佳茶")), rule)
    (moved,) = make.hits(make.listing(make.fact("title", "新茶 最 佳 品质")), rule)
    (elsewhere,) = make.hits(make.listing(make.fact("description", "最佳茶")), rule)
    (other,) = make.hits(make.listing(make.fact("title", "顶级茶")), rule)
    assert one.key == moved.key
    assert len({one.key, elsewhere.key, other.key}) == 3
    neighbour = Hit(one.rule, replace(one.subject, listing_id=2), one.signal, one.law)
    assert neighbour.key != one.key


def test_quote_and_reason(make: Any, catalogue: Catalogue) -> None:
    """The quote is the raw piece; the reason names it in both languages."""
    (hit,) = make.hits(make.listing(make.fact("title", "新茶 最*佳 品质")), catalogue.get("AD01"))
    assert hit.signal.quote == "最*佳"
    assert (hit.signal.start, hit.signal.end) == (3, 6)
    assert "最*佳" in hit.reason()["zh"]
    assert "最*佳" in hit.reason()["en"]
    assert "guide-6-award" in hit.signal.tried
