"""Matching a shown name (and code, and address) with registered names: points with reasons, and when to be sure.

Each part of a name gives points; what differs is named. A match is made without a person only above ``SURE``
and with ``MARGIN`` to the next subject; all else is for review, with the reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from identity_verify.alignment import Edit, align
from identity_verify.code_reading import read_code
from identity_verify.company_name import CompanyName, parse
from identity_verify.name_index import NameIndex
from identity_verify.name_keys import latin_core
from identity_verify.normal_name import normal_text
from identity_verify.sound import sound_of
from identity_verify.vocabulary import Vocabulary

SURE = 830
MARGIN = 50
WORTH_SHOWING = 500
WORTH_TRYING = 250
MOST_LETTERS = 2
SHOWN = 5
CORE, INDUSTRY, REGION, FORM, WHOLE = 500, 200, 150, 100, 50
CODE = 400

Outcome = Literal["auto", "review", "none"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why points were given or taken: a stable word, the points, what the shop shows, what the registry has."""

    word: str
    points: int
    left: str = ""
    right: str = ""

    def as_dict(self) -> dict[str, object]:
        """As kept in ``subject_link.reasons``."""
        return {"word": self.word, "points": self.points, "left": self.left, "right": self.right}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subject that could be meant, by the best of its names. ``score`` is 0 to 1000."""

    subject_id: int
    name: str
    former: bool
    code: str
    score: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What came of a match.

    Attributes:
        outcome: ``auto`` beyond doubt; ``review`` a person decides; ``none`` nothing worth showing.
        subject_id: set for ``auto`` only. candidates: best first, at most five.
        because: why it is not ``auto``: ``below`` ``close`` ``code-of-another`` ``code-unknown``, or empty.
    """

    shown: str
    parsed: CompanyName
    outcome: Outcome
    subject_id: int | None
    candidates: tuple[Candidate, ...]
    because: str = ""


def match(name: str, index: NameIndex, *, code: str = "", address: str = "") -> MatchResult:
    """Who is meant by a shown name.

    Args:
        name: as shown, or empty. index: registered names.
        code: shown 统一社会信用代码 or 注册号 as it stands there, or empty. address: shown address, or empty.
    """
    parsed = parse(name, index.vocabulary)
    right_code = read_code(code).code if code else ""
    of_code = index.by_code(right_code) if right_code else []
    numbers = dict.fromkeys([*of_code, *(index.candidates(parsed) if parsed.text else [])])
    best: dict[int, Candidate] = {}
    for number in numbers:
        entry = index.entries[number]
        reasons = score(parsed, _parsed(entry.name, index.vocabulary), former=entry.former) if parsed.text else ()
        reasons += _beside_the_name(right_code, entry.code, address, entry.address, named=bool(parsed.text))
        points = max(0, min(1000, sum(reason.points for reason in reasons)))
        found = Candidate(entry.subject_id, entry.name, entry.former, entry.code, points, tuple(reasons))
        if entry.subject_id not in best or best[entry.subject_id].score < points:
            best[entry.subject_id] = found
    ranked = sorted(best.values(), key=lambda found: (-found.score, found.subject_id))
    return _decided(name, parsed, ranked, right_code, known_code=bool(of_code))


def _decided(name: str, parsed: CompanyName, ranked: list[Candidate], code: str, *, known_code: bool) -> MatchResult:
    shown = tuple(found for found in ranked[:SHOWN] if found.score >= WORTH_SHOWING or (code and found.code == code))
    if not shown:
        return MatchResult(name, parsed, "none", None, (), "code-unknown" if code and not known_code else "")
    first = shown[0]
    second = ranked[1].score if len(ranked) > 1 else 0
    because = ""
    if code and known_code and (first.code != code or _another_name(first)):
        because = "code-of-another"
    elif code and not known_code and first.code:
        because = "code-unknown"
    elif first.score < SURE:
        because = "below"
    elif first.score - second < MARGIN:
        because = "close"
    if because:
        return MatchResult(name, parsed, "review", None, shown, because)
    return MatchResult(name, parsed, "auto", first.subject_id, shown)


def _another_name(found: Candidate) -> bool:
    """The code is this subject's, the name is not: somebody shows another firm's licence, or was renamed."""
    named = [reason.points for reason in found.reasons if reason.word not in {"code", "code-alone", "address"}]
    return bool(named) and sum(named) < WORTH_SHOWING + 100


def _beside_the_name(
    code: str, registered: str, address: str, registered_address: str, *, named: bool
) -> tuple[Reason, ...]:
    reasons = []
    if code and registered == code:
        reasons.append(Reason("code", CODE, code, registered) if named else Reason("code-alone", 900, code, registered))
    if address and registered_address and normal_text(address) == normal_text(registered_address):
        reasons.append(Reason("address", 40, address, registered_address))
    return tuple(reasons)


@lru_cache(maxsize=200_000)
def _parsed(name: str, words: Vocabulary) -> CompanyName:
    return parse(name, words)


def score(shown: CompanyName, registered: CompanyName, *, former: bool = False) -> tuple[Reason, ...]:
    """Points for each part, with the reasons."""
    if shown.latin and not registered.latin:
        return _latin(shown, registered)
    reasons = _parts(shown, registered)
    if shown.notes != registered.notes:
        # Brackets are left out easily; then what stood in them has become a part of 字号.
        apart = [*reasons, _notes(shown, registered)]
        reasons = max(apart, _parts(_open(shown), _open(registered)), key=_sum)
    if shown.text == registered.text:
        reasons.append(Reason("whole-name", WHOLE, shown.text, registered.text))
    if former:
        reasons.append(Reason("former-name", -10, "", registered.text))
    if shown.branch and not registered.branch:
        reasons.append(Reason("branch", -20, shown.branch, ""))
    if shown.wrapper:
        reasons.append(Reason("wrapper", 0, shown.wrapper, ""))
    return tuple(reasons)


def _sum(reasons: Sequence[Reason]) -> int:
    return sum(reason.points for reason in reasons)


def _parts(shown: CompanyName, registered: CompanyName) -> list[Reason]:
    reasons = [*_stems(shown, registered), _regions(shown, registered), _forms(shown, registered)]
    if WORTH_TRYING < _sum(reasons) < SURE and (letters := _by_letters(shown, registered)):
        return max(reasons, letters, key=_sum)
    return reasons


def _open(name: CompanyName) -> CompanyName:
    """The name with its notes as part of 字号, as if there were no brackets."""
    return replace(name, core=name.core + "".join(name.notes), notes=()) if name.notes else name


def _notes(shown: CompanyName, registered: CompanyName) -> Reason:
    left, right = "".join(shown.notes), "".join(registered.notes)
    return Reason("note-differs" if left and right else "note-missing", -150 if left and right else -30, left, right)


def _latin(shown: CompanyName, registered: CompanyName) -> tuple[Reason, ...]:
    letters = latin_core(shown.text)
    if letters in {sound_of(registered.stem), sound_of("".join(registered.region) + registered.stem)}:
        return (Reason("pinyin", SURE + MARGIN, letters, registered.stem),)
    return (Reason("pinyin-differs", 0, letters, registered.stem),)


def _stems(shown: CompanyName, registered: CompanyName) -> tuple[Reason, Reason]:
    edits = align(shown.stem, registered.stem)
    border = len(registered.core)
    longer = len(shown.core) > border
    in_core = [
        edit for edit in edits if edit.place < border or (edit.place == border and edit.kind == "extra" and longer)
    ]
    in_industry = [edit for edit in edits if edit not in in_core]
    return _core(shown.core, registered.core, in_core), _industry(shown, registered, in_industry)


_CORE_COST = {"sound": 60, "near-sound": 90, "shape": 70, "swap": 80}
_INDUSTRY_COST = {"sound": 30, "near-sound": 50, "shape": 35, "swap": 60}


def _core(shown: str, registered: str, edits: Sequence[Edit]) -> Reason:
    """The more signs a 字号 has, the less one wrong sign says; a second difference counts twice."""
    if not edits:
        return Reason("core", CORE, registered, registered)
    length = len(registered)
    heavy = 330 if length <= 2 else 190 if length == 3 else 120
    lost = sum(_CORE_COST.get(edit.kind, heavy) * (2 if number else 1) for number, edit in enumerate(edits))
    words = {edit.kind for edit in edits}
    word = f"core-{words.pop()}" if len(words) == 1 else "core-differs"
    left, right = "".join(edit.shown for edit in edits), "".join(edit.registered for edit in edits)
    return Reason(word, max(0, CORE - lost), left or shown, right or registered)


def _industry(shown: CompanyName, registered: CompanyName, edits: Sequence[Edit]) -> Reason:
    left, right = shown.industry, registered.industry
    extra = "".join(edit.shown for edit in edits)
    if not edits:
        return Reason("industry", INDUSTRY, right, right)
    if right and len(edits) == len(right) and all(edit.kind == "missing" for edit in edits):
        return Reason("industry-missing", 110, "", right)
    if not right and all(edit.kind == "extra" for edit in edits):
        return Reason("industry-extra", 60, extra, "")
    cost = sum(_INDUSTRY_COST.get(edit.kind, 100) for edit in edits) // max(len(right), 1)
    if cost > 50 or _two_trades(left, right):
        return Reason("industry-differs", -150, left or extra, right)
    if cost > 35:
        return Reason("industry-near", 60, extra, right)
    return Reason("industry-misspelt", INDUSTRY - 20 - cost * 6 // 10, extra, right)


def _two_trades(left: str, right: str) -> bool:
    """Both are words for trades and neither holds the other: 商贸 and 贸易 are two firms."""
    return bool(left and right) and left not in right and right not in left


def _regions(shown: CompanyName, registered: CompanyName) -> Reason:
    left, right = "".join(shown.region), "".join(registered.region)
    if not left or not right:
        return Reason("region", REGION) if left == right else Reason("region-missing", 85, left, right)
    lost = _far_apart(shown, registered)
    if lost:
        return Reason("region-differs", -lost, left, right)
    if bool(shown.city) != bool(registered.city):
        return Reason("region-wider", 35, left, right)
    return Reason("region", REGION if left == right else REGION - 10, left, right)


def _far_apart(shown: CompanyName, registered: CompanyName) -> int:
    """Points lost when two places cannot be one; 0 when they can."""
    if shown.province and registered.province and shown.province != registered.province:
        return 250
    if shown.city and registered.city and shown.city != registered.city:
        return 200
    county, other = shown.county, registered.county
    return 60 if county and other and county not in other and other not in county else 0


def _forms(shown: CompanyName, registered: CompanyName) -> Reason:
    left, right = shown.form, registered.form
    classes = {shown.form_class, registered.form_class}
    if len(classes) == 1:
        return Reason("form", FORM if left == right else FORM - 10, left, right)
    if not left or not right:
        return Reason("form-missing", 70, left, right)
    if "company" in classes and classes <= {"company", "limited", "joint-stock"}:
        return Reason("form-near", 80, left, right)
    return Reason("form-differs", -60 if classes == {"limited", "joint-stock"} else -150, left, right)


def _by_letters(shown: CompanyName, registered: CompanyName) -> list[Reason]:
    """The whole names letter by letter, for a wrong letter that hides a region or a form from the parser.

    Nothing where the parts that were understood contradict one another.
    """
    if _far_apart(shown, registered) or (shown.form and registered.form and _forms(shown, registered).points < 0):
        return []
    place = "".join(registered.region)
    right = place + registered.stem + registered.form
    edits = align("".join(shown.region) + shown.stem + shown.form, right)
    if len(edits) > MOST_LETTERS:
        return []
    ends = [len(place), len(place) + len(registered.core), len(place) + len(registered.stem), len(right) + 1]
    parts: list[list[Edit]] = [[], [], [], []]
    for edit in edits:
        # What was added between trade and form belongs to the trade.
        place_of = edit.place - 1 if edit.kind == "extra" and edit.place == ends[2] else edit.place
        parts[next(number for number, end in enumerate(ends) if place_of < end)].append(edit)
    region, core, industry, form = parts
    return [
        _core(shown.core, registered.core, core),
        _industry(shown, registered, industry),
        _misspelt("region", REGION, 40, region, place),
        _misspelt("form", FORM, 30, form, registered.form),
    ]


def _misspelt(part: str, full: int, lost: int, edits: Sequence[Edit], registered: str) -> Reason:
    if not edits:
        return Reason(part, full, registered, registered)
    return Reason(f"{part}-misspelt", full - lost * len(edits), "".join(edit.shown for edit in edits), registered)
