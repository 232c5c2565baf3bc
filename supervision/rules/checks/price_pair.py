"""A price on a list or home page below the price on the listing's own page: PR03."""

from collections.abc import Iterator
from datetime import datetime

from supervision.rules.context import Scene, exemption, tried
from supervision.rules.hit import Signal
from supervision.rules.look import Look, parameters
from supervision.rules.parameters import PricePairParameters
from supervision.rules.rule import Rule
from supervision.rules.subject import UNSURE, SeenFact, Subject


def check(rule: Rule, look: Look, at: datetime) -> Iterator[Signal]:
    """A signal for the pair of each list price that is lower, same SKU, captured together.

    Where the list price names no SKU it is compared with the lowest price on the listing's page.
    Both facts must stand; the gap is between the last fetches of the two addresses.

    Spec: 明码标价和禁止价格欺诈规定 art 20(1).
    """
    del at
    detector = parameters(rule, PricePairParameters)
    prices = [fact for fact in look.subject.facts if fact.field == "price" and fact.confidence >= UNSURE]
    told: set[tuple[str, int, int]] = set()
    for shown in prices:
        if not shown.from_list or _exempt(rule, detector, look.subject, shown):
            continue
        own = _counterpart(rule, detector, look.subject, shown, prices)
        listed, asked = shown.amount(), own.amount() if own else None
        if own is None or listed is None or asked is None or asked - listed <= detector.tolerance_fen:
            continue
        gap = abs((own.last_seen_at - shown.last_seen_at).total_seconds())
        if gap > detector.seconds and (own.visit_id == 0 or own.visit_id != shown.visit_id):
            continue
        pair = (own.part("sku"), listed, asked)
        if pair not in told:
            told.add(pair)
            yield _signal(rule, shown, own, gap, detector.seconds)


def _exempt(rule: Rule, detector: PricePairParameters, subject: Subject, fact: SeenFact) -> bool:
    if fact.amount() is None or (fact.part("currency") or "CNY") != "CNY":
        return True
    scene = Scene(subject, fact, extra=(("kind", fact.part("kind")),))
    return exemption(rule, scene) is not None or fact.part("kind") not in detector.compared


def _counterpart(
    rule: Rule, detector: PricePairParameters, subject: Subject, shown: SeenFact, prices: list[SeenFact]
) -> SeenFact | None:
    """The price on the listing's own page that a list price must be compared with."""
    own = [
        fact
        for fact in prices
        if not fact.from_list
        and fact.amount()
        and fact.part("kind") in detector.compared
        and fact.part("unit") == shown.part("unit")
    ]
    sku = shown.part("sku")
    same = [fact for fact in own if fact.part("sku") == sku] if sku else own
    cheapest = min(same, key=lambda fact: fact.amount() or 0, default=None)
    # A coupon, member price or "from" beside the lowest price explains the lower one on the list page.
    if cheapest is None or _exempt(rule, detector, subject, cheapest):
        return None
    return cheapest


def yuan(fen: int) -> str:
    """An amount in 分 as 元 with two digits."""
    return f"{fen // 100}.{fen % 100:02d}"


def _signal(rule: Rule, shown: SeenFact, own: SeenFact, gap: float, seconds: int) -> Signal:
    listed, asked = shown.amount() or 0, own.amount() or 0
    note = "" if gap <= seconds else "（间隔较长，请重新成对取证 recapture the pair）"
    values = {
        "quote": own.text,
        "list_price": yuan(listed),
        "detail_price": yuan(asked),
        "sku": own.part("sku") or "—",
        "gap": str(round(gap)),
        "gap_note": note,
    }
    return Signal(
        fact=own,
        start=0,
        end=len(own.text),
        reason="lower",
        values=values,
        identity=f"{own.part('sku')}|{listed}|{asked}",
        sentence=f"{shown.text} → {own.text}",
        tried=tried(rule),
    )
