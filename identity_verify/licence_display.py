"""亮照 check: is a licence shown, is it in the registry, is it theirs, is it in force, does its link hold?

Each step is a signal for a person, with the rule it belongs to; what could not be looked at is NOT_CHECKED and never
counts as passed.

Spec: 网络交易监督管理办法 art 12 (licence shown, true, and brought up to date within ten working days).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from identity_verify.badge_holder import ENDED
from identity_verify.company_name import parse
from identity_verify.normal_name import normal_name, normal_text
from identity_verify.registry_word import RegistryWord
from identity_verify.shown_identity import ShownIdentity
from identity_verify.site_address import registrable
from kernel import working_days
from kernel.models import Subject

Outcome = Literal["PASSED", "FAILED", "NOT_CHECKED"]
STEPS = ("shown", "code", "registered", "name", "in-force", "address", "link")
RULE_OF_STEP = {
    "shown": "ID01", "code": "ID02", "registered": "ID01", "name": "ID03", "in-force": "ID04", "address": "ID05",
    "link": "ID10",
}  # fmt: skip
STALE = "ID05"
"""The rule of a name that was right once: what it lacks is the update."""
WORKING_DAYS = 10
IN_DOUBT = timedelta(days=40)
"""Ten working days are over by then whatever holidays there are."""
_MASKED = frozenset("*×●•＊?？")
_DIVISIONS = re.compile("[省市区县镇乡村]")


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
        url: the link; empty where the shop has none.
        declared: sites that the page behind it names, each ``host`` or ``host/path``.
        error: why the page could not be read, a word of ``control.FETCH_ERRORS`` or ``http-status``.
        page_id: the stored page of the shop that holds the link; 0 where that is not known.
    """

    url: str = ""
    declared: tuple[str, ...] = ()
    error: str = ""
    page_id: int = 0


@dataclass(frozen=True, slots=True)
class ShopLook:
    """What else a visit saw of a shop.

    Attributes:
        declared: it shows the declaration of those who need no licence. pictured: a picture of a licence, whose text
            nobody read.
        page_id: the home page of the newest visit that read the whole shop; 0 while none did, and what was not seen
            may be there.
    """

    declared: bool = False
    pictured: bool = False
    page_id: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shop is.

    Attributes:
        hosts: its host, then those its pages were answered from (a site that moved). path: of the shop.
        shared: the host is a platform's, so that the path says which shop it is.
    """

    hosts: tuple[str, ...]
    path: str = "/"
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Display:
    """All steps, in order, with what they were judged from.

    Attributes:
        code: the one code that was read beyond doubt. name: the registry's name of it.
        word: what the registry said, since when and as of when. link: where the 亮照 link leads.
        guessed: years in which working days were counted by weekends alone, for want of a table of holidays.
        page_id: the home page of the visit that read the whole shop; 0 while none did.
    """

    steps: tuple[DisplayStep, ...]
    code: str = ""
    name: str = ""
    word: RegistryWord = field(default_factory=RegistryWord)
    link: LinkSeen | None = None
    guessed: tuple[int, ...] = ()
    page_id: int = 0

    @property
    def failed(self) -> tuple[DisplayStep, ...]:
        """Steps that want a person's look."""
        return tuple(step for step in self.steps if step.outcome == "FAILED")


def judge_display(
    shown: ShownIdentity, subject: Subject | None, *, word: RegistryWord, look: ShopLook, place: Place,
    link: LinkSeen | None, on: date,
) -> Display:  # fmt: skip
    """Judge what a shop shows.

    Args:
        subject: the registry's subject of the shown code, or None. word: what the registry said of it, and before.
        look: what else was seen of the shop. place: of the shop. link: None while nobody looked. on: today, in China.
    """
    steps = [_shown(shown, look, link), *_code(shown, subject, word)]
    if subject is None:
        steps += [_skipped(name) for name in ("name", "in-force", "address")]
    else:
        steps += [_name(shown, subject, word, on), _in_force(subject), _address(shown, subject, word, on)]
    steps.append(_link(place, link))
    if subject is None:
        return Display(tuple(steps), "", "", word, link, page_id=look.page_id)
    guessed = _guessed(subject.approved_on, on)
    return Display(tuple(steps), shown.code, subject.name, word, link, guessed, look.page_id)


def _step(name: str, outcome: Outcome, why: str = "", shown: str = "", registered: str = "") -> DisplayStep:
    rule = STALE if why == "former-name" else RULE_OF_STEP[name]
    return DisplayStep(name, outcome, why, rule, shown, registered)


def _skipped(name: str, why: str = "no-subject") -> DisplayStep:
    return _step(name, "NOT_CHECKED", why)


def _shown(shown: ShownIdentity, look: ShopLook, link: LinkSeen | None) -> DisplayStep:
    """The licence, a link to it or a declaration; nothing of them is told only where all was looked at."""
    codes = [reading.text for reading in shown.codes if reading.text]
    if codes:
        return _step("shown", "PASSED", shown=" · ".join(codes))
    if look.declared:
        return _step("shown", "PASSED", "declaration")
    if link is not None and link.url:
        return _step("shown", "PASSED", "link-alone", link.url)
    doubts = {
        "picture-alone": look.pictured, "no-code": bool(shown.licence_names), "not-looked": link is None,
        "visit-unfinished": not look.page_id,
    }  # fmt: skip
    doubt = next((why for why, holds in doubts.items() if holds), "")
    return _skipped("shown", doubt) if doubt else _step("shown", "FAILED", "nothing-shown")


def _code(shown: ShownIdentity, subject: Subject | None, word: RegistryWord) -> Iterable[DisplayStep]:
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
        absent: Outcome = "NOT_CHECKED" if word.gap else "FAILED"
        registered_step = _step("registered", absent, word.gap or "not-in-registry", shown.code)
        return (_step("code", "PASSED", shown=shown.code), registered_step)
    registered = subject.code or subject.registration_number
    return (
        _step("code", "PASSED", shown=shown.code),
        _step("registered", "PASSED", shown=shown.code, registered=registered),
    )


def _name(shown: ShownIdentity, subject: Subject, word: RegistryWord, on: date) -> DisplayStep:
    """The name on the licence; a shop's own name, its operator's, or one that is partly hidden is none."""
    if not shown.licence_names:
        return _skipped("name", "no-name")
    registered = normal_name(subject.name)
    persons = {normal_name(person[1]) for person in subject.persons or () if len(person) > 1}
    for name in shown.licence_names:
        if registered in normal_name(name) or normal_name(name) in persons:
            return _step("name", "PASSED", shown=name, registered=subject.name)
    first = shown.licence_names[0]
    if _MASKED & set(first):
        return _step("name", "NOT_CHECKED", "masked-name", first, subject.name)
    former = normal_name(first) in {normal_name(name) for name in word.names}
    if former and not _settled(subject.approved_on, on):
        return _step("name", "PASSED", "renamed-lately", first, subject.name)
    parts = parse(first)
    if not former and (parts.wrapper or not parts.form):
        return _step("name", "NOT_CHECKED", "trade-name", first, subject.name)
    return _step("name", "FAILED", "former-name" if former else "other-name", first, subject.name)


def _in_force(subject: Subject) -> DisplayStep:
    if subject.status in ENDED:
        return _step("in-force", "FAILED", subject.status, registered=subject.name)
    if subject.status == "unknown":
        return _skipped("in-force", "unknown")
    return _step("in-force", "PASSED", "abnormal" if subject.status == "abnormal" else "", registered=subject.name)


def _address(shown: ShownIdentity, subject: Subject, word: RegistryWord, on: date) -> DisplayStep:
    if not shown.addresses or not subject.address:
        return _skipped("address", "no-address")
    whole = [address for address in shown.addresses if not _MASKED & set(address)]
    if not whole:
        return _step("address", "NOT_CHECKED", "masked-address", shown.addresses[0], subject.address)
    for address in whole:
        if _same_address(address, subject.address):
            return _step("address", "PASSED", shown=address, registered=subject.address)
    first = whole[0]
    if not _settled(subject.approved_on, on):
        return _step("address", "PASSED", "changed-lately", first, subject.address)
    former = any(_same_address(first, old) for old in word.addresses)
    return _step("address", "FAILED", "former-address" if former else "other-address", first, subject.address)


def _same_address(left: str, right: str) -> bool:
    """Whether one is the other, or the other with more or less of it (the city left out, the room added)."""
    one, two = (_DIVISIONS.sub("", normal_text(text)) for text in (left, right))
    return bool(one and two) and (one in two or two in one)


def _settled(approved_on: date | None, on: date) -> bool:
    """Whether ten working days have passed since the registry's last approval."""
    return approved_on is None or working_days.have_passed(approved_on, WORKING_DAYS, on)


def _guessed(approved_on: date | None, on: date) -> tuple[int, ...]:
    """Years whose holidays nobody entered, where they could make a difference on a day."""
    if approved_on is None or on - approved_on > IN_DOUBT:
        return ()
    return working_days.after(approved_on, WORKING_DAYS).guessed


def _link(place: Place, link: LinkSeen | None) -> DisplayStep:
    if link is None:
        return _skipped("link", "not-looked")
    if not link.url:
        return _skipped("link", "no-link")
    if link.error:
        return _step("link", "NOT_CHECKED", link.error, link.url)
    if not link.declared:
        return _step("link", "NOT_CHECKED", "names-no-site", link.url)
    named = " · ".join(link.declared)
    found = {_leads_here(place, site) for site in link.declared}
    if "" in found:
        return _step("link", "PASSED", shown=link.url, registered=named)
    here = place.hosts[0] + (place.path if place.shared else "")
    return _step("link", "FAILED", "other-shop" if "other-shop" in found else "other-site", here, named)


def _leads_here(place: Place, site: str) -> str:
    """Empty when a declared site is the shop's, else why it is not."""
    host, slash, path = site.partition("/")
    host = host.removeprefix("www.")
    own = [name.lower().removeprefix("www.") for name in place.hosts]
    if host in own:
        inside = not path or f"{place.path.rstrip('/')}/".startswith(f"{slash}{path.rstrip('/')}/")
        return "" if inside or not place.shared else "other-shop"
    # Another name of the same registrable domain is the same owner's; a platform's is not.
    same = not place.shared and registrable(host) and registrable(host) in {registrable(name) for name in own}
    return "" if same else "other-site"
