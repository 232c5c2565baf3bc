"""Who has a matter in hand: the table of jurisdiction as rules, and what holds where two claim it or neither does.

A place is never guessed: where a rule asks for one that is not known, the next line of the table is looked at, and
where none is left the matter is refused with what is missing.

Spec: PROC 10, 11, 12, 13, 14, 16; CPR 13, 14, 31, 33; IAD 20; LIVE 47.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from exchange.errors import JurisdictionError
from exchange.organisation import ROOT_CODE, check_code, common_superior, level

FILE = Path(__file__).with_suffix(".yml")
MATTERS = ("complaint", "report", "case")
PLACES = ("domicile", "publicised", "actual", "registered", "platform", "publisher", "advertiser")
WHEN = ("always", "no-address", "first-received", "no-actual", "unregistered")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    Attributes:
        place: whose authority. when: under which condition. basis: articles. zh, en: for people.
    """

    place: str
    when: str
    basis: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Matter:
    """What is known of a matter.

    Attributes:
        kind: ``complaint`` ``report`` ``case``. subject: as in the table (``merchant``, ``platform`` …).
        places: organisation or region codes (GB/T 2260) by place; what is not known is left out.
        first_at: code of the authority that received, found or filed it first, or empty.
        address_is_dead: the publicised address leads to nobody.
    """

    kind: str
    subject: str
    places: Mapping[str, str]
    first_at: str = ""
    address_is_dead: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who has it.

    Attributes:
        region: code that a message is routed by. rule: the line that decided. others: further authorities that may
            have it by the same table, in its order.
    """

    region: str
    rule: Rule
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The table as it stands in the file.

    Attributes:
        subjects, matters: titles (Chinese, English). rules: by kind of matter and subject. conflicts: by kind.
    """

    subjects: Mapping[str, tuple[str, str]]
    matters: Mapping[str, tuple[str, str]]
    rules: Mapping[tuple[str, str], tuple[Rule, ...]]
    conflicts: Mapping[str, Mapping[str, Any]]


@lru_cache(maxsize=1)
def table() -> Table:
    """The table of this installation."""
    return read_table(FILE.read_text("utf-8"))


def read_table(text: str) -> Table:
    """A table from YAML.

    Raises:
        JurisdictionError: a word that is not known, a subject without an unconditional line.
    """
    given = yaml.safe_load(text)
    rules: dict[tuple[str, str], tuple[Rule, ...]] = {}
    for kind, subjects in given["rules"].items():
        for subject, lines in subjects.items():
            made = tuple(Rule(**line) for line in lines)
            known = kind in MATTERS and subject in given["subjects"]
            if not known or not all(line.place in PLACES and line.when in WHEN for line in made):
                raise JurisdictionError(f"expected words of the table, got another in {kind}/{subject}")
            if not any(line.when == "always" for line in made):
                raise JurisdictionError(f"expected a line for every case of {kind}/{subject}, got conditions only")
            rules[kind, subject] = made
    return Table(_titles(given["subjects"]), _titles(given["matters"]), rules, given["conflicts"])


def _titles(given: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[str, str]]:
    return {name: (one["zh"], one["en"]) for name, one in given.items()}


def decide(matter: Matter) -> Ruling:
    """Who has a matter.

    Returns:
        the first line of the table whose condition is met and whose place is known.

    Raises:
        JurisdictionError: no such matter or subject, or no place that a line asks for is known. RecipientError: a place
        is no code.
    """
    lines = table().rules.get((matter.kind, matter.subject))
    if lines is None:
        raise JurisdictionError(
            f"expected a matter and a subject of the table, got {matter.kind[:20]!r} and {matter.subject[:20]!r}",
            hint="投诉广告请按举报处理；见 exchange/jurisdiction.yml For what is not listed see the table.",
        )
    met = [(line, matter.places[line.place]) for line in lines if _holds(line, matter)]
    if not met:
        lacking = ", ".join(dict.fromkeys(line.place for line in lines))
        raise JurisdictionError(
            f"expected one of the places {lacking} to be known, got none",
            hint="查明住所地或者平台住所地后再分派 Find out where it belongs before it is handed on.",
        )
    codes = [check_code(code) for _, code in met]
    # Who had it first goes before the order of the table; the table names where that counts.
    chosen = next((at for at, (line, _) in enumerate(met) if line.when == "first-received"), 0)
    others = tuple(code for code in dict.fromkeys(codes) if code != codes[chosen])
    return Ruling(codes[chosen], met[chosen][0], others)


def _holds(line: Rule, matter: Matter) -> bool:
    if not matter.places.get(line.place):
        return False
    if line.when == "first-received":
        return bool(matter.first_at) and _same(matter.first_at, matter.places[line.place])
    if line.when == "no-address":
        return not _usable(matter)
    if line.when == "no-actual":
        return not matter.places.get("actual")
    if line.when == "unregistered":
        return not matter.places.get("actual") and not matter.places.get("registered")
    return line.place != "publicised" or _usable(matter)


def _usable(matter: Matter) -> bool:
    return bool(matter.places.get("publicised")) and not matter.address_is_dead


def _same(left: str, right: str) -> bool:
    """True for one authority and a place in its care, or the other way round."""
    shorter, longer = sorted((_stem(left), _stem(right)), key=len)
    return bool(shorter) and longer.startswith(shorter)


def _stem(code: str) -> str:
    """The digits that say something: 310000 is the whole of 31."""
    return "" if code == ROOT_CODE else code[:2] if level(code) == 2 else code


@dataclass(frozen=True, slots=True)
class Claim:
    """An authority that took a matter up, and when (received, or filed for a case), aware UTC."""

    org: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """Who keeps a matter that several took up.

    Attributes:
        org: who keeps it. superior: who decides where they do not agree; empty where nobody has to.
        talk_days, superior_days: working days for talks, and for the superior's word. basis: articles.
    """

    org: str
    superior: str
    talk_days: int
    superior_days: int
    basis: str


def settle(kind: str, claims: Sequence[Claim]) -> Settled:
    """Who keeps a matter that several authorities took up, and who decides if they do not agree.

    Raises:
        JurisdictionError: no claim, or a kind of matter that is not known.
    """
    rule = table().conflicts.get(kind)
    if rule is None or not claims:
        raise JurisdictionError(f"expected claims to a complaint, report or case, got {len(claims)} to {kind[:20]!r}")
    ordered = sorted(claims, key=lambda claim: (claim.at, claim.org))
    superior = ""
    if rule["talk_days"]:
        for claim in ordered[1:]:
            if claim.org != ordered[0].org:
                superior = common_superior(superior or ordered[0].org, claim.org)
    return Settled(ordered[0].org, superior, rule["talk_days"], rule["superior_days"], str(rule["basis"]))
