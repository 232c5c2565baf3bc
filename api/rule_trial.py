"""Trying a text against the rules: what would be said of it, and which words it rests on."""

from dataclasses import dataclass
from datetime import datetime

from api.errors import InputError
from supervision.rules.engine import judge_text
from supervision.rules.rule import NOTICE_EN, NOTICE_ZH
from supervision.rules.rule_catalogue import load_catalogue

TRIAL_FIELDS = ("title", "description", "promotion", "notice", "declaration")
MAX_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Trial:
    """One rule that would fire.

    Attributes:
        before, quote, after: the text around the quoted piece.
        reason: Chinese and English. law: act, article, text, confidence.
    """

    rule_id: str
    rule_version: str
    severity: str
    before: str
    quote: str
    after: str
    start: int
    end: int
    reason: dict[str, str]
    law: tuple[dict[str, str], ...]
    notice: dict[str, str]


def try_text(text: str, *, field: str, category: str, at: datetime) -> tuple[Trial, ...]:
    """What the rules in force say of a text, as if it stood on a page. Nothing is stored.

    Raises:
        InputError: no text, more than 20,000 characters, or an unknown field.
    """
    if not text.strip() or len(text) > MAX_TEXT:
        raise InputError(
            f"expected a text of 1 to {MAX_TEXT} characters, got {len(text)}",
            hint="请输入要试的文字。",
            context={"fields": {"tried": f"1-{MAX_TEXT}"}},
        )
    if field not in TRIAL_FIELDS:
        raise InputError(f"expected a field of {', '.join(TRIAL_FIELDS)}, got {field!r}", hint="请选择列出的字段。")
    hits = judge_text(text, load_catalogue(), at, field=field, category=category)
    return tuple(
        Trial(
            rule_id=hit.rule.id,
            rule_version=hit.rule.version,
            severity=hit.rule.severity,
            before=text[max(0, hit.signal.start - 60) : hit.signal.start],
            quote=hit.signal.quote,
            after=text[hit.signal.end : hit.signal.end + 60],
            start=hit.signal.start,
            end=hit.signal.end,
            reason=hit.reason(),
            law=tuple(
                {"act": law.act, "article": law.article, "text": law.text, "confidence": law.confidence}
                for law in hit.law
            ),
            notice={"zh": NOTICE_ZH, "en": NOTICE_EN},
        )
        for hit in hits
    )
