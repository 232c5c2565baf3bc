"""Stage judge: the rules over pages that were not judged yet."""

from sqlalchemy import select, update

from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Page, Visit
from pipeline.job_run import JobRun
from supervision.rules.record import judge_pages
from supervision.rules.rule_catalogue import Catalogue, load_catalogue

BATCH = 100


def judge_new(database: Database, catalogue: Catalogue, *, job_id: str, limit: int = BATCH) -> tuple[int, int]:
    """Judge some pages of a job's visits that no rule has seen.

    Returns:
        pages judged, new hits.

    Effects: tables ``rule_hit``, ``page`` (judged_at), ``outbox``; one transaction.
    """
    with database.read() as session:
        query = (
            select(Page.id)
            .join(Visit, Visit.id == Page.visit_id)
            .where(Page.judged_at.is_(None), Visit.job_id == job_id)
            .order_by(Page.id)
            .limit(limit)
        )
        ids = list(session.execute(query).scalars())
    if not ids:
        return 0, 0
    with database.write() as session:
        summary = judge_pages(session, ids, catalogue=catalogue, at=now())
    return len(ids), summary.new


def judge_all(run: JobRun, config: Settings) -> dict[str, object]:
    """Judge every newest page again, after the catalogue changed."""
    del config
    catalogue = load_catalogue()
    with run.database.write() as session:
        session.execute(update(Page).where(Page.unchanged_from.is_(None)).values(judged_at=None))
    judged = hits = 0
    while True:
        with run.database.read() as session:
            query = select(Page.id).where(Page.judged_at.is_(None)).order_by(Page.id).limit(BATCH)
            ids = list(session.execute(query).scalars())
        if not ids:
            return {"judged": judged, "hits": hits}
        with run.database.write() as session:
            hits += judge_pages(session, ids, catalogue=catalogue, at=now()).new
        judged += len(ids)
        run.report(stage="judge", judged=judged, hits=hits)
