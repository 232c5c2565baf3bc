from dataclasses import fields
from typing import Any

import pytest

from simulators.linked.faults import KINDS, Faults, Mischief

ROWS: list[dict[str, Any]] = [
    {
        "key": str(number),
        "version": 1,
        "updated_at": "2026-11-25T09:00:00.000000Z",
        "fields": {"EntName": "x", "UniSCID": "91310115XX0000019T"},
    }
    for number in range(300)
]


def test_without_faults_nothing_changes() -> None:
    """Rows and count are as they were."""
    assert Mischief(Faults()).spoil(ROWS) == (ROWS, 300)


@pytest.mark.parametrize(
    ("faults", "smaller", "ordered"),
    [
        (Faults(drop=0.2), True, True),
        (Faults(duplicate=0.2), False, True),
        (Faults(reorder=1.0), False, False),
    ],
)
def test_rows_are_lost_doubled_and_mixed(faults: Faults, *, smaller: bool, ordered: bool) -> None:
    """Each fault does what it is called after."""
    sent, _ = Mischief(faults).spoil(ROWS)
    keys = [int(row["key"]) for row in sent]
    assert (len(sent) < 300) == smaller
    assert (keys == sorted(keys)) == ordered


def test_half_of_the_lost_rows_are_noticed() -> None:
    """The count of the page does not always hide them."""
    claims = {Mischief(Faults(drop=0.01, seed=seed)).spoil(ROWS)[1] - 300 for seed in range(20)}
    assert 0 in claims
    assert min(claims) < 0


def test_drift_skew_and_wrong_rows() -> None:
    """Names change, clocks differ, rows are spoilt in several ways."""
    (row, *_), _ = Mischief(Faults(drift=1.0, skew_s=60)).spoil(ROWS)
    assert set(row["fields"]) == {"EntName2", "UniSCID", "NewInThisEdition"}
    assert row["updated_at"] == "2026-11-25T09:01:00.000000Z"
    sent, _ = Mischief(Faults(wrong=1.0)).spoil(ROWS)
    assert not any(row in ROWS for row in sent)
    assert len({str(sorted(row.items(), key=str)) for row in sent}) >= 5


def test_all_faults_are_on() -> None:
    """``all_on`` leaves none out."""
    on = Faults.all_on()
    assert all(getattr(on, name) for name in (*KINDS[:5], "drift", "wrong", "skew_s"))
    assert {one.name for one in fields(Faults)} >= set(KINDS) - {"skew"}
