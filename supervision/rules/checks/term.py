"""Terms in texts, with what must stand around them: AD01, AD02, AD03, AD09, CT02, UC01."""

from collections.abc import Iterator
from datetime import datetime

from supervision.rules.context import Scene, exemption, tried
from supervision.rules.hit import Signal
from supervision.rules.look import Look, parameters
from supervision.rules.normal_text import normalise
from supervision.rules.parameters import TermGroup, TermParameters
from supervision.rules.rule import Rule
from supervision.rules.terms import TermMatch, longest


def check(rule: Rule, look: Look, at: datetime) -> Iterator[Signal]:
    """One signal for each term in each field: its first place that no exemption covers."""
    del at
    detector = parameters(rule, TermParameters)
    told: set[tuple[str, str]] = set()
    for fact, matches in look.current(rule, detector.fields):
        for match in longest(matches):
            identity = (fact.field, normalise(match.term))
            if identity in told:
                continue
            scene = Scene(look.subject, fact, match.start, match.end)
            if (
                not points_at_goods(group_of(detector.groups, match.term), match, scene)
                or exemption(rule, scene) is not None
            ):
                continue
            told.add(identity)
            values = {"quote": fact.text[match.start : match.end], "term": match.term, "field": fact.field}
            yield Signal(
                fact=fact,
                start=match.start,
                end=match.end,
                reason="term",
                values=values,
                identity=identity[1],
                sentence=scene.sentence,
                tried=tried(rule),
            )


def group_of(groups: tuple[TermGroup, ...], term: str) -> TermGroup:
    """The group a matched term is in."""
    return next(group for group in groups if term in group.terms)


def points_at_goods(group: TermGroup, match: TermMatch, scene: Scene) -> bool:
    """Whether a match is one word and what its group needs stands around it."""
    if match.doubtful and not group.spaced:
        return False
    return not group.needs or any(scene.holds(context) for context in group.needs)
