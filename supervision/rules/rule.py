"""A rule as its file says it."""

import re
import string
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kernel.clock import CHINA
from supervision.rules.parameters import Context, CountdownParameters, Detector, Strict, TermParameters

Confidence = Literal["V", "S", "M"]
Severity = Literal["high", "medium", "low"]
SubjectKind = Literal["listing", "shop"]
NOTICE_ZH = "这是线索，不是认定：是否违法由执法人员核查后决定。"
NOTICE_EN = "This is a lead, not a finding: officers decide after checking."


class Bilingual(Strict):
    """One text in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Period(Strict):
    """Days on which something is in force, both ends included; China time.

    Attributes:
        first: ``from`` in the file. last: ``to`` in the file; none while there is no end.
    """

    first: date = Field(alias="from")
    last: date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.last is not None and self.last < self.first:
            raise ValueError(f"expected `to` on or after `from`, got {self.first} to {self.last}")
        return self

    def holds(self, at: datetime) -> bool:
        """Whether the day of ``at`` in China lies within."""
        day = at.astimezone(CHINA).date()
        return self.first <= day and (self.last is None or day <= self.last)


class LawReference(Strict):
    """An article that a hit is about.

    Attributes:
        text: the point of the article in our words, or its words where they are short.
        confidence: V statute read; S secondary source; M from memory.
        in_force: where the article is not in force as long as the rule (law changes; the act date decides).
    """

    act: str = Field(min_length=1)
    article: str = Field(min_length=1)
    text: str = Field(min_length=1)
    confidence: Confidence
    in_force: Period | None = None


class Source(Strict):
    """Where an exemption comes from."""

    act: str = Field(min_length=1)
    article: str = ""
    confidence: Confidence


class Exemption(Strict):
    """A named reason why a signal is no hit; one of ``when`` is enough."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Bilingual
    source: Source
    when: tuple[Context, ...] = Field(min_length=1)


class Categories(Strict):
    """Patterns on the folded category text: only these, and never those."""

    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class Scope(Strict):
    """What the rule looks at. Empty channels: all."""

    subjects: tuple[SubjectKind, ...] = Field(min_length=1)
    channels: tuple[str, ...] = ()
    categories: Categories = Categories()


class EvidenceRecipe(Strict):
    """What to capture for a hit."""

    wants_evidence: bool
    what: tuple[str, ...] = ()


class BilingualNotes(Strict):
    """Notes in both languages, in the same order."""

    zh: tuple[str, ...] = Field(min_length=1)
    en: tuple[str, ...] = Field(min_length=1)


class SameFact(Strict):
    """Another rule that speaks of the very fact that a reason of this one speaks of: one matter under two articles.

    Attributes:
        reason: of this rule. rule, its_reason: of the other. note: what an officer should know of the two.
    """

    reason: str
    rule: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")]
    its_reason: str
    note: Bilingual


class Rule(Strict):
    """One rule, one version.

    Attributes:
        same_fact: where another rule tells of the same fact; written in one of the two.
        reasons: the sentence for each way the detector can fire, with ``{quote}`` and its other values.
        false_positives: when an officer should doubt the hit.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")]
    version: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
    title: Bilingual
    in_force: Period
    scope: Scope
    law: tuple[LawReference, ...] = Field(min_length=1)
    penalty: tuple[LawReference, ...] = ()
    severity: Severity
    detector: Detector
    reasons: dict[str, Bilingual]
    exemptions: tuple[Exemption, ...] = ()
    same_fact: tuple[SameFact, ...] = ()
    evidence: EvidenceRecipe
    false_positives: BilingualNotes
    advice: Bilingual

    @model_validator(mode="after")
    def _consistent(self) -> "Rule":
        if set(self.reasons) != self.detector.reasons:
            raise ValueError(f"expected reasons {sorted(self.detector.reasons)}, got {sorted(self.reasons)}")
        for name, reason in self.reasons.items():
            for text in (reason.zh, reason.en):
                used = {key for _, key, _, _ in string.Formatter().parse(text) if key is not None}
                if unknown := used - self.detector.values:
                    raise ValueError(
                        f"expected only {sorted(self.detector.values)} in reason {name}, got {sorted(unknown)}"
                    )
        if unknown := {one.reason for one in self.same_fact} - set(self.reasons):
            raise ValueError(f"expected reasons of this rule in same_fact, got {sorted(unknown)}")
        ids = [exemption.id for exemption in self.exemptions]
        if len(ids) != len(set(ids)):
            raise ValueError(f"expected each exemption id once, got {ids}")
        for pattern in (*self.scope.categories.only, *self.scope.categories.never):
            re.compile(pattern)
        return self

    def terms(self) -> tuple[str, ...]:
        """The terms the automaton looks for on behalf of this rule."""
        if isinstance(self.detector, TermParameters | CountdownParameters):
            return tuple(term for group in self.detector.groups for term in group.terms)
        return ()

    def law_at(self, at: datetime) -> tuple[LawReference, ...]:
        """The articles in force on the day of the act."""
        return tuple(law for law in self.law if law.in_force is None or law.in_force.holds(at))
