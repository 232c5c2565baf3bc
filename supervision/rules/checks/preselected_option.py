"""An option that costs money and is ticked when the page loads: CT04."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from supervision.rules.checks.price_pair import yuan
from supervision.rules.context import Scene, compiled, exemption, squeeze, tried
from supervision.rules.hit import Signal
from supervision.rules.look import Look, parameters
from supervision.rules.parameters import PreselectedParameters
from supervision.rules.rule import Rule
from supervision.rules.subject import SeenFact


def check(rule: Rule, look: Look, at: datetime) -> Iterator[Signal]:
    """A signal for each ticked option with an amount, or whose label says that it costs money.

    Spec: 电子商务法 art 19; 网络交易监督管理办法 art 17.
    """
    del at
    detector = parameters(rule, PreselectedParameters)
    told: set[str] = set()
    for fact in look.subject.of("option"):
        label = fact.part("label") or fact.text
        if not _is_ticked(fact) or squeeze(label) in told:
            continue
        fen = fact.amount() if fact.amount() is not None else amount_in(label, detector.amount)
        if fen == 0 or (fen is None and not _says_paid(label, detector)):
            continue
        if exemption(rule, Scene(look.subject, fact, extra=(("label", label),))) is not None:
            continue
        told.add(squeeze(label))
        yield Signal(
            fact=fact,
            start=0,
            end=len(fact.text),
            reason="paid",
            values={"quote": fact.text, "label": label, "amount": "—" if fen is None else yuan(fen)},
            identity=squeeze(label),
            sentence=fact.text,
            tried=tried(rule),
        )


def _is_ticked(fact: SeenFact) -> bool:
    return not isinstance(fact.value, str | int) and fact.value.get("checked") is True


def _says_paid(label: str, detector: PreselectedParameters) -> bool:
    text = squeeze(label)
    return any(compiled(pattern).search(text) for pattern in detector.paid)


def amount_in(label: str, pattern: str) -> int | None:
    """分 of the amount a label names; none if it names none."""
    match = compiled(pattern).search(squeeze(label))
    found = next((group for group in match.groups() if group), None) if match else None
    if found is None:
        return None
    try:
        return int(Decimal(found) * 100)
    except InvalidOperation:
        return None
