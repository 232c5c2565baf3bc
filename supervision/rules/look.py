"""One look at a subject: its texts are read by the automaton once, for all rules together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from supervision.rules.parameters import Strict
from supervision.rules.rule import Rule
from supervision.rules.subject import UNSURE, SeenFact, Subject
from supervision.rules.terms import TermIndex, TermMatch

TEXT_FIELDS = frozenset(
    {
        "title", "description", "promotion", "gift", "brand", "sku", "option", "review", "stock",
        "notice", "declaration", "seller_shown", "contact",
    }
)  # fmt: skip
"""Fields whose texts the automaton reads."""

P = TypeVar("P", bound=Strict)


@dataclass(frozen=True, slots=True)
class Look:
    """A subject with what the terms of all rules matched in it.

    Attributes:
        found: for each text fact with any match: the fact and its matches by rule id.
        matched: rules with any match.
    """

    subject: Subject
    found: tuple[tuple[SeenFact, dict[str, list[TermMatch]]], ...] = ()
    matched: frozenset[str] = frozenset()

    @classmethod
    def at(cls, subject: Subject, index: TermIndex) -> "Look":
        """Read the texts of a subject, current and superseded, each once."""
        found = []
        for fact in (*subject.facts, *subject.history):
            if fact.field not in TEXT_FIELDS or fact.confidence < UNSURE:
                continue
            matches = index.find(fact.text)
            if matches:
                found.append((fact, matches))
        return cls(subject, tuple(found), frozenset(rule_id for _, matches in found for rule_id in matches))

    def current(self, rule: Rule, fields: tuple[str, ...]) -> Iterator[tuple[SeenFact, list[TermMatch]]]:
        """A rule's matches in current facts of the subject's own pages."""
        for fact, matches in self.found:
            stands = fact.superseded_at is None and not self.subject.is_stub(fact)
            if stands and rule.id in matches and fact.field in fields:
                yield fact, matches[rule.id]

    def ever(self, rule: Rule, fields: tuple[str, ...]) -> Iterator[tuple[SeenFact, list[TermMatch]]]:
        """A rule's matches in current and superseded facts."""
        for fact, matches in self.found:
            if rule.id in matches and fact.field in fields and not self.subject.is_stub(fact):
                yield fact, matches[rule.id]


def parameters(rule: Rule, kind: type[P]) -> P:
    """A rule's detector parameters, known to be of a kind (the registry goes by kind)."""
    detector = rule.detector
    if not isinstance(detector, kind):
        raise TypeError(f"expected {kind.__name__} in rule {rule.id}, got {type(detector).__name__}")
    return detector
