"""亮照 check: is the licence a shop shows there in the registry, is it theirs, is it in force, does its link hold?

Each step is a signal for a person, with the rule it belongs to; what could not be looked at is NOT_CHECKED and never
counts as passed.

Spec: 网络交易监督管理办法 art 12 (licence shown, true, and brought up to date within ten working days).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from identity_verify.badge_holder import ENDED
from identity_verify.normal_name import normal_name, normal_text
from identity_verify.shown_identity import ShownIdentity
from kernel.models import Subject

Outcome = Literal["PASSED", "FAILED", "NOT_CHECKED"]
STEPS = ("shown", "code", "registered", "name", "in-force", "address", "link")
RULE_OF_STEP = {
    "shown": "ID01", "code": "ID02", "registered": "ID02", "name": "ID03", "in-force": "ID04", "address": "ID05",
    "link": "ID10",
}  # fmt: skip
WORKING_DAYS = 10


@dataclass(frozen=True, slots=True)
class DisplayStep:
    """One thing that was looked at.

    Attributes:
        name: of ``STEPS``. why: a stable word, empty when it passed. rule: of the catalogue of law.
        shown, registered: the two sides, as they stand there.
    """

    name: str
    outcome: Outcome
    why: str = ""
    rule: str = ""
    shown: str = ""
    registered: str = ""


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """Where the shop's 亮照 link leads.

    Attributes:
        url: the link; empty where the shop has none. declared: hosts that the page behind it names.
        error: why the page could not be read, a word of ``control.FETCH_ERRORS`` or ``http-status``.
    """

    url: str = ""
    declared: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Display:
    """All steps, in order."""

    steps: tuple[DisplayStep, ...]

    @property
    def failed(self) -> tuple[DisplayStep, ...]:
        """Steps that want a person's look."""
        return tuple(step for step in self.steps if step.outcome == "FAILED")


def judge_display(
    shown: ShownIdentity, subject: Subject | None, *, names: Sequence[str], declared: bool, host: str,
    link: LinkSeen | None, on: date,
) -> Display:  # fmt: skip
    """Judge what a shop shows.

    Args:
        subject: the registry's subject of the shown code, or None. names: its former names.
        declared: the shop shows the declaration of those who need no licence.
        host: of the shop. link: None while nobody looked. on: today, in China.
    """
    steps = [_shown(shown, declared=declared), *_code(shown, subject)]
    if subject is None:
        steps += [_skipped(name) for name in ("name", "in-force", "address")]
    else:
        steps += [_name(shown, subject, names, on), _in_force(subject), _address(shown, subject, on)]
    steps.append(_link(host, link))
    return Display(tuple(steps))


def _step(name: str, outcome: Outcome, why: str = "", shown: str = "", registered: str = "") -> DisplayStep:
    return DisplayStep(name, outcome, why, RULE_OF_STEP[name], shown, registered)


def _skipped(name: str, why: str = "no-subject") -> DisplayStep:
    return _step(name, "NOT_CHECKED", why)


def _shown(shown: ShownIdentity, *, declared: bool) -> DisplayStep:
    codes = [reading.text for reading in shown.codes if reading.text]
    if codes:
        return _step("shown", "PASSED", shown=" · ".join(codes))
    return _step("shown", "PASSED", "declaration") if declared else _step("shown", "FAILED", "nothing-shown")


def _code(shown: ShownIdentity, subject: Subject | None) -> Iterable[DisplayStep]:
    readings = [reading for reading in shown.codes if reading.text]
    if not readings:
        return (_skipped("code", "nothing-shown"), _skipped("registered", "nothing-shown"))
    text = " · ".join(reading.original for reading in readings)
    if not shown.code:
        several = len({reading.code for reading in readings if reading.code}) > 1
        why = "several" if several else readings[0].verdict
        outcome: Outcome = "NOT_CHECKED" if why == "masked" else "FAILED"
        return (_step("code", outcome, why, text), _skipped("registered", "no-code"))
    if subject is None:
        return (_step("code", "PASSED", shown=shown.code), _step("registered", "FAILED", "not-in-registry", shown.code))
    registered = subject.code or subject.registration_number
    return (
        _step("code", "PASSED", shown=shown.code),
        _step("registered", "PASSED", shown=shown.code, registered=registered),
    )


def _name(shown: ShownIdentity, subject: Subject, names: Sequence[str], on: date) -> DisplayStep:
    if not shown.names:
        return _skipped("name", "no-name")
    first = shown.names[0]
    if normal_name(first) == normal_name(subject.name):
        return _step("name", "PASSED", shown=first, registered=subject.name)
    former = normal_name(first) in {normal_name(name) for name in names}
    if former and not _settled(subject.approved_on, on):
        return _step("name", "PASSED", "renamed-lately", first, subject.name)
    return _step("name", "FAILED", "former-name" if former else "other-name", first, subject.name)


def _in_force(subject: Subject) -> DisplayStep:
    if subject.status in ENDED:
        return _step("in-force", "FAILED", subject.status, registered=subject.name)
    if subject.status == "unknown":
        return _skipped("in-force", "unknown")
    return _step("in-force", "PASSED", "abnormal" if subject.status == "abnormal" else "", registered=subject.name)


def _address(shown: ShownIdentity, subject: Subject, on: date) -> DisplayStep:
    if not shown.addresses or not subject.address:
        return _skipped("address", "no-address")
    first = shown.addresses[0]
    left, right = normal_text(first), normal_text(subject.address)
    if left == right or left in right or right in left:
        return _step("address", "PASSED", shown=first, registered=subject.address)
    if not _settled(subject.approved_on, on):
        return _step("address", "PASSED", "changed-lately", first, subject.address)
    return _step("address", "FAILED", "other-address", first, subject.address)


def _settled(approved_on: date | None, on: date) -> bool:
    """Whether ten working days have passed since the registry's last approval; holidays are not known here."""
    if approved_on is None:
        return True
    day, left = approved_on, WORKING_DAYS
    while left and day < on:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return not left and day < on


def _link(host: str, link: LinkSeen | None) -> DisplayStep:
    if link is None:
        return _skipped("link", "not-looked")
    if not link.url:
        return _skipped("link", "no-link")
    if link.error:
        return _step("link", "NOT_CHECKED", link.error, link.url)
    if not link.declared:
        return _step("link", "NOT_CHECKED", "names-no-site", link.url)
    named = " · ".join(link.declared)
    own = host.lower().removeprefix("www.")
    if any(own == other.removeprefix("www.") for other in link.declared):
        return _step("link", "PASSED", shown=link.url, registered=named)
    return _step("link", "FAILED", "other-site", host, named)
