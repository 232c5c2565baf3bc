"""Judging a badge: named steps, each with an outcome and the word why, and one verdict over them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from identity_verify.proven_site import covered
from kernel.models import Badge

Outcome = Literal["PASSED", "FAILED", "NOT_CHECKED"]
StepName = Literal["number", "token", "registered", "key", "state", "term", "place"]
Word = Literal[
    "valid", "malformed", "forged", "unknown", "superseded", "key", "revoked", "suspended", "expired", "place"
]
ORDER: tuple[StepName, ...] = ("number", "token", "registered", "key", "state", "term", "place")


@dataclass(frozen=True, slots=True)
class BadgeStep:
    """One thing that was looked at; ``why`` is a stable word, empty when it passed."""

    name: StepName
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class BadgeVerdict:
    """What a badge is worth now.

    Attributes:
        word: ``valid``, or the first thing that is wrong: ``malformed`` (not a number or token of ours),
            ``forged`` (signature or claims), ``unknown``, ``superseded`` (a newer token took its place), ``key``
            (signed by a key that does not count any more), ``revoked``, ``suspended``, ``expired``, ``place``
            (right, but not shown where it belongs).
        badge: its row; None where none is known.
        shown_on: the address that was asked about, or empty.
    """

    word: Word
    steps: tuple[BadgeStep, ...]
    badge: Badge | None = None
    shown_on: str = ""

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return self.word == "valid"


@dataclass(frozen=True, slots=True)
class Looked:
    """What the records say of a badge, and of the token where one was shown.

    Attributes:
        key_counts: whether the signing key's signatures count.
        by_token: a token was shown, and it was found in the records; superseded: by a later one.
    """

    badge: Badge
    key_counts: bool
    by_token: bool = False
    superseded: bool = False


def refused(word: Word, step: StepName, why: str) -> BadgeVerdict:
    """A verdict on something that leads to no badge."""
    place = ORDER.index(step)
    steps = [BadgeStep(name, "PASSED") for name in ORDER[:place] if name == "number" and step == "registered"]
    steps.append(BadgeStep(step, "FAILED", why))
    steps += [BadgeStep(name, "NOT_CHECKED", "earlier") for name in ORDER[place + 1 :]]
    return BadgeVerdict(word, tuple(steps))


def judge(looked: Looked, *, shown_on: str = "", at: datetime) -> BadgeVerdict:
    """The verdict on a badge that is in the records.

    Args:
        shown_on: address of the page that shows it (``https://…`` or a host); empty when nobody said.
        at: aware UTC.
    """
    badge = looked.badge
    steps: list[BadgeStep] = [BadgeStep("number", "PASSED")]
    if looked.by_token:
        steps.append(_step("token", "superseded" if looked.superseded else ""))
    else:
        steps.append(BadgeStep("token", "NOT_CHECKED", "not-shown"))
    steps.append(BadgeStep("registered", "PASSED"))
    steps.append(_step("key", "" if looked.key_counts else "key"))
    steps.append(_step("state", "" if badge.state == "active" else badge.state))
    steps.append(_step("term", "expired" if badge.expires_at <= at else ""))
    if shown_on:
        steps.append(_step("place", "" if covered(badge.sites, shown_on) else "place"))
    else:
        steps.append(BadgeStep("place", "NOT_CHECKED", "not-said"))
    return BadgeVerdict(_word(steps), tuple(steps), badge, shown_on)


def _step(name: StepName, why: str) -> BadgeStep:
    return BadgeStep(name, "FAILED" if why else "PASSED", why)


def _word(steps: Iterable[BadgeStep]) -> Word:
    failed = {step.why for step in steps if step.outcome == "FAILED"}
    # What was decided by people comes first: it says most.
    for word in ("revoked", "suspended", "key", "expired", "superseded", "place"):
        if word in failed:
            return word
    return "valid"
