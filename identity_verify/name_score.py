"""Points for how near a shown name is to a registered one, part by part, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from identity_verify.alignment import Edit, align, is_doubled
from identity_verify.company_name import CompanyName
from identity_verify.name_keys import latin_core
from identity_verify.sound import sound_of, sounds_of

CORE, INDUSTRY, REGION, FORM, WHOLE = 500, 200, 150, 100, 50
PINYIN = 880
WORTH_TRYING, WORTH_LETTERS = 250, 830
"""Between these, the names are also held against one another letter by letter."""
MOST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Why points were given or taken: a stable word, the points, what the shop shows, what the registry has.

    ``slips`` are the wrong signs behind a difference.
    """

    word: str
    points: int
    left: str = ""
    right: str = ""
    slips: tuple[Edit, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """As kept in ``subject_link.reasons``."""
        return {"word": self.word, "points": self.points, "left": self.left, "right": self.right}


def score(shown: CompanyName, registered: CompanyName, *, former: bool = False) -> tuple[Reason, ...]:
    """Points for each part, with the reasons."""
    if shown.latin and not registered.latin:
        return _latin(shown, registered)
    reasons = _parts(shown, registered)
    if shown.notes != registered.notes:
        # Brackets are left out easily; then what stood in them has become a part of 字号.
        apart = [*reasons, _notes(shown, registered)]
        ways = [apart, _parts(_open(shown), _open(registered))]
        if shown.notes and not shown.region and not registered.notes:
            # A misspelt place in brackets is no word the parser knows, so it stands there as a note.
            ways.append(_by_letters(replace(shown, region=shown.notes, notes=()), registered) or apart)
        reasons = max(ways, key=_sum)
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
    if WORTH_TRYING < _sum(reasons) < WORTH_LETTERS and (letters := _by_letters(shown, registered)):
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
    place = sound_of("".join(registered.region))
    if letters.removeprefix(place) in sounds_of(registered.stem) or letters in sounds_of(registered.stem):
        return (Reason("pinyin", PINYIN, letters, registered.stem),)
    return (Reason("pinyin-differs", 0, letters, registered.stem),)


def _stems(shown: CompanyName, registered: CompanyName) -> tuple[Reason, Reason]:
    edits = align(shown.stem, registered.stem)
    border = len(registered.core)
    longer = len(shown.core) > border
    in_core = [
        edit for edit in edits if edit.place < border or (edit.place == border and edit.kind == "extra" and longer)
    ]
    in_industry = [edit for edit in edits if edit not in in_core]
    before = "".join(registered.region)
    return _core(shown.core, registered.core, in_core, before), _industry(shown, registered, in_industry)


DOUBLED = 100
"""A sign typed twice."""
_CORE_COST = {"sound": 60, "near-sound": 90, "shape": 70, "swap": 80}
_INDUSTRY_COST = {"sound": 30, "near-sound": 50, "shape": 35, "swap": 60}


def _core(shown: str, registered: str, edits: Sequence[Edit], before: str = "") -> Reason:
    """The more signs a 字号 has, the less one wrong sign says; a second difference counts twice."""
    if not edits:
        return Reason("core", CORE, registered, registered)
    length = len(registered)
    heavy = 330 if length <= 2 else 190 if length == 3 else 120
    costs = [DOUBLED if is_doubled(edit, registered, before) else _CORE_COST.get(edit.kind, heavy) for edit in edits]
    lost = sum(cost * (2 if number else 1) for number, cost in enumerate(costs))
    words = {edit.kind for edit in edits}
    word = f"core-{words.pop()}" if len(words) == 1 else "core-differs"
    left, right = "".join(edit.shown for edit in edits), "".join(edit.registered for edit in edits)
    return Reason(word, max(0, CORE - lost), left or shown, right or registered, tuple(edits))


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
        return Reason("industry-near", 60, extra, right, tuple(edits))
    return Reason("industry-misspelt", INDUSTRY - 20 - cost * 6 // 10, extra, right, tuple(edits))


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
    if not county or not other or county in other or other in county:
        return 0
    return 0 if len(other) > 2 and len(align(county, other)) == 1 else 60


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
    if _far_apart(shown, registered) or _another_form(shown, registered):
        return []
    place = "".join(registered.region)
    right = place + registered.stem + registered.form
    edits = align("".join(shown.region) + shown.stem + shown.form, right)
    if len(edits) > MOST_LETTERS:
        return []
    ends = [len(place), len(place) + len(registered.core), len(place) + len(registered.stem), len(right) + 1]
    parts: list[list[Edit]] = [[], [], [], []]
    for edit in edits:
        # What was added at the end of 字号 or of the trade belongs to it.
        place_of = edit.place - 1 if edit.kind == "extra" and edit.place in ends[1:3] else edit.place
        part = next(number for number, end in enumerate(ends) if place_of < end)
        parts[part].append(replace(edit, place=edit.place - len(place)) if part == 1 else edit)
    region, core, industry, form = parts
    if len(form) > 1 and shown.form and shown.form_class != registered.form_class:
        return []
    return [
        _core(shown.core, registered.core, core, place),
        _industry(shown, registered, industry),
        _misspelt("region", REGION, 40, region, place),
        _misspelt("form", FORM, 30, form, registered.form),
    ]


def _another_form(shown: CompanyName, registered: CompanyName) -> bool:
    """Both have a form, and neither is the end of the other: a slip can hide the beginning of a long one."""
    left, right = shown.form, registered.form
    alike = not left or not right or left.endswith(right) or right.endswith(left)
    return not alike and _forms(shown, registered).points < 0


def _misspelt(part: str, full: int, lost: int, edits: Sequence[Edit], registered: str) -> Reason:
    if not edits:
        return Reason(part, full, registered, registered)
    if part == "region" and sum(edit.kind in {"other", "missing", "extra"} for edit in edits) > 1:
        # Nothing of a short place is left then: it is another place, not a slip.
        return Reason("region-differs", -150, "".join(edit.shown for edit in edits), registered)
    return Reason(f"{part}-misspelt", full - lost * len(edits), "".join(edit.shown for edit in edits), registered)
