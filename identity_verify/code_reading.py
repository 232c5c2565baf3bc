"""Reading a shown code: what stands there, what it must have been, and why; never a guess between two.

Letters that the standard leaves out because they look like digits (I O Z S V) are put back, each with its
reason. Where two readings pass both check characters nothing is chosen.

Spec: GB 32100-2015 section 4 (I, O, Z, S, V are not used) and annex A; GB 11714-1997; GS 15-2006.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Literal

from kernel.identifiers import (
    REGISTRATION_LENGTH,
    USCC_ALPHABET,
    USCC_LENGTH,
    CodeCheck,
    check_registration_number,
    check_uscc,
)

LEFT_OUT = {"I": "1", "O": "0", "Z": "2", "S": "5", "V": "UY"}
"""Letters that cannot stand in a code, and what they were misread from."""
LOOK_ALIKES = {
    "0": "DQ", "D": "0", "Q": "0", "1": "L7T", "L": "1", "7": "1T", "T": "7", "2": "7", "5": "6", "6": "5GB", "G": "6C",
    "C": "G", "8": "B3", "B": "8R", "3": "8", "U": "V", "A": "4", "4": "A", "E": "F", "F": "EP", "P": "FR", "R": "P",
    "M": "N", "N": "M", "X": "YK", "Y": "X", "K": "X", "W": "M", "H": "N", "J": "1",
}  # fmt: skip
"""Characters that readers of pictures take for one another, inside the alphabet of the standard."""
_MASKS = re.compile(r"[*＊×●•?？…]{2,}")
_NOT_CODE = re.compile(r"[^0-9A-Z]+")
MAX_READINGS = 256
SUGGESTED_CHANGES = 2

Verdict = Literal["valid", "corrected", "ambiguous", "suggested", "invalid", "masked", "empty"]
CodeKind = Literal["uscc", "registration", ""]


@dataclass(frozen=True, slots=True)
class Correction:
    """One change: at which place of the cleaned text (from 1), from what to what, and why.

    ``why``: ``form`` (width, case, spaces, dashes), ``left-out-letter``, ``look-alike``, ``surroundings``.
    """

    place: int
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a shown code that passes its check characters."""

    code: str
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeReading:
    """What a shown code was read as.

    Attributes:
        original: exactly what stood there. text: the same in one form, nothing corrected.
        verdict: ``valid`` as it stood; ``corrected`` by the only reading of letters that cannot stand there;
            ``ambiguous`` where several readings pass; ``suggested`` where only swapped look-alikes would make it
            pass (for a person's eyes); ``invalid``; ``masked`` (parts hidden by the page); ``empty``.
        code: set for ``valid`` and ``corrected`` only. readings: all that pass.
        fault: what is wrong with the text as it stood, in the words of ``kernel.identifiers``.
    """

    original: str
    text: str
    verdict: Verdict
    kind: CodeKind = ""
    code: str = ""
    readings: tuple[Reading, ...] = ()
    fault: str = ""


def read_code(shown: str) -> CodeReading:
    """Read a shown code of 18 or 15 characters."""
    upper = unicodedata.normalize("NFKC", shown).upper()
    text = _NOT_CODE.sub("", upper)
    if _MASKS.search(upper):
        return CodeReading(shown, text, "masked")
    if not text:
        return CodeReading(shown, text, "empty")
    form = () if text == shown else (Correction(0, shown, text, "form"),)
    if len(text) > USCC_LENGTH:
        return _inside(shown, text, form)
    return _whole(shown, text, form)


def _check(text: str) -> CodeCheck:
    return check_registration_number(text) if len(text) == REGISTRATION_LENGTH else check_uscc(text)


def _kind(text: str) -> CodeKind:
    if len(text) == REGISTRATION_LENGTH:
        return "registration"
    return "uscc" if len(text) == USCC_LENGTH else ""


def _whole(shown: str, text: str, form: tuple[Correction, ...]) -> CodeReading:
    verdict = _check(text)
    kind = _kind(text)
    if verdict.ok:
        return CodeReading(shown, text, "valid", kind, text, (Reading(text, form),))
    if not kind:
        return CodeReading(shown, text, "invalid", fault=verdict.reason)
    found = tuple(Reading(code, form + made) for code, made in _readings(text) if _check(code).ok)
    if len(found) == 1:
        return CodeReading(shown, text, "corrected", kind, found[0].code, found, verdict.reason)
    if found:
        return CodeReading(shown, text, "ambiguous", kind, "", found, verdict.reason)
    near = tuple(Reading(code, form + made) for code, made in _near(text) if _check(code).ok)
    return CodeReading(shown, text, "suggested" if near else "invalid", kind, "", near, verdict.reason)


def _readings(text: str) -> Iterator[tuple[str, tuple[Correction, ...]]]:
    """Every way to put back the letters that cannot stand there; none when there is no such letter."""
    digits = len(text) == REGISTRATION_LENGTH
    odd = [place for place, character in enumerate(text) if character in LEFT_OUT]
    if not odd or (digits and any(text[place] == "V" for place in odd)):
        return
    choices = [LEFT_OUT[text[place]] for place in odd]
    if prod(map(len, choices)) > MAX_READINGS:
        return  # some readings only would make a guess of the one that is found first
    for picked in product(*choices):
        yield _changed(text, dict(zip(odd, picked, strict=True)), "left-out-letter")


def _near(text: str) -> Iterator[tuple[str, tuple[Correction, ...]]]:
    """Texts with one or two look-alikes swapped, after letters that cannot stand there were put back."""
    for first, made in [(text, ()), *_readings(text)] if not set(text) & set(LEFT_OUT) else _readings(text):
        places = [place for place, character in enumerate(first) if character in LOOK_ALIKES]
        for count in range(1, SUGGESTED_CHANGES + 1):
            found = False
            for chosen in combinations(places, count):
                for picked in product(*(LOOK_ALIKES[first[place]] for place in chosen)):
                    code, more = _changed(first, dict(zip(chosen, picked, strict=True)), "look-alike")
                    if set(code) <= set(USCC_ALPHABET) and _check(code).ok:
                        found = True
                        yield code, (*made, *more)
            if found:
                break


def _changed(text: str, picked: dict[int, str], why: str) -> tuple[str, tuple[Correction, ...]]:
    letters = list(text)
    made = []
    for place, after in picked.items():
        made.append(Correction(place + 1, letters[place], after, why))
        letters[place] = after
    return "".join(letters), tuple(made)


def _inside(shown: str, text: str, form: tuple[Correction, ...]) -> CodeReading:
    """A longer text (a label, the ``(1-1)`` of a copy) with exactly one valid code in it."""
    windows = {text[start : start + USCC_LENGTH] for start in range(len(text) - USCC_LENGTH + 1)}
    valid = sorted(window for window in windows if check_uscc(window).ok)
    found = tuple(Reading(code, (*form, Correction(0, text, code, "surroundings"))) for code in valid)
    if len(found) == 1:
        return CodeReading(shown, text, "corrected", "uscc", valid[0], found, "length")
    return CodeReading(shown, text, "ambiguous" if found else "invalid", "uscc" if found else "", "", found, "length")
