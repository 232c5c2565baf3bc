"""No price, a price of nought, or no unit where goods are sold by measure: PR05."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from supervision.rules.context import Scene, compiled, exemption, squeeze, tried
from supervision.rules.hit import Signal
from supervision.rules.look import Look, parameters
from supervision.rules.parameters import UnmarkedPriceParameters
from supervision.rules.rule import Rule
from supervision.rules.subject import SeenFact, Subject, texts

ASKED = frozenset({"shown", "range", "unit", ""})
"""Kinds of price a buyer pays; struck, coupon and member prices stand beside one of these."""


def check(rule: Rule, look: Look, at: datetime) -> Iterator[Signal]:
    """At most one signal a listing: the first of no price, nought, no unit.

    Only what stands on the page counts: a price the extractor did not find is not a price that is
    not there, so something must stand in its place (面议, ¥0).

    Spec: 明码标价和禁止价格欺诈规定 arts 5, 7, 13; 价格法 art 13.
    """
    del at
    detector = parameters(rule, UnmarkedPriceParameters)
    prices = [fact for fact in look.subject.of("price") if fact.part("kind") in ASKED]
    found = _no_amount(detector, look.subject, prices) or _no_unit(detector, look.subject, prices)
    if found is None:
        return
    fact, start, end, reason = found
    scene = Scene(look.subject, fact, extra=(("kind", fact.part("kind")),))
    if exemption(rule, scene) is not None:
        return
    yield Signal(
        fact=fact,
        start=start,
        end=end,
        reason=reason,
        values={"quote": fact.text[start:end]},
        identity=reason,
        sentence=fact.text,
        tried=tried(rule),
    )


Found = tuple[SeenFact, int, int, str]


def _no_amount(detector: UnmarkedPriceParameters, subject: Subject, prices: list[SeenFact]) -> Found | None:
    given = [fact for fact in prices if fact.amount()]
    if given:
        return None
    for fact in prices:
        if fact.amount() == 0:
            return fact, 0, len(fact.text), "zero"
        if _matches(detector.instead, fact.text):
            return fact, 0, len(fact.text), "no-price"
    for fact in subject.of("title", "description", "promotion") if not prices else ():
        for pattern in detector.anywhere:
            match = compiled(pattern).search(fact.text)
            if match:
                return fact, match.start(), match.end(), "no-price"
    return None


def _no_unit(detector: UnmarkedPriceParameters, subject: Subject, prices: list[SeenFact]) -> Found | None:
    by_measure = _matches(detector.unit_goods, subject.category)
    if not by_measure or not prices or any(fact.part("unit") for fact in prices):
        return None
    told = (texts(prices), texts(subject.of("title", "sku", "description")), "\n".join(f.part("sku") for f in prices))
    if any(_matches(detector.units, text) for text in told):
        return None
    return prices[0], 0, len(prices[0].text), "no-unit"


def _matches(patterns: Iterable[str], raw: str) -> bool:
    text = squeeze(raw)
    return any(compiled(pattern).search(text) for pattern in patterns)
