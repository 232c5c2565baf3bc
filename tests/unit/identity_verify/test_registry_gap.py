"""Whether it says anything that the copy of the registry lacks a code."""

from datetime import UTC, datetime, timedelta

import pytest

from identity_verify.registry_gap import (
    BEHIND,
    BY_MESSAGES,
    NEIGHBOURS,
    NO_REGISTRY,
    OTHER_PLACE,
    UNREADABLE,
    copy_gap,
    registry_gap,
)
from kernel.db import Database
from kernel.models import LinkedFault, LinkedRecord, LinkedState, Subject

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
CODE = "91310115XX0000019T"
NUMBER = "310115000000019"


def _read(database: Database, **more: object) -> None:
    values: dict[str, object] = {"good_at": AT, "keys_at": AT - timedelta(hours=20)}
    with database.write() as session:
        session.add(LinkedState(system="registration", **{**values, **more}))


def _neighbours(database: Database, *codes: str, number: str = "") -> None:
    with database.write() as session:
        session.add_all(Subject(code=code, registration_number=number, updated_at=AT) for code in codes)


def _gap(database: Database, code: str = CODE, at: datetime = AT) -> str:
    with database.read() as session:
        return registry_gap(session, code, at=at)


def _near(area: str, count: int = NEIGHBOURS) -> list[str]:
    return [f"{area}XX000{number}00A" for number in range(count)]


def test_a_whole_and_fresh_copy_would_have_it(database: Database) -> None:
    """Read to its end, its keys compared, with others of the same authority."""
    _read(database)
    _neighbours(database, *_near("91310115"))
    assert _gap(database) == ""


def test_no_registry_knows_nothing(database: Database) -> None:
    """Not linked, or linked and never read, whatever subjects there are."""
    _neighbours(database, *_near("91310115"))
    assert _gap(database) == NO_REGISTRY
    _read(database, good_at=None)
    assert _gap(database) == NO_REGISTRY


def test_a_registry_that_is_told_one_by_one_knows_of_no_absence(database: Database) -> None:
    """Records were pushed, none was ever read to the end: that is said in its own word, for any code."""
    _neighbours(database, *_near("91310115"))
    with database.write() as session:
        session.add(
            LinkedRecord(system="registration", key="p1", version=1, happened_on=None, source_at=AT, fetched_at=AT)
        )
    assert _gap(database) == BY_MESSAGES
    _read(database)
    assert _gap(database) == ""


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"cursor_at": AT}, "half-read"),
        ({"good_at": AT - timedelta(hours=27)}, "not-fresh"),
        ({"keys_at": None}, "not-compared"),
        ({"keys_at": AT - timedelta(days=9)}, "not-compared"),
        ({"keys_differ": 2}, "keys-differ"),
    ],
)
def test_a_copy_that_is_behind(database: Database, more: dict[str, object], why: str) -> None:
    """In the middle of a run, last read too long ago, never compared, or found to differ."""
    _read(database, **more)
    _neighbours(database, *_near("91310115"))
    assert _gap(database) == BEHIND
    with database.read() as session:
        assert copy_gap(session, at=AT) == why


@pytest.mark.parametrize(
    "codes",
    [[], _near("91310115", NEIGHBOURS - 1), _near("92310115"), _near("91310116"), _near("91310114")],
)
def test_another_authority_or_kind(database: Database, codes: list[str]) -> None:
    """The copy of one place says nothing of another, nor one of companies of individual businesses."""
    _read(database)
    _neighbours(database, *codes)
    assert _gap(database) == OTHER_PLACE


def test_old_numbers_and_codes_that_are_no_numbers(database: Database) -> None:
    """An old number is looked for among old numbers; an area with letters is nowhere."""
    _read(database)
    assert _gap(database, NUMBER) == OTHER_PLACE
    for seq in range(NEIGHBOURS):
        _neighbours(database, f"91310115XX000{seq}00A", number=f"31011500000010{seq}")
    assert _gap(database, NUMBER) == ""
    assert _gap(database, "A1310115XX0000019T") == OTHER_PLACE


@pytest.mark.parametrize(("state", "gap"), [("open", UNREADABLE), ("again", UNREADABLE), ("done", "")])
def test_a_record_in_quarantine_is_a_record(database: Database, state: str, gap: str) -> None:
    """The registry has the code; only we did not understand the rest."""
    _read(database)
    _neighbours(database, *_near("91310115"))
    with database.write() as session:
        row = {"UniSCID": CODE}
        session.add(LinkedFault(system="registration", row=row, digest="0" * 64, first_at=AT, last_at=AT, state=state))
    assert _gap(database) == gap
