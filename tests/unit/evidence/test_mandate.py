"""Authorisations."""

import pytest

from evidence import mandate
from evidence.errors import (
    AuthorisationError,
    AuthorisationExpiredError,
    AuthorisationMissingError,
    AuthorisationRevokedError,
)
from kernel.db import Database
from tests.data.evidence.people import AT, CASE, DAY, enter_case


def test_the_one_that_covers_is_found(database: Database) -> None:
    """The one entered last of those that cover the time; else the reason why none does."""
    with database.write() as session:
        with pytest.raises(AuthorisationMissingError, match="got none"):
            mandate.of_case(session, CASE, AT)
        first = enter_case(session, "1号", days=2)
        second = enter_case(session, "2号", days=1)
        enter_case(session, "3号", case="另案")
        assert mandate.of_case(session, CASE, AT) is second
        assert mandate.of_case(session, CASE, AT + 2 * DAY) is first
        with pytest.raises(AuthorisationExpiredError):
            mandate.of_case(session, CASE, AT + 3 * DAY)
        mandate.revoke(session, "2号", actor="admin", at=AT)
        assert mandate.of_case(session, CASE, AT) is first
        mandate.revoke(session, "1号", actor="admin", at=AT)
        with pytest.raises(AuthorisationRevokedError):
            mandate.of_case(session, CASE, AT)
        with pytest.raises(AuthorisationRevokedError):
            mandate.revoke(session, "1号", actor="admin", at=AT)
        with pytest.raises(AuthorisationMissingError):
            mandate.revoke(session, "9号", actor="admin", at=AT)
        assert mandate.of_task(session, AT) is None


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "hobby"},
        {"case": ""},
        {"kind": "task"},
        {"number": "a b"},
        {"number": ""},
        {"basis": " "},
        {"issued_by": "x" * 121},
        {"valid_to": AT - DAY},
        {"case": "有 空格"},
    ],
)
def test_entries_that_are_refused(database: Database, change: dict[str, object]) -> None:
    """A case has a number, a task has none; all else is there and in order."""
    fields: dict[str, object] = {
        "kind": "case", "number": "1号", "basis": "第五十四条", "issued_by": "局", "valid_from": AT,
        "valid_to": AT + DAY, "case": CASE,
    }  # fmt: skip
    with pytest.raises(AuthorisationError), database.write() as session:
        mandate.add(session, **{**fields, **change}, actor="admin", at=AT)  # type: ignore[arg-type]


def test_a_number_is_entered_once(database: Database) -> None:
    """The document's number names it."""
    with database.write() as session:
        enter_case(session)
        with pytest.raises(AuthorisationError, match="known"):
            enter_case(session)
