"""Permit numbers shown on a page: their kind and, where one is known, their check digit. Signals only.

The forms are from memory (M) and never the ground of a finding; a number that looks wrong is looked up by a person.

Spec: 网络交易监督管理办法 第12条 (permits are shown).
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from kernel.identifiers import check_mod_11_10

PermitKind = Literal[
    "food-production", "food-trade", "drug", "device", "health-food", "cosmetic", "advertisement-review", "other"
]
_FORMS: tuple[tuple[PermitKind, re.Pattern[str]], ...] = (
    ("food-production", re.compile(r"SC(?P<digits>\d{14})")),
    ("food-trade", re.compile(r"(?:JY|YB)(?P<digits>\d{14})")),
    ("drug", re.compile(r"国药准字(?P<digits>[HZSBJ]\d{8})")),
    ("device", re.compile(r"(?P<digits>[一-鿿]?械(?:注准|注进|备|网备)\d{8,14}号?)")),
    ("health-food", re.compile(r"国食健(?P<digits>[注备字]G?J?\d{8,12})")),
    ("cosmetic", re.compile(r"(?P<digits>(?:国妆特[字进]?|[一-鿿]?妆网备[字进]?|妆特字)[GJ]?\d{8,12})")),
    ("advertisement-review", re.compile(r"(?P<digits>[一-鿿]?[食药械]?广审\([文视声]\)第[\d-]{6,14}号?)")),
)
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Permit:
    """One permit number.

    Attributes:
        kind: what it permits. number: in one form, without spaces.
        division: GB/T 2260 code inside food permits (digits 3 to 8), or empty.
        check: ``right``, ``wrong`` or ``none`` (the form has no check digit we know).
    """

    kind: PermitKind
    number: str
    division: str = ""
    check: Literal["right", "wrong", "none"] = "none"


def read_permit(shown: str) -> Permit | None:
    """Read one permit number from a shown text; None when it has no known form."""
    text = _SPACES.sub("", unicodedata.normalize("NFKC", shown)).upper()
    for kind, form in _FORMS:
        found = form.search(text)
        if found is None:
            continue
        if kind in {"food-production", "food-trade"}:
            digits = found["digits"]
            check: Literal["right", "wrong"] = "right" if check_mod_11_10(digits) else "wrong"
            return Permit(kind, found.group(), digits[2:8], check)
        return Permit(kind, found.group())
    return None
