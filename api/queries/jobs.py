"""Jobs: the list, one job with its visits, and the request to stop."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.errors import ConflictError
from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, counts, cut
from kernel import audit, jobs
from kernel.models import Job, Shop, Visit

VISITS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class JobDetail:
    """A job and the visits it made, newest first."""

    job: Job
    visits: tuple[tuple[Visit, Shop], ...]


def list_jobs(
    session: Session, scope: Scope, *, state: str = "", before: str | None = None, limit: int = PAGE_SIZE
) -> Slice[Job]:
    """Jobs, newest first (ids sort by time)."""
    query = select(Job).where(allowed(scope, Permission.JOB_READ))
    if state:
        query = query.where(Job.state == state)
    rows, total, next_before = cut(session, query, Job.id, before=before, limit=limit)
    return Slice(tuple(row[0] for row in rows), total, next_before)


def job_facets(session: Session, scope: Scope) -> dict[str, int]:
    """How many jobs there are by state."""
    return counts(session, Job.state, allowed(scope, Permission.JOB_READ))


def find_job(session: Session, scope: Scope, job_id: str) -> Job:
    """The row alone.

    Raises:
        NotFoundError: no such job, or not this reader's.
    """
    query = select(Job).where(Job.id == job_id, allowed(scope, Permission.JOB_READ))
    return require(session.execute(query).scalar_one_or_none(), "a job", "任务列表")


def read_job(session: Session, scope: Scope, job_id: str) -> JobDetail:
    """A job with its visits.

    Raises:
        NotFoundError: no such job, or not this reader's.
    """
    job = find_job(session, scope, job_id)
    query = (
        select(Visit, Shop)
        .join(Shop, Shop.id == Visit.shop_id)
        .where(Visit.job_id == job_id, allowed(scope, Permission.SHOP_READ))
        .order_by(Visit.id.desc())
        .limit(VISITS_SHOWN)
    )
    return JobDetail(job=job, visits=tuple((visit, shop) for visit, shop in session.execute(query).all()))


def stop_job(session: Session, scope: Scope, job_id: str, *, at: datetime) -> None:
    """Ask a job to stop at its next safe point.

    Raises:
        NotFoundError: no such job. ConflictError: it is over already.

    Effects: tables ``job``, ``audit``.
    """
    find_job(session, scope, job_id)
    if not jobs.ask_cancel(session, job_id, at):
        raise ConflictError("expected a job that is waiting or running, got one that is over", hint="任务已结束。")
    audit.append(session, actor=scope.name, action="job.stop", object_type="job", object_id=job_id, at=at)
