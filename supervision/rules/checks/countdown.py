"""「仅限今天」 on several days: PR04."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from kernel.clock import CHINA
from supervision.rules.checks.term import group_of, points_at_goods
from supervision.rules.context import Scene, exemption, tried
from supervision.rules.hit import Signal
from supervision.rules.look import Look, parameters
from supervision.rules.normal_text import normalise
from supervision.rules.parameters import CountdownParameters
from supervision.rules.rule import Rule
from supervision.rules.subject import SeenFact
from supervision.rules.terms import TermMatch, longest


def check(rule: Rule, look: Look, at: datetime) -> Iterator[Signal]:
    """A signal for each claim that stands now and stood on other days too.

    A fact is known to have stood on the day it was first read and on the day its page was last fetched
    unchanged; days between are not counted, for nobody looked.

    Spec: 明码标价和禁止价格欺诈规定 art 20(1)(2), art 19(4).
    """
    del at
    detector = parameters(rule, CountdownParameters)
    seen: dict[str, list[tuple[Scene, TermMatch]]] = {}
    for fact, matches in look.ever(rule, detector.fields):
        for match in longest(matches):
            scene = Scene(look.subject, fact, match.start, match.end)
            if points_at_goods(group_of(detector.groups, match.term), match, scene) and exemption(rule, scene) is None:
                seen.setdefault(normalise(match.term), []).append((scene, match))
    for places in seen.values():
        days = run(sorted({day for scene, _ in places for day in days_of(scene.fact)}), detector.window_days)
        standing = next(((scene, match) for scene, match in places if scene.fact.superseded_at is None), None)
        if len(days) >= detector.days and standing is not None:
            yield _signal(rule, *standing, days)


def days_of(fact: SeenFact) -> tuple[date, ...]:
    """Days in China on which a fact was seen to stand."""
    first = fact.seen_at.astimezone(CHINA).date()
    last = fact.last_seen_at.astimezone(CHINA).date()
    return (first,) if last <= first else (first, last)


def run(days: list[date], window_days: int) -> list[date]:
    """The last days that lie no more than a window apart, one from the next."""
    kept: list[date] = []
    for day in reversed(days):
        if kept and kept[0] - day > timedelta(days=window_days):
            break
        kept.insert(0, day)
    return kept


def _signal(rule: Rule, scene: Scene, match: TermMatch, days: list[date]) -> Signal:
    values = {
        "quote": scene.fact.text[match.start : match.end],
        "term": match.term,
        "days": "、".join(day.isoformat() for day in days),
        "count": str(len(days)),
    }
    return Signal(
        fact=scene.fact,
        start=match.start,
        end=match.end,
        reason="repeated",
        values=values,
        identity=normalise(match.term),
        sentence=scene.sentence,
        tried=tried(rule),
    )
