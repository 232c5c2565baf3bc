"""Who may delete what, and when."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import custody, deletion, officer, retention
from evidence.errors import (
    DeletionError,
    EvidenceError,
    OfficerExpiredError,
    OfficerRevokedError,
    OfficerTwiceError,
    OfficerUnknownError,
    RetainedHoldError,
    RetainedStateError,
    RetainedTermError,
)
from evidence.store_files import FileStore
from kernel.db import Database
from kernel.schema import upgrade
from tests.data.evidence.people import AT, enter_officer
from tests.data.evidence.stored import fetch_row, seal_away

YEARS = 5
END = AT.replace(year=AT.year + YEARS)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Records with two officers in force at the end of the term, and one whose certificate ends soon after."""
    opened = Database(f"sqlite:///{tmp_path / 'w.db'}")
    upgrade(opened)
    with opened.write() as session:
        for account in ("li", "wang"):
            enter_officer(session, account, at=END)
        enter_officer(session, "zhao", at=END, days=1)
    yield opened
    opened.close()


@pytest.fixture
def evidence_id(database: Database, tmp_path: Path) -> str:
    """Sealed evidence."""
    with database.write() as session:
        return seal_away(session, FileStore(tmp_path / "e", at=AT), tmp_path, "one")


def _ask(database: Database, evidence_id: str, account: str = "li", **changes: object) -> None:
    words = {"reason": "期满", "basis": "档案规定", "at": END, "years": YEARS, **changes}
    with database.write() as session:
        deletion.ask(session, evidence_id, account=account, **words)  # type: ignore[arg-type]


def _agree(database: Database, evidence_id: str, account: str, days: float = 0) -> None:
    with database.write() as session:
        deletion.agree(session, evidence_id, account=account, at=END + timedelta(days=days), years=YEARS)


def test_two_officers_make_a_tombstone(database: Database, evidence_id: str) -> None:
    """From the second decision on it is deleted for every reader, and both stand in custody."""
    _ask(database, evidence_id)
    _agree(database, evidence_id, "wang")
    with database.read() as session:
        assert fetch_row(session, evidence_id).state == "deleted"
        assert deletion.unfinished(session) == [evidence_id]
        said = [(event.action, event.actor) for event in custody.events(session, evidence_id)][3:]
        assert said == [("deletion_asked", "li"), ("deletion_agreed", "wang")]


@pytest.mark.parametrize(
    ("account", "changes", "error"),
    [
        ("li", {"at": END - timedelta(seconds=1)}, RetainedTermError),
        ("li", {"at": END, "years": 6}, RetainedTermError),
        ("li", {"reason": " "}, DeletionError),
        ("li", {"basis": ""}, DeletionError),
        ("nobody", {}, OfficerUnknownError),
        ("zhao", {"at": END + timedelta(days=2)}, OfficerExpiredError),
    ],
)
def test_requests_that_are_refused(
    database: Database, evidence_id: str, account: str, changes: dict[str, object], error: type[EvidenceError]
) -> None:
    """Nothing is written."""
    with pytest.raises(error):
        _ask(database, evidence_id, account, **changes)
    with pytest.raises(DeletionError):
        _ask(database, "ev-none")
    with database.read() as session:
        assert deletion.of_evidence(session, evidence_id) is None
        assert len(custody.events(session, evidence_id)) == 4 - 1


def test_agreements_that_are_refused(database: Database, evidence_id: str) -> None:
    """The same officer, none asked, a hold since, an officer who is no longer in force; then again a request."""
    with pytest.raises(DeletionError):
        _agree(database, evidence_id, "wang")
    _ask(database, evidence_id, "zhao")
    with pytest.raises(DeletionError):
        _ask(database, evidence_id, "wang")
    with pytest.raises(OfficerTwiceError):
        _agree(database, evidence_id, "zhao")
    with pytest.raises(OfficerExpiredError):
        _agree(database, evidence_id, "wang", days=2)
    with database.write() as session:
        retention.hold(session, evidence_id, account="li", reason="复议", at=END)
    with pytest.raises(RetainedHoldError):
        _agree(database, evidence_id, "wang")
    with database.write() as session:
        retention.release(session, evidence_id, account="li", reason="终结", at=END)
        officer.revoke(session, "TEST-zhao", actor="admin", at=END)
    with pytest.raises(OfficerRevokedError):
        _agree(database, evidence_id, "wang")
    with database.write() as session:
        deletion.withdraw(session, evidence_id, account="li", at=END)
        with pytest.raises(DeletionError):
            deletion.withdraw(session, evidence_id, account="li", at=END)
    _ask(database, evidence_id)
    _agree(database, evidence_id, "wang")
    with pytest.raises(RetainedStateError):
        _ask(database, evidence_id)
