"""Administrative divisions as far as identity work needs them; codes are of the day of registration.

Spec: GB/T 2260-2007 (codes change; an old code stays the code of what was registered under it).
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml

TABLE = Path(__file__).with_name("divisions.yml")


@dataclass(frozen=True, slots=True)
class Division:
    """One division with the days it stood; ``into`` is the code of what took its place."""

    code: str
    name: str
    since: date | None = None
    until: date | None = None
    into: str = ""

    def stood_on(self, day: date) -> bool:
        """True when it existed on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@cache
def _rows() -> dict[str, Division]:
    document = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    rows = [
        Division(str(row["code"]), row["name"], row.get("since"), row.get("until"), str(row.get("into", "")))
        for row in document["districts"]
    ]
    return {row.code: row for row in rows}


@cache
def provinces() -> dict[str, str]:
    """Two digits to the short name of a province."""
    document = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return {str(code): name for code, name in document["provinces"].items()}


@cache
def abbreviations() -> dict[str, str]:
    """One-character name of a province (沪) to its two digits."""
    document = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return {name: str(code) for name, code in document["abbreviations"].items()}


def district(code: str) -> Division | None:
    """A district by code, also one that is gone; None says only that the table does not have it."""
    return _rows().get(code)


def name_of(code: str) -> str:
    """A name to show for a code: district with its province, or the province, or the code itself."""
    province = provinces().get(code[:2], "")
    row = district(code)
    return province + row.name if row else province or code


def today_of(code: str, day: date) -> str:
    """The code of the division that has the place of ``code`` on a day; unknown codes come back as they are."""
    seen = {code}
    row = district(code)
    while row is not None and not row.stood_on(day) and row.into and row.into not in seen:
        seen.add(row.into)
        code, row = row.into, district(row.into)
    return code


def same_place(left: str, right: str, day: date) -> bool:
    """True when two codes are the same division on a day, mergers counted."""
    return today_of(left, day) == today_of(right, day)
