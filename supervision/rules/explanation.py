"""What a person is shown of a hit: why, where, by which article, and what was looked at."""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.models import RuleHit
from supervision.rules.hit import Hit
from supervision.rules.rule import NOTICE_EN, NOTICE_ZH


@dataclass(frozen=True, slots=True)
class TriedExemption:
    """An exemption that was looked at and did not apply."""

    id: str
    zh: str
    en: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A hit for reading.

    Attributes:
        title, reason, notice, advice: ``{"zh", "en"}``.
        before, quote, after: the sentence around the quote, cut in three.
        values: what the rule compared. law: as in ``RuleHit.law``.
    """

    rule_id: str
    rule_version: str
    severity: str
    title: Mapping[str, str]
    reason: Mapping[str, str]
    before: str
    quote: str
    after: str
    field: str
    locator: str
    values: Mapping[str, str]
    law: list[dict[str, str]]
    exemptions: tuple[TriedExemption, ...]
    notice: Mapping[str, str]
    advice: Mapping[str, str]


def stored_explanation(hit: Hit) -> dict[str, object]:
    """The JSON kept with a hit: all that is needed to show it when its rule has long been changed."""
    signal, rule = hit.signal, hit.rule
    before, after = around(signal.sentence, signal.quote)
    ids = set(signal.tried)
    return {
        **hit.reason(),
        "title": {"zh": rule.title.zh, "en": rule.title.en},
        "before": before,
        "after": after,
        "reason": signal.reason,
        "values": dict(signal.values),
        "exemptions": [
            {
                "id": one.id,
                "zh": one.title.zh,
                "en": one.title.en,
                "source": f"{one.source.act}{one.source.article}",
                "confidence": one.source.confidence,
            }
            for one in rule.exemptions
            if one.id in ids
        ],
        "notice": {"zh": NOTICE_ZH, "en": NOTICE_EN},
        "advice": {"zh": rule.advice.zh, "en": rule.advice.en},
    }


def around(sentence: str, quote: str) -> tuple[str, str]:
    """A sentence before and after its quote; empty where the quote is not in it."""
    if quote == "" or quote not in sentence:
        return "", ""
    before, _, after = sentence.partition(quote)
    return before, after


def stored_law(hit: Hit) -> list[dict[str, str]]:
    """The articles in force on the day of the act, as ``RuleHit.law`` keeps them."""
    return [{"act": law.act, "article": law.article, "text": law.text, "confidence": law.confidence} for law in hit.law]


def _pair(value: object) -> dict[str, str]:
    return {str(key): str(text) for key, text in value.items()} if isinstance(value, dict) else {}


def explain(row: RuleHit) -> Explanation:
    """A stored hit for reading; needs no catalogue."""
    kept = row.explanation
    exemptions = kept.get("exemptions")
    return Explanation(
        rule_id=row.rule_id,
        rule_version=row.rule_version,
        severity=row.severity,
        title=_pair(kept.get("title")),
        reason={"zh": str(kept.get("zh", "")), "en": str(kept.get("en", ""))},
        before=str(kept.get("before", "")),
        quote=row.quote,
        after=str(kept.get("after", "")),
        field=row.field,
        locator=row.locator,
        values=_pair(kept.get("values")),
        law=list(row.law),
        exemptions=tuple(
            TriedExemption(one["id"], one["zh"], one["en"], one["source"], one["confidence"])
            for one in (exemptions if isinstance(exemptions, list) else [])
        ),
        notice=_pair(kept.get("notice")) or {"zh": NOTICE_ZH, "en": NOTICE_EN},
        advice=_pair(kept.get("advice")),
    )
