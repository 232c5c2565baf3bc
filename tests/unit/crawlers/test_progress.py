"""Progress counted from the rows."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from crawlers.frontier import Claim
from crawlers.progress import report
from crawlers.record import Answer, record_pages
from kernel.db import Database
from kernel.models import Job

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
Claimer = Callable[[Sequence[str]], list[Claim]]


def test_counters_and_the_wish_to_stop(database: Database, visit_id: int, claims: Claimer) -> None:
    """Counters of other stages stay; the wish is reported."""
    home, one, two, _ = claims(["1", "2", "3"])
    with database.write() as session:
        answers = [
            Answer(home, AT, status=200, body_size=7),
            Answer(one, AT, state="failed", outcome="timeout"),
            Answer(two, AT, state="refused", outcome="robots"),
        ]
        record_pages(session, answers, owner="me")
        assert not report(session, job_id="job-1", visit_ids=(visit_id,), at=AT)
        session.get_one(Job, "job-1").cancel_asked = True
        session.flush()
        assert report(session, job_id="job-1", visit_ids=(visit_id,), at=AT)
        assert not report(session, job_id="no-such-job", visit_ids=(visit_id,), at=AT)
    with database.read() as session:
        job = session.get_one(Job, "job-1")
        assert job.heartbeat_at == AT
        assert job.progress == {
            "judged": 1, "pages": 1, "bytes": 7, "unchanged": 0, "listings": 0, "refused": 1, "failed": 1, "queued": 1,
        }  # fmt: skip
