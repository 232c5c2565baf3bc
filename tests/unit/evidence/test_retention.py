"""Storage terms, holds, and what forbids a deletion."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import custody, mandate, retention
from evidence.errors import HoldError, OfficerExpiredError, OfficerUnknownError
from evidence.store_files import FileStore
from kernel import audit
from kernel.db import Database
from kernel.models import Evidence
from kernel.schema import upgrade
from tests.data.evidence.people import AT, CASE, DAY, enter_capture, enter_case, enter_officer
from tests.data.evidence.stored import fetch_row, seal_away

YEARS = 5
END = AT.replace(year=AT.year + YEARS)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Records."""
    opened = Database(f"sqlite:///{tmp_path / 'w.db'}")
    upgrade(opened)
    yield opened
    opened.close()


def _sealed(database: Database, tmp_path: Path, case: str = "") -> str:
    with database.write() as session:
        enter_officer(session, "li", days=4000)
        return seal_away(session, FileStore(tmp_path / "e", at=AT), tmp_path, "one", case=case)


def test_a_term_is_never_shortened() -> None:
    """A date that is fixed stays; before it is, the setting counts; before the seal there is none."""
    assert retention.until(Evidence(sealed_at=AT), 5) == END
    assert retention.until(Evidence(sealed_at=AT, retention_until=END + DAY), 5) == END + DAY
    assert retention.until(Evidence(), 5) is None


def test_term_hold_and_case_forbid_a_deletion(database: Database, tmp_path: Path) -> None:
    """One after the other, each with its own stable code; then nothing does."""
    evidence_id = _sealed(database, tmp_path, case=CASE)
    with database.write() as session:
        row = fetch_row(session, evidence_id)
        assert retention.why_kept(session, row, END - timedelta(seconds=1), YEARS) == "evidence.retained_term"
        retention.hold(session, evidence_id, account="li", reason=" 诉讼未结 ", at=AT)
        assert retention.why_kept(session, row, END, YEARS) == "evidence.retained_hold"
        retention.release(session, evidence_id, account="li", reason="已结", at=AT + DAY)
        enter_case(session, days=4000)
        assert retention.why_kept(session, row, END, YEARS) == "evidence.retained_case"
        mandate.revoke(session, "测试授权1号", actor="admin", at=AT + DAY)
        assert retention.why_kept(session, row, END, YEARS) == ""
        waits = enter_capture(session, "other")
        assert retention.why_kept(session, waits, END, YEARS) == "evidence.retained_state"
        (hold,) = retention.holds(session, evidence_id)
        assert (hold.reason, hold.case_number, hold.released_by) == ("诉讼未结", CASE, "li")
        assert [event.action for event in custody.events(session, evidence_id)][3:] == ["held", "released"]
        assert audit.verify(session).ok


def test_a_hold_for_another_case_keeps_it_while_that_case_is_open(database: Database, tmp_path: Path) -> None:
    """Evidence of one case may serve another."""
    evidence_id = _sealed(database, tmp_path)
    with database.write() as session:
        enter_case(session, case="另案1号", days=4000)
        retention.hold(session, evidence_id, account="li", reason="另案使用", case="另案1号", at=AT)
        retention.release(session, evidence_id, account="li", reason="误操作", at=AT)
        row = fetch_row(session, evidence_id)
        assert retention.why_kept(session, row, END, YEARS) == "evidence.retained_case"


def test_holds_that_are_refused(database: Database, tmp_path: Path) -> None:
    """No reason, twice the same, no officer, an expired one, nothing sealed, nothing to release."""
    evidence_id = _sealed(database, tmp_path)
    with database.write() as session:
        enter_officer(session, "old", days=1)
        waits = enter_capture(session, "other").id
        for account, reason, target, error in (
            ("li", " ", evidence_id, HoldError),
            ("li", "x" * 501, evidence_id, HoldError),
            ("li", "x", waits, HoldError),
            ("li", "x", "ev-none", HoldError),
            ("nobody", "x", evidence_id, OfficerUnknownError),
            ("old", "x", evidence_id, OfficerExpiredError),
        ):
            with pytest.raises(error):
                retention.hold(session, target, account=account, reason=reason, at=AT + 2 * DAY)
        with pytest.raises(HoldError):
            retention.release(session, evidence_id, account="li", reason="x", at=AT)
        retention.hold(session, evidence_id, account="li", reason="x", at=AT)
        with pytest.raises(HoldError):
            retention.hold(session, evidence_id, account="li", reason="x", at=AT)
        with pytest.raises(HoldError):
            retention.release(session, evidence_id, account="li", reason="", at=AT)
        assert len(retention.open_holds(session, evidence_id)) == 1
