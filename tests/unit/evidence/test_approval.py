"""Approvals by two officers."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from evidence import approval, custody, intake, mandate, officer
from evidence.errors import (
    ApprovalMissingError,
    ApprovalStateError,
    AuthorisationExpiredError,
    AuthorisationMissingError,
    AuthorisationRevokedError,
    EvidenceError,
    OfficerExpiredError,
    OfficerRevokedError,
    OfficerTwiceError,
    OfficerUnknownError,
    SameAccountError,
)
from kernel.db import Database
from kernel.models import Evidence
from kernel.schema import upgrade
from tests.data.evidence.people import AT, CASE, DAY, enter_capture, enter_case, enter_officer

HOUR = timedelta(hours=1)


@pytest.fixture
def evidence_id(database: Database) -> str:
    """A page captured for an authorised case, and three officers."""
    with database.write() as session:
        for account in ("li", "wang", "zhao"):
            enter_officer(session, account)
        enter_case(session)
        return enter_capture(session).id


def approve(database: Database, evidence_id: str, account: str, at: datetime = AT) -> None:
    """One approval in a transaction of its own."""
    with database.write() as session:
        approval.approve(session, evidence_id, account=account, at=at)


def ground(database: Database, evidence_id: str, at: datetime = AT + HOUR) -> approval.Ground | None:
    """What a seal would stand on now."""
    with database.read() as session:
        return approval.ground_of(session, session.get_one(Evidence, evidence_id), at)


def test_two_officers_make_a_ground(database: Database, evidence_id: str) -> None:
    """Both are named with number, unit and time, in order; each approval is in custody."""
    with pytest.raises(ApprovalMissingError, match="got 0"):
        ground(database, evidence_id)
    approve(database, evidence_id, "wang")
    with pytest.raises(ApprovalMissingError, match="got 1"):
        ground(database, evidence_id)
    approve(database, evidence_id, "li", AT + HOUR)
    found = ground(database, evidence_id)
    assert found is not None
    assert [(one.certificate_number, one.at) for one in found.officers] == [("TEST-WANG", AT), ("TEST-LI", AT + HOUR)]
    assert (found.kind, found.case_number, found.number) == ("case", CASE, "测试授权1号")
    assert "TEST-WANG" in str(approval.describe(found)["officers"])
    with database.read() as session:
        events = [event for event in custody.events(session, evidence_id) if event.action == "approved"]
        assert [event.actor for event in events] == ["wang", "li"]
        assert events[0].detail["certificate_number"] == "TEST-WANG"
        assert approval.is_ready(session, session.get_one(Evidence, evidence_id), AT + HOUR)
        assert len(approval.given(session, evidence_id)) == 2


def test_approvals_are_of_one_capture(database: Database, evidence_id: str) -> None:
    """Custody names what was approved; captured anew, the officers approve anew."""
    approve(database, evidence_id, "wang")
    approve(database, evidence_id, "li")
    assert ground(database, evidence_id) is not None
    with database.write() as session:
        row = session.get_one(Evidence, evidence_id)
        for state, digest in ((intake.ORDERED, ""), (intake.CAPTURING, ""), (intake.CAPTURED, "ab" * 32)):
            intake.transition(session, row, state, actor="system:capture", at=AT + HOUR, object_sha256=digest)
    with pytest.raises(ApprovalMissingError, match="got 0"):
        ground(database, evidence_id, AT + 2 * HOUR)
    approve(database, evidence_id, "wang", AT + 2 * HOUR)
    approve(database, evidence_id, "li", AT + 2 * HOUR)
    assert ground(database, evidence_id, AT + 2 * HOUR) is not None
    with database.read() as session:
        events = [event for event in custody.events(session, evidence_id) if event.action == "approved"]
    assert [event.object_sha256 for event in events] == ["", "", "ab" * 32, "ab" * 32]


def test_who_is_refused(database: Database, evidence_id: str) -> None:
    """Each for its own reason, with its own code."""
    with pytest.raises(OfficerUnknownError):
        approve(database, evidence_id, "nobody")
    with pytest.raises(OfficerExpiredError):
        approve(database, evidence_id, "li", AT + 31 * DAY)
    approve(database, evidence_id, "li")
    with pytest.raises(OfficerTwiceError):
        approve(database, evidence_id, "li", AT + HOUR)
    with database.write() as session:
        officer.revoke(session, "TEST-WANG", actor="admin", at=AT)
    with pytest.raises(OfficerRevokedError):
        approve(database, evidence_id, "wang")


def test_what_is_refused(database: Database, evidence_id: str) -> None:
    """No authorisation, one that ended, one that was taken back; nothing captured, nothing of a case."""
    with database.write() as session:
        other = enter_capture(session, "other", case="另案").id
        loose = enter_capture(session, "loose", case="").id
    with pytest.raises(AuthorisationMissingError):
        approve(database, other, "li")
    for name in (loose, "ev-none"):
        with pytest.raises(ApprovalStateError):
            approve(database, name, "li")
    with database.write() as session:
        mandate.revoke(session, "测试授权1号", actor="admin", at=AT + HOUR)
    with pytest.raises(AuthorisationRevokedError):
        approve(database, evidence_id, "li", AT + HOUR)


def test_authorisation_that_ended(database: Database, evidence_id: str) -> None:
    """An approval outside its window is refused; one inside it does not count after its end."""
    with database.write() as session:
        enter_case(session, "短", days=1)
        enter_capture(session, "second")
        mandate.revoke(session, "测试授权1号", actor="admin", at=AT)
    approve(database, evidence_id, "li")
    approve(database, evidence_id, "wang")
    assert ground(database, evidence_id) is not None
    with pytest.raises(AuthorisationExpiredError):
        ground(database, evidence_id, AT + 2 * DAY)
    with pytest.raises(AuthorisationExpiredError):
        approve(database, evidence_id, "zhao", AT + 2 * DAY)


def test_approvals_under_two_authorisations_do_not_add_up(database: Database, evidence_id: str) -> None:
    """Two officers approve the same ground; the first may approve again under the new one."""
    approve(database, evidence_id, "li")
    with database.write() as session:
        enter_case(session, "新授权")
    approve(database, evidence_id, "wang")
    with pytest.raises(ApprovalMissingError):
        ground(database, evidence_id)
    approve(database, evidence_id, "li", AT + HOUR)
    found = ground(database, evidence_id)
    assert found is not None
    assert found.number == "新授权"


def test_an_officer_revoked_before_the_seal_does_not_count(database: Database, evidence_id: str) -> None:
    """A third one has to approve."""
    approve(database, evidence_id, "li")
    approve(database, evidence_id, "wang")
    with database.write() as session:
        officer.revoke(session, "TEST-LI", actor="admin", at=AT)
    with pytest.raises(ApprovalMissingError, match="got 1"):
        ground(database, evidence_id)
    approve(database, evidence_id, "zhao")
    found = ground(database, evidence_id)
    assert found is not None
    assert [one.certificate_number for one in found.officers] == ["TEST-WANG", "TEST-ZHAO"]


def test_without_a_case(database: Database) -> None:
    """The standing task is the ground; without one there is none."""
    with database.write() as session:
        name = enter_capture(session, case="").id
    assert ground(database, name) is None
    with database.write() as session:
        mandate.add(
            session, kind="task", number="任务1", basis="第四十一条", issued_by="局", valid_from=AT - DAY,
            valid_to=AT + DAY, actor="admin", at=AT,
        )  # fmt: skip
    found = ground(database, name)
    assert found is not None
    assert (found.kind, found.officers, found.case_number) == ("task", (), "")
    assert ground(database, name, AT + 2 * DAY) is None


@pytest.mark.parametrize(("first", "second"), [("a", "a"), ("", "a"), ("a", "")])
def test_nobody_both_captures_and_seals(first: str, second: str) -> None:
    """One account for both, or none known, is refused."""
    approval.require_separate("system:capture", "system:seal")
    with pytest.raises(SameAccountError):
        approval.require_separate(first, second)


PEOPLE = ("li", "wang", "zhao")


class Seal(RuleBasedStateMachine):
    """Whatever is called in whatever order, a case is never sealed with fewer than two officers in force."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database("sqlite://")
        upgrade(self.database)
        self.at = AT
        self.approved: dict[str, str] = {}
        self.revoked: set[str] = set()
        self.sealed = False
        self.number = 0

    @initialize(known=st.sets(st.sampled_from(PEOPLE)), days=st.integers(1, 3))
    def begin(self, known: set[str], days: int) -> None:
        """Some officers are known, their certificates end soon."""
        with self.database.write() as session:
            for account in sorted(known):
                enter_officer(session, account, days=days)
            self.evidence_id = enter_capture(session).id

    @rule(account=st.sampled_from(PEOPLE))
    def approve(self, account: str) -> None:
        """An approval is given or refused."""
        try:
            approve(self.database, self.evidence_id, account, self.at)
        except EvidenceError:
            return
        assert account not in self.revoked
        self.approved[account] = account

    @rule(account=st.sampled_from(PEOPLE))
    def revoke(self, account: str) -> None:
        """A certificate is taken back."""
        try:
            with self.database.write() as session:
                officer.revoke(session, f"TEST-{account}", actor="admin", at=self.at)
        except EvidenceError:
            return
        self.revoked.add(account)

    @rule(days=st.integers(1, 3))
    def authorise(self, days: int) -> None:
        """An authorisation is entered."""
        self.number += 1
        with self.database.write() as session:
            enter_case(session, f"{self.number}号", days=days, at=self.at)

    @rule()
    def withdraw(self) -> None:
        """The newest authorisation is taken back."""
        with self.database.write() as session:
            for row in mandate.listed(session)[:1]:
                if row.revoked_at is None and self.at <= row.valid_to:
                    mandate.revoke(session, row.number, actor="admin", at=self.at)

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.at += hours * HOUR

    @rule()
    def seal(self) -> None:
        """A seal is tried as the pipeline does it."""
        with self.database.write() as session:
            row = session.get_one(Evidence, self.evidence_id)
            try:
                found = approval.ground_of(session, row, self.at)
                intake.transition(session, row, "sealed", actor="system:seal", at=self.at)
            except EvidenceError:
                return
            assert found is not None
            assert len({one.certificate_number for one in found.officers}) >= 2
            assert found.valid_from <= self.at <= found.valid_to
            self.sealed = True

    @invariant()
    def sealed_means_two_in_force(self) -> None:
        """Counted by hand, apart from the code under test."""
        if self.sealed:
            assert len(self.approved) >= 2

    def teardown(self) -> None:
        """Close the database."""
        self.database.close()


Seal.TestCase.settings = hypothesis_settings(max_examples=25, stateful_step_count=20, deadline=None)
TestSeal = Seal.TestCase
TestSeal.__doc__ = Path(__file__).stem
