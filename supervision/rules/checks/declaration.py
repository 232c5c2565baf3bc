"""A self-declaration that is not one of the four statutory statements, or stands without address and contact: ID07."""

import difflib
import unicodedata
from collections.abc import Iterator
from datetime import datetime

from supervision.rules.context import Scene, compiled, exemption, squeeze, tried
from supervision.rules.hit import Signal
from supervision.rules.look import Look, parameters
from supervision.rules.normal_text import normalise
from supervision.rules.parameters import DeclarationParameters
from supervision.rules.rule import Rule
from supervision.rules.subject import SeenFact, Subject

SHOWN_FIELDS = ("licence_code", "licence_image")
"""A licence, also as a picture whose text nobody read: its owner declares nothing."""
INDIVIDUAL_FIELDS = ("seller_name", "seller_shown", "licence_name", "notice")
LICENCE_PAGES = frozenset({"licence"})
COMPLETE_PAGES = LICENCE_PAGES | {""}
"""Pages on which address and contact are looked for; a text that is on no page (a try) counts as whole."""


def check(rule: Rule, look: Look, at: datetime) -> Iterator[Signal]:
    """Signals for a wrong statement, a missing one, or one without address or contact.

    Spec: 网络交易监督管理办法 art 12(4).
    """
    del at
    detector = parameters(rule, DeclarationParameters)
    declared = [fact for fact in look.subject.of(detector.field) if is_meant(fact, detector)]
    if not declared:
        yield from _absent(rule, detector, look.subject)
        return
    for fact in declared:
        if exemption(rule, Scene(look.subject, fact)) is None:
            yield from _judge(rule, detector, look.subject, fact)


def _judge(rule: Rule, detector: DeclarationParameters, subject: Subject, fact: SeenFact) -> Iterator[Signal]:
    stated = letters(fact.text)
    present = [text for text in detector.texts if letters(text) in stated]
    if len(present) != 1:
        nearest = max(detector.texts, key=lambda text: difflib.SequenceMatcher(None, letters(text), stated).ratio())
        values = {"quote": fact.text, "nearest": nearest, "difference": difference(letters(nearest), stated)}
        yield _signal(rule, fact, "several" if present else "altered", values)
        return
    values = {"quote": fact.text, "nearest": present[0], "difference": ""}
    if fact.page_kind not in COMPLETE_PAGES:
        return  # address and contact may stand on a page that was not recognised
    text = squeeze(fact.text)
    if not _shown(text, detector.address, subject, detector.address_fields):
        yield _signal(rule, fact, "no-address", values)
    if not _shown(text, detector.contact, subject, detector.contact_fields):
        yield _signal(rule, fact, "no-contact", values)


def _absent(rule: Rule, detector: DeclarationParameters, subject: Subject) -> Iterator[Signal]:
    """A seller who says it is a person, shows no licence, and whose licence page was seen without a statement."""
    if not subject.page_kinds & LICENCE_PAGES or subject.of(*SHOWN_FIELDS) or _links(subject):
        return
    for fact in subject.of(*INDIVIDUAL_FIELDS):
        text = squeeze(fact.text)
        found = any(compiled(pattern).search(text) for pattern in detector.individual)
        if found and exemption(rule, Scene(subject, fact)) is None:
            yield _signal(rule, fact, "absent", {"quote": fact.text, "nearest": "", "difference": ""})
            return


def _links(subject: Subject) -> bool:
    """Whether the shop has a 亮照 link: the licence is shown where it leads."""
    display = subject.display
    return display is not None and display.link is not None and bool(display.link.url)


def is_meant(fact: SeenFact, detector: DeclarationParameters) -> bool:
    """Whether a text is meant as such a statement."""
    text = normalise(fact.text)
    return any(normalise(mark) in text for mark in detector.marks)


def _shown(text: str, patterns: tuple[str, ...], subject: Subject, fields: tuple[str, ...]) -> bool:
    if any(compiled(pattern).search(text) for pattern in patterns):
        return True
    return any(normalise(fact.text) for fact in subject.of(*fields))


def letters(text: str) -> str:
    """A text without punctuation, spaces and differences of width: what must agree exactly."""
    return "".join(piece for piece in normalise(text) if unicodedata.category(piece)[0] in "LN")


def difference(expected: str, got: str) -> str:
    """The differing pieces, as ``[-left out-]`` and ``{+put in+}``, without the agreeing ones."""
    pieces = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, expected, got, autojunk=False).get_opcodes():
        if tag in {"delete", "replace"}:
            pieces.append(f"[-{expected[a:b]}-]")
        if tag in {"insert", "replace"}:
            pieces.append(f"{{+{got[c:d]}+}}")
    return " ".join(pieces)


def _signal(rule: Rule, fact: SeenFact, reason: str, values: dict[str, str]) -> Signal:
    return Signal(
        fact=fact,
        start=0,
        end=len(fact.text),
        reason=reason,
        values=values,
        identity=letters(fact.text),
        sentence=fact.text,
        tried=tried(rule),
    )
