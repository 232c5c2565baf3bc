"""Judging: subjects in, hits out. Pure."""

from collections.abc import Iterable
from datetime import datetime

from kernel.facts import FactValue
from supervision.rules.checks import CHECKS
from supervision.rules.context import compiled, squeeze
from supervision.rules.hit import Hit
from supervision.rules.look import Look
from supervision.rules.rule import Rule
from supervision.rules.rule_catalogue import Catalogue, RuleSet
from supervision.rules.subject import SeenFact, Subject

TERM_KINDS = frozenset({"term", "repeated_countdown"})
"""Kinds that have nothing to say where none of their rule's terms was found."""
SHOP_TRY_FIELDS = frozenset({"notice", "declaration"})


def judge(subject: Subject, rules: RuleSet, at: datetime) -> tuple[Hit, ...]:
    """All hits on one subject.

    Args:
        subject: a listing or shop with its facts.
        rules: the rules in force on the day of the act (``Catalogue.in_force(subject.act_at)``).
        at: the time of judging.
    """
    look = Look.at(subject, rules.index)
    hits: list[Hit] = []
    for rule in rules.rules:
        if (rule.detector.kind in TERM_KINDS and rule.id not in look.matched) or not applies(rule, subject):
            continue
        hits.extend(
            Hit(rule, subject, signal, rule.law_at(subject.act_at))
            for signal in CHECKS[rule.detector.kind](rule, look, at)
        )
    return tuple(hits)


def applies(rule: Rule, subject: Subject) -> bool:
    """Whether a rule's scope covers a subject."""
    scope = rule.scope
    if subject.kind not in scope.subjects or (scope.channels and subject.channel not in scope.channels):
        return False
    if not scope.categories.only and not scope.categories.never:
        return True
    category = squeeze(subject.category)
    if any(compiled(pattern).search(category) for pattern in scope.categories.never):
        return False
    return not scope.categories.only or any(compiled(one).search(category) for one in scope.categories.only)


def judge_all(subjects: Iterable[Subject], catalogue: Catalogue, at: datetime) -> list[Hit]:
    """All hits on many subjects, each under the law of its own day."""
    return [hit for subject in subjects for hit in judge(subject, catalogue.in_force(subject.act_at), at)]


def judge_text(
    text: str, catalogue: Catalogue, at: datetime, *, field: str = "description", category: str = ""
) -> tuple[Hit, ...]:
    """Judge one piece of text as if it stood on a page: the "try a text" box.

    Args:
        field: the field it would be; ``notice`` and ``declaration`` are a shop's, the others a listing's.
        category: the goods' category, for rules that depend on it.
    """
    value: FactValue = text
    fact = SeenFact(field=field, value=value, raw=text, seen_at=at, last_seen_at=at, locator="text:0-" + str(len(text)))
    is_shop = field in SHOP_TRY_FIELDS
    subject = Subject(
        kind="shop" if is_shop else "listing",
        act_at=at,
        facts=(fact,),
        shop_facts=(fact,) if is_shop else (),
        category=category,
    )
    return judge(subject, catalogue.in_force(at), at)
