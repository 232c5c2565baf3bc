"""Rows of penalties without a fault, and faults planted in them: each says which rule must find it."""

import random
from collections.abc import Callable
from datetime import date, timedelta

from kernel.identifiers import USCC_ALPHABET, organisation_check_character, uscc_check_character

Row = dict[str, object]
DICE = random.Random
TODAY = date(2026, 11, 25)
Plant = Callable[[random.Random, Row], None]


def code_of(dice: random.Random) -> str:
    """A synthetic code with both check digits right; its body begins with XX."""
    body = "XX" + "".join(dice.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(6))
    first17 = "91310115" + body + organisation_check_character(body)
    return first17 + uscc_check_character(first17)


def row_of(dice: random.Random, number: int) -> Row:
    """A penalty that breaks no rule."""
    decided = TODAY - timedelta(days=dice.randrange(60, 900))
    published = decided + timedelta(days=dice.randrange(0, 28))
    return {
        "PenDecNo": f"沪市监测处〔{decided.year}〕{number:012d}号",
        "PartyType": "法人及非法人组织",
        "PartyName": f"上海{number}号（测试）有限公司",
        "UniSCID": code_of(dice),
        "IllegActType": "虚假宣传",
        "PenType": "罚款",
        "PenContent": "罚款",
        "PenAm": str(dice.randrange(100, 99_999)),
        "PenAuth": "测试区市场监督管理局",
        "PenDecIssDate": decided.isoformat(),
        "PubFlag": "1",
        "PubDate": published.isoformat(),
        "PubEndDate": (published + timedelta(days=1096)).isoformat(),
    }


def _wrong_character(dice: random.Random, row: Row) -> None:
    code = str(row["UniSCID"])
    place = dice.randrange(18)
    other = dice.choice([char for char in USCC_ALPHABET if char != code[place]])
    row["UniSCID"] = code[:place] + other + code[place + 1 :]


def _set(field: str, value: object) -> Plant:
    def plant(dice: random.Random, row: Row) -> None:
        del dice
        row[field] = value

    return plant


def _moved(field: str, other: str, days: int) -> Plant:
    def plant(dice: random.Random, row: Row) -> None:
        del dice
        row[field] = (date.fromisoformat(str(row[other])) + timedelta(days=days)).isoformat()

    return plant


def _decided_tomorrow(dice: random.Random, row: Row) -> None:
    """And so not published yet: one fault only."""
    del dice
    row |= {"PenDecIssDate": (TODAY + timedelta(days=1)).isoformat(), "PubDate": "", "PubFlag": "0"}


def _without_year(dice: random.Random, row: Row) -> None:
    del dice
    row["PenDecNo"] = str(row["PenDecNo"]).replace("〔", "").replace("〕", "")


PLANTS: tuple[tuple[str, Plant], ...] = (
    ("DQ-PEN-01", _set("PenDecNo", "  ")),
    ("DQ-PEN-02", _without_year),
    ("DQ-PEN-04", _set("PartyName", None)),
    ("DQ-PEN-05", _wrong_character),
    ("DQ-PEN-06", _set("UniSCID", "")),
    ("DQ-PEN-07", _set("IllegActType", "")),
    ("DQ-PEN-08", _set("PenContent", None)),
    ("DQ-PEN-09", _set("PenAuth", "\u3000")),
    ("DQ-PEN-11", _set("PenDecIssDate", "2026-02-30")),
    ("DQ-PEN-11", _decided_tomorrow),
    ("DQ-PEN-12", _moved("PubDate", "PenDecIssDate", -1)),
    ("DQ-PEN-12", _moved("PubDate", "PenDecIssDate", 41)),
    ("DQ-PEN-13", _set("PubDate", "")),
    ("DQ-PEN-14", _moved("PubEndDate", "PubDate", -1)),
    ("DQ-PEN-15", _set("PenAm", "-1")),
    ("DQ-PEN-15", _set("PenAm", "一千")),
    ("DQ-PEN-16", _set("PenAm", "")),
    ("DQ-PEN-17", _set("PubFlag", "7")),
)
"""The rule that must find it, and the fault."""
