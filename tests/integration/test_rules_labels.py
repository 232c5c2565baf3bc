"""The rules on the labels of the sample market: facts made from the truth, so that only the rules are judged.

Run with ``-s`` to see recall and precision for each rule.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kernel.clock import CHINA
from kernel.facts import FactValue
from simulators.market.world import World
from supervision.rules.engine import judge
from supervision.rules.hit import Hit
from supervision.rules.rule_catalogue import load_catalogue
from supervision.rules.subject import SeenFact, Subject
from tests.servers.market_licences import displays

DAY0 = datetime(2026, 11, 25, 2, tzinfo=UTC)
DAY1 = DAY0 + timedelta(days=1)
DETERMINISTIC = {"ID01", "ID02", "ID03", "ID04", "ID05", "ID07", "ID10", "AD09", "PR03", "PR04", "CT02", "CT04"}
Labels = Mapping[str, Any]


def fact(field: str, value: FactValue, raw: str = "", slot: str = "", page_kind: str = "detail") -> SeenFact:
    """A fact of day 1."""
    text = raw or (value if isinstance(value, str) else "")
    return SeenFact(field, value, text, DAY1, DAY1, slot=slot, page_kind=page_kind)


def amount(price: Mapping[str, Any], text: str) -> str:
    """A price as a page writes it."""
    if text:
        return text
    unit = f"/{price['unit']}" if price["unit"] else ""
    low = f"¥{price['fen'] / 100:.2f}"
    return low + (f"-{price['fen_max'] / 100:.2f}" if price["fen_max"] else "") + unit


def listing_facts(want: Mapping[str, Any], stub: Mapping[str, Any] | None) -> list[SeenFact]:
    """What a perfect extractor would read of a listing."""
    lines = [want["description"], *(f"{key}：{value}" for key, value in want["attribute"])]
    facts = [fact("title", want["title"]), fact("description", "\n".join(lines)), fact("brand", want["brand"])]
    for field in ("promotion", "gift", "review", "sku"):
        facts += [fact(field, text, slot=text) for text in want[field]]
    for price in want["price"]:
        facts.append(fact("price", price, amount(price, want["price_text"]), slot=price["kind"]))
    for option in want["option"]:
        facts.append(fact("option", option, option["label"], slot=option["label"]))
    if stub is not None:
        price = {"kind": stub["kind"], "fen": stub["fen"], "currency": "CNY", "unit": None, "sku": None}
        text = stub["text"] or f"¥{stub['fen'] / 100:.2f}{stub['note']}"
        facts.append(fact("price", price, text, slot="list", page_kind="list"))
    return facts


def shop_facts(home: str, want: Mapping[str, Any], truth: Labels) -> list[SeenFact]:
    """What a perfect extractor would read of a shop."""
    facts = [fact("notice", want["notice"], page_kind="home"), fact("seller_shown", want["seller_shown"])]
    if want["merchant_kind"] == "person":
        facts.append(fact("seller_name", want["seller_name"], f"经营者类型：个人 经营者：{want['seller_name']}"))
    for field, name in (
        ("licence_code", "licence_code_shown"), ("licence_name", "licence_name"), ("declaration", "declaration"),
        ("licence_address", "licence_address"), ("contact", "contact"),
    ):  # fmt: skip
        if want[name]:
            facts.append(fact(field, want[name], page_kind="licence"))
    marks = [(one["shop"], one["listing_url"], one["rule"], one["sentence"]) for one in truth["hits"]]
    marks += [(one["shop"], one["listing_url"], one["rule"], one["text"]) for one in truth["near_misses"]]
    terms = [text for shop, listing, rule, text in marks if shop == home and rule == "CT02" and not listing]
    return facts + [fact("notice", text, page_kind="rules") for text in terms]


def since_yesterday(today: list[SeenFact], before: list[SeenFact]) -> tuple[tuple[SeenFact, ...], tuple[SeenFact, ...]]:
    """Today's facts with the day they began, and yesterday's that ended."""
    old = {(one.field, one.slot, str(one.value)) for one in before}
    new = {(one.field, one.slot, str(one.value)) for one in today}
    current = tuple(
        replace(one, seen_at=DAY0) if (one.field, one.slot, str(one.value)) in old else one for one in today
    )
    ended = tuple(
        replace(one, seen_at=DAY0, last_seen_at=DAY0, superseded_at=DAY1)
        for one in before
        if (one.field, one.slot, str(one.value)) not in new
    )
    return current, ended


def stubs(truth: Labels) -> dict[str, Mapping[str, Any]]:
    """URL of a listing to what list pages show of it."""
    return {one["url"]: one for entries in truth["stubs"].values() for one in entries}


def hits_on_the_market() -> tuple[dict[tuple[str, str, str], list[Hit]], Labels]:
    """Every hit on day 1, by rule, shop and listing; and the truth."""
    before, truth = World(0).labels(), World(1).labels()
    listed, listed_before = stubs(truth), stubs(before)
    found: dict[tuple[str, str, str], list[Hit]] = defaultdict(list)
    rules = load_catalogue().in_force(DAY1)
    shops = {home: tuple(shop_facts(home, want, truth)) for home, want in truth["shops"].items()}
    shown = displays(World(1), DAY1.astimezone(CHINA).date(), DAY0)
    on_sale = Counter(want["shop"] for want in truth["listings"].values())
    for home, facts in shops.items():
        kinds = frozenset({"home", "list", "licence"})
        subject = Subject(
            "shop", DAY1, facts, shop_facts=facts, url=home, page_kinds=kinds, display=shown[home],
            on_sale=on_sale[home],
        )  # fmt: skip
        for hit in judge(subject, rules, DAY1):
            found[hit.rule.id, home, ""].append(hit)
    for url, want in truth["listings"].items():
        old = before["listings"].get(url)
        yesterday = listing_facts(old, listed_before.get(url)) if old else []
        facts, history = since_yesterday(listing_facts(want, listed.get(url)), yesterday)
        subject = Subject("listing", DAY1, facts, history, shops[want["shop"]], url=url, category=want["category"])
        for hit in judge(subject, rules, DAY1):
            found[hit.rule.id, want["shop"], url].append(hit)
    return found, truth


def test_recall_and_precision_on_the_labels() -> None:
    """Deterministic rules find all, the others nine in ten or more, and hardly anything else is told."""
    found, truth = hits_on_the_market()
    wanted = {
        (hit["rule"], hit["shop"], hit["listing_url"] or ""): hit for hit in truth["hits"] if hit["from_day"] <= 1
    }
    lines, recalls = [], {}
    for rule in sorted({key[0] for key in (*wanted, *found)}):
        want, got = ({key for key in keys if key[0] == rule} for keys in (wanted, found))
        recalls[rule] = len(want & got) / max(1, len(want))
        precision = len(want & got) / max(1, len(got))
        lines.append(f"{rule}  wanted {len(want):3}  recall {recalls[rule]:.3f}  precision {precision:.3f}")
        lines += [f"    missed {key[1:]} {wanted[key]['sentence']}" for key in sorted(want - got)]
        lines += [f"    false  {key[1:]} {[h.signal.sentence for h in found[key]]}" for key in sorted(got - want)]
    sys.stdout.write("\n".join(["", *lines, ""]))
    assert set(recalls) == set(load_catalogue().rules)
    assert {rule: recalls[rule] for rule in DETERMINISTIC} == dict.fromkeys(DETERMINISTIC, 1.0)
    assert min(recalls.values()) >= 0.9
    assert len(wanted.keys() & found.keys()) / len(found) >= 0.98


def test_quotes_come_from_the_planted_sentence() -> None:
    """A term hit quotes a piece of the planted sentence."""
    found, truth = hits_on_the_market()
    sentences: dict[tuple[str, str], list[str]] = defaultdict(list)
    for hit in truth["hits"]:
        sentences[hit["rule"], hit["listing_url"] or hit["shop"]].append(hit["sentence"])
    for (rule, home, url), hits in found.items():
        if rule[:2] in {"AD", "UC", "CT"}:
            for one in hits:
                assert any(one.signal.quote in text for text in sentences[rule, url or home]), (rule, one.signal.quote)
