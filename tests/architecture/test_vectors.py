"""Test data says where it comes from, and nothing in the tree looks like a real person's number."""

import re
from pathlib import Path

import pytest

from kernel.identifiers import check_uscc
from tests.architecture.sources import ROOT
from tests.architecture.tables import plain, rows

TOPICS = sorted(path for path in (ROOT / "tests" / "data").iterdir() if path.is_dir() and path.name != "__pycache__")
DESCRIBED = [*TOPICS, ROOT / "simulators" / "market" / "data"]
LEFT_OUT = {"var", "vendor", "__pycache__", "htmlcov"}
BINARY = {".png", ".jpg", ".woff2", ".ico", ".gz", ".zip", ".lock", ".sha256", ".pyc"}
ID_CARD = re.compile(
    r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
)
MOBILE = re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[- ]?)?1[3-9][0-9]{9}(?![0-9A-Za-z])")
CODE = re.compile(r"(?<![0-9A-Za-z])[159ANY][0-9A-Z][0-9]{6}[0-9A-Z]{10}(?![0-9A-Za-z])")
# Codes that companies publish, as test vectors of the check digits; nothing else is said of them.
PUBLISHED_IN = {
    "tests/unit/kernel/test_identifiers.py",
    "tests/unit/supervision/rules/checks/test_licence_code.py",
}
INVENTED_BODY = "XX"
INVENTED_TAIL = 8
"""A number whose last eight digits are all the same is an example and nobody's."""
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _texts() -> dict[str, str]:
    found = {}
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts)
        if (
            hidden
            or LEFT_OUT & set(parts)
            or path.suffix in BINARY
            or not path.is_file()
            or path.stat().st_size > 2_000_000
        ):
            continue
        found["/".join(parts)] = path.read_bytes().decode("utf-8", "replace")
    return found


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every text file of the tree."""
    return _texts()


@pytest.mark.parametrize("folder", DESCRIBED, ids=lambda path: path.name)
def test_a_readme_lists_every_file(folder: Path) -> None:
    """Every file of the folder, and no file that is gone."""
    readme = folder / "README.md"
    said = {plain(row[0]) for row in rows(readme.relative_to(ROOT))}
    there = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path != readme and path.suffix != ".pyc"
    }
    assert said == there


def _card_is_right(text: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == text[17].upper()


def test_no_identity_card_and_no_mobile_number(texts: dict[str, str]) -> None:
    """Not even in test data: invented persons have numbers that cannot exist."""
    cards = [(name, text) for name, body in texts.items() for text in ID_CARD.findall(body) if _card_is_right(text)]
    mobiles = [
        (name, text)
        for name, body in texts.items()
        for text in MOBILE.findall(body)
        if len(set(text[-INVENTED_TAIL:])) > 1
    ]
    assert not cards
    assert not mobiles


def test_codes_of_real_companies_are_where_check_digits_are_tested(texts: dict[str, str]) -> None:
    """A valid code elsewhere has the invented body; and the two places still need their exception."""
    real = {
        (name, text)
        for name, body in texts.items()
        for text in CODE.findall(body)
        if check_uscc(text).ok and text[8:10] != INVENTED_BODY
    }
    assert {name for name, _ in real} == PUBLISHED_IN


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (MOBILE, "tel 1" + "3812345678", True),
        (MOBILE, "+86 1" + "3812345678", True),
        (MOBILE, "021-00001234", False),
        (MOBILE, "0.1" + "3812345678", False),
        (ID_CARD, "1101011990" + "0307" + "001X", True),
        (ID_CARD, "91310115XX0000019T", False),
    ],
)
def test_the_patterns_bite(pattern: re.Pattern[str], text: str, *, found: bool) -> None:
    """What is looked for would be found."""
    assert bool(pattern.search(text)) == found
