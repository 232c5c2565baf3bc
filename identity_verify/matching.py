"""Matching a shown name (and code, and address) with registered names: points with reasons, and when to be sure.

Each part of a name gives points; what differs is named. Points say how near a name is, not whether it could be near by
accident: that depends on how many names there are and how rare its parts are among them. A match is made without a
person only above ``SURE`` points and where the chance that somebody else is meant, another subject of the registry or
a firm that is not in it, is at most ``MOST_DOUBT``; all else is for review, with the reasons.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from identity_verify.code_reading import read_code
from identity_verify.company_name import CompanyName, parse, readings_of
from identity_verify.likelihood import weight
from identity_verify.name_index import NameIndex
from identity_verify.name_score import Reason, score
from identity_verify.rarity import Rarity, place_of
from identity_verify.shown_address import address_reasons
from identity_verify.vocabulary import Vocabulary

SURE = 740
SURE_MISREAD = 600
MOST_DOUBT = 0.15
STRANGERS = 0.43
"""For each shop of a registered firm, so many are of one that is not in the registry."""
CONTRADICTION = -50
"""A reason that takes so many points names a difference that one firm cannot have."""
WORTH_SHOWING = 500
UNLIKELY = -9.0
BESIDE = frozenset({"code", "code-alone", "address", "address-near"})
"""Reasons that do not come from the name, and settle what a name leaves open."""
ASIDE = BESIDE | {"address-place", "address-elsewhere", "look-alikes"}
"""All that do not come from the name."""
LOOK_ALIKES = "look-alikes"
SHOWN = 5
CODE = 400

Outcome = Literal["auto", "review", "none"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subject that could be meant, by the best of its names. ``score`` is 0 to 1000.

    ``weight``: how much likelier the shown name is when this subject is meant than when another firm is, as a
    logarithm to base ten; see :mod:`identity_verify.likelihood`.
    """

    subject_id: int
    name: str
    former: bool
    code: str
    score: int
    reasons: tuple[Reason, ...]
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What came of a match.

    Attributes:
        outcome: ``auto`` beyond doubt; ``review`` a person decides; ``none`` nothing worth showing.
        subject_id: set for ``auto`` only. candidates: best first, at most five.
        because: why it is not ``auto``: ``below`` ``close`` ``common`` ``code-of-another`` ``code-unknown``, or empty.
        doubt: chance that somebody else than the best candidate is meant, 0 to 1.
    """

    shown: str
    parsed: CompanyName
    outcome: Outcome
    subject_id: int | None
    candidates: tuple[Candidate, ...]
    because: str = ""
    doubt: float = 1.0


def match(name: str, index: NameIndex, *, code: str = "", address: str = "") -> MatchResult:
    """Who is meant by a shown name.

    Args:
        name: as shown, or empty. index: registered names.
        code: shown 统一社会信用代码 or 注册号 as it stands there, or empty. address: shown address, or empty.
    """
    readings = readings_of(name, index.vocabulary)
    right_code = read_code(code).code if code else ""
    of_code = index.by_code(right_code) if right_code else []
    best: dict[int, Candidate] = {}
    for parsed in readings:
        for number in dict.fromkeys([*of_code, *(index.candidates(parsed) if parsed.text else [])]):
            entry = index.entries[number]
            registered = _parsed(entry.name, index.vocabulary)
            reasons = score(parsed, registered, former=entry.former) if parsed.text else ()
            reasons += _by_code(right_code, entry.code, named=bool(parsed.text))
            reasons += address_reasons(address, entry.address, registered, index.vocabulary) if address else ()
            points = max(0, min(1000, sum(reason.points for reason in reasons)))
            if entry.subject_id in best and best[entry.subject_id].score >= points:
                continue
            said = UNLIKELY
            if points >= WORTH_SHOWING:
                said = weight(parsed, registered, reasons, index.rarity) - _read_as_core(
                    readings[0], parsed, index.rarity
                )
            best[entry.subject_id] = Candidate(
                entry.subject_id, entry.name, entry.former, entry.code, points, tuple(reasons), said
            )
    ranked = sorted(best.values(), key=lambda found: (-found.score, -found.weight, found.subject_id))
    return _decided(name, readings[0], ranked, right_code, index.rarity, known_code=bool(of_code))


def _read_as_core(first: CompanyName, parsed: CompanyName, rarity: Rarity) -> float:
    """What a town weighs too much when it is read as a part of 字号: it is as common as the place, not as its signs."""
    if parsed is first:
        return 0.0
    return rarity.places[place_of(first)] - sum(rarity.signs[letter] for letter in first.region[0])


def _decided(
    name: str, parsed: CompanyName, ranked: list[Candidate], code: str, rarity: Rarity, *, known_code: bool
) -> MatchResult:
    shown = tuple(
        _with_accidents(found, rarity.strangers)
        for found in ranked[:SHOWN]
        if found.score >= WORTH_SHOWING or (code and found.code == code)
    )
    if not shown:
        return MatchResult(name, parsed, "none", None, (), "code-unknown" if code and not known_code else "")
    first = shown[0]
    mine = 10**first.weight
    others = sum(10**found.weight for found in ranked[1:])
    strangers = STRANGERS * rarity.strangers
    doubt = (others + strangers) / (mine + others + strangers)
    because = ""
    if code and known_code and (first.code != code or _another_name(first)):
        because = "code-of-another"
    elif code and not known_code and first.code:
        because = "code-unknown"
    elif not _near(first, rarity) or _contradicted(first) or _only_core(first):
        because = "below"
    elif doubt > MOST_DOUBT:
        because = "close" if others > strangers else "common"
    if because:
        return MatchResult(name, parsed, "review", None, shown, because, doubt)
    return MatchResult(name, parsed, "auto", first.subject_id, shown, "", doubt)


def _with_accidents(found: Candidate, names: int) -> Candidate:
    """The candidate with a reason that says how many others may be as near by accident, and among how many."""
    accidents = names / 10**found.weight
    told = f"{accidents:.1g}" if accidents < 10 else f"{accidents:.0f}"
    return replace(found, reasons=(*found.reasons, Reason(LOOK_ALIKES, 0, told, str(names))))


def _near(found: Candidate, rarity: Rarity) -> bool:
    """Near enough; with a sign in 字号 that no firm has in its own, less will do, for it can only be misread."""
    if found.score >= SURE:
        return True
    slips = [slip for reason in found.reasons if reason.word.startswith("core") for slip in reason.slips]
    return (
        found.score >= SURE_MISREAD
        and bool(slips)
        and all(slip.kind == "other" and rarity.unheard(slip.shown) for slip in slips)
    )


def _contradicted(found: Candidate) -> bool:
    """What is different cannot be so in one firm. A place of another level can: but group firms differ just there.

    A code settles it: a name of another trade beside the firm's own code is an old or a careless one.
    """
    words = {reason.word for reason in found.reasons}
    if "code" in words:
        return False
    wider = "region-wider" in words and not words & BESIDE
    return wider or any(reason.points <= CONTRADICTION for reason in found.reasons)


def _only_core(found: Candidate) -> bool:
    """Nothing but 字号 agrees: that is a brand, which several firms may use."""
    words = {reason.word for reason in found.reasons}
    return {"industry-missing", "region-missing"} <= words and not words & BESIDE


def _another_name(found: Candidate) -> bool:
    """The code is this subject's, the name is not: somebody shows another firm's licence, or was renamed."""
    named = [reason.points for reason in found.reasons if reason.word not in ASIDE]
    return bool(named) and sum(named) < WORTH_SHOWING + 100


def _by_code(code: str, registered: str, *, named: bool) -> tuple[Reason, ...]:
    if not code or registered != code:
        return ()
    return (Reason("code", CODE, code, registered) if named else Reason("code-alone", 900, code, registered),)


@lru_cache(maxsize=200_000)
def _parsed(name: str, words: Vocabulary) -> CompanyName:
    return parse(name, words)
