"""Officers."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from evidence import officer
from evidence.errors import OfficerError, OfficerExpiredError, OfficerRevokedError, OfficerUnknownError
from kernel.db import Database
from kernel.models import AuditEntry
from tests.data.evidence.people import AT, DAY, enter_officer


@pytest.mark.parametrize("text", ["苏a 0512-003（测）", "苏A0512-003(测)"])
def test_one_form_of_a_number(text: str) -> None:
    """However it was typed, one certificate has one number."""
    assert officer.certificate_number(text) == "苏A0512-003(测)"


@pytest.mark.parametrize("text", ["", "abc", "x" * 41, "A;1234", "12\n34é"])
def test_numbers_that_are_refused(text: str) -> None:
    """Not a certificate number."""
    with pytest.raises(OfficerError, match="certificate number"):
        officer.certificate_number(text)


def test_entered_once(database: Database) -> None:
    """Number and account belong to one officer; the entry is in the audit trail."""
    with database.write() as session:
        enter_officer(session, "li")
        enter_officer(session, "wang")
    for account, number in (("li", "TEST-NEW"), ("zhao", "test - li")):
        with pytest.raises(OfficerError, match="known"), database.write() as session:
            officer.add(
                session, name="某", number=number, unit="局", account=account,
                valid_from=AT, valid_to=AT + DAY, actor="admin", at=AT,
            )  # fmt: skip
    with database.read() as session:
        assert [row.account for row in officer.listed(session)] == ["li", "wang"]
        assert session.execute(select(AuditEntry.action)).scalars().all() == ["officer.add"] * 2


@pytest.mark.parametrize(
    "change", [{"name": " "}, {"unit": ""}, {"account": "Li"}, {"account": "system:seal"}, {"valid_to": AT - DAY}]
)
def test_entries_that_are_refused(database: Database, change: dict[str, object]) -> None:
    """A name, a unit, a user name and a validity that begins before it ends."""
    fields: dict[str, object] = {
        "name": "某", "number": "TEST-1", "unit": "局", "account": "li", "valid_from": AT, "valid_to": AT + DAY,
    }  # fmt: skip
    with pytest.raises(OfficerError), database.write() as session:
        officer.add(session, **{**fields, **change}, actor="admin", at=AT)  # type: ignore[arg-type]


def test_who_may_act(database: Database) -> None:
    """In force from the first to the last instant, until the certificate is taken back."""
    with database.write() as session:
        row = enter_officer(session, "li", days=1)
        for good in (AT - DAY, AT, AT + DAY):
            assert officer.require(row, good) is row
        for bad in (AT - DAY - timedelta(seconds=1), AT + DAY + timedelta(seconds=1)):
            with pytest.raises(OfficerExpiredError, match="valid at"):
                officer.require(row, bad)
        with pytest.raises(OfficerUnknownError):
            officer.require(officer.find(session, "nobody"), AT)
        officer.revoke(session, "test-li", actor="admin", at=AT)
        assert officer.require(row, AT - timedelta(seconds=1)) is row
        with pytest.raises(OfficerRevokedError, match="taken back"):
            officer.require(row, AT)
        with pytest.raises(OfficerRevokedError):
            officer.revoke(session, "TEST-li", actor="admin", at=AT)
        with pytest.raises(OfficerUnknownError):
            officer.revoke(session, "TEST-9", actor="admin", at=AT)
