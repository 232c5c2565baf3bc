"""Two officers on both databases, also when both click at once."""

from concurrent.futures import ThreadPoolExecutor

from evidence import approval, custody
from evidence.errors import EvidenceError
from kernel.db import Database
from kernel.models import Evidence
from kernel.schema import differences
from pipeline.schedule import plan_captures
from tests.data.evidence.people import AT, enter_capture, enter_case, enter_officer


def test_schema_is_that_of_the_models(any_database: Database) -> None:
    """The migrations give what the models say."""
    assert differences(any_database) == []


def test_both_officers_at_once(any_database: Database) -> None:
    """Each approval counts once, the chain of custody holds, and only then the seal is planned."""
    with any_database.write() as session:
        for account in ("li", "wang"):
            enter_officer(session, account)
        enter_case(session)
        evidence_id = enter_capture(session).id
        assert plan_captures(session, created_by="li", at=AT) == []

    def approve(account: str) -> str:
        try:
            with any_database.write() as session:
                approval.approve(session, evidence_id, account=account, at=AT)
        except EvidenceError as error:
            return error.code
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(approve, ["li", "wang", "li", "wang"]))
    assert said == ["", "", "evidence.officer_twice", "evidence.officer_twice"]
    with any_database.write() as session:
        assert custody.verify_chain(session, evidence_id) == 4
        found = approval.ground_of(session, session.get_one(Evidence, evidence_id), AT)
        assert found is not None
        assert len(found.officers) == 2
        assert len(plan_captures(session, created_by="li", at=AT)) == 1
