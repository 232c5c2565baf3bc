"""What is due: captures that wait for a worker, shops that wait for a visit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, and_, distinct, func, not_, or_, select
from sqlalchemy.orm import Session

from evidence.approval import LEAST_OFFICERS
from kernel.db import Database
from kernel.jobs import FINAL_STATES, Queue, create, unfinished
from kernel.models import Approval, Evidence, Job, Shop
from pipeline.job_run import is_abandoned

CAPTURE_BATCH = 16
"""Captures a job: each job starts a browser of its own, which costs as much as two captures."""
VISIT_EVERY = timedelta(days=1)
JUST_MADE = timedelta(seconds=2)
"""A job this young may be on its way into the queue."""
OPEN_STATES = ("ordered", "capturing", "captured")


def is_open() -> ColumnElement[bool]:
    """Evidence that a worker can bring further; what waits for officers is not, until two have approved it."""
    approved = (
        select(func.count(distinct(Approval.officer_id)))
        .where(Approval.evidence_id == Evidence.id)
        .correlate(Evidence)
        .scalar_subquery()
    )
    waits = and_(Evidence.state == "captured", Evidence.case_number != "", approved < LEAST_OFFICERS)
    return and_(Evidence.state.in_(OPEN_STATES), not_(waits))


def plan_captures(session: Session, *, created_by: str, at: datetime) -> list[str]:
    """Make capture jobs for ordered evidence that no live job holds and whose next try is due.

    Whatever killed the last holder, its evidence comes back here. A job that still waits in the queue is filled
    up first; a worker takes it with whatever it holds by then. New jobs are of one size, so that workers end together.

    Returns:
        ids of the new jobs, to be enqueued after the commit.

    Effects: tables ``job``, ``evidence`` (job_id).
    """
    live = select(Job.id).where(Job.state.not_in(FINAL_STATES))
    query = (
        select(Evidence)
        .where(
            is_open(),
            Evidence.job_id.not_in(live),
            or_(Evidence.retry_at.is_(None), Evidence.retry_at <= at),
        )
        .order_by(Evidence.ordered_at, Evidence.id)
    )
    waiting = list(session.execute(query).scalars())
    job = _with_room(session, created_by) if waiting else None
    jobs: list[str] = []
    while waiting:
        if job is None:
            job = create(session, kind="capture", title="", params={}, created_by=created_by, at=at)
            jobs.append(job.id)
        held = _held(job)
        room = CAPTURE_BATCH - len(held) if held else ceil(len(waiting) / ceil(len(waiting) / CAPTURE_BATCH))
        batch, waiting = waiting[:room], waiting[room:]
        ids = [*held, *(row.id for row in batch)]
        job.params, job.title = {"evidence_ids": ids}, f"固证 capture × {len(ids)}"
        for row in batch:
            row.job_id = job.id
        job = None
    return jobs


def _held(job: Job) -> list[object]:
    ids = job.params.get("evidence_ids")
    return ids if isinstance(ids, list) else []


def _with_room(session: Session, created_by: str) -> Job | None:
    """The capture job of this person that waits last in the queue, where it is not full: orders come one by one."""
    query = (
        select(Job)
        .where(Job.kind == "capture", Job.state == "queued", Job.created_by == created_by, Job.cancel_asked.is_(False))
        .order_by(Job.created_at.desc(), Job.id.desc())
        .limit(1)
        .with_for_update()
    )
    job = session.execute(query).scalars().first()
    return job if job is not None and len(_held(job)) < CAPTURE_BATCH else None


def lost_jobs(session: Session, *, at: datetime) -> list[str]:
    """Ids of jobs that an empty queue ought to hold, oldest first: not just made, or left by a process that is gone."""
    query = select(Job).where(Job.state.in_(("queued", "running"))).order_by(Job.created_at, Job.id)
    return [
        job.id
        for job in session.execute(query).scalars()
        if (job.created_at < at - JUST_MADE if job.state == "queued" else is_abandoned(job, at))
    ]


def requeue_unfinished(database: Database, queue: Queue, *, at: datetime) -> int:
    """Put in again what the database says is not done (Redis may have lost it); how many."""
    with database.read() as session:
        waiting = unfinished(session, at=at)
    for job_id in waiting:
        queue.enqueue(job_id)
    return len(waiting)


def due_shops(session: Session, *, at: datetime, limit: int = 500) -> list[int]:
    """Shops whose next visit is due, the longest waiting first."""
    query = (
        select(Shop.id)
        .where(Shop.status == "watched", Shop.next_visit_at <= at)
        .order_by(Shop.next_visit_at, Shop.id)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def plan_watch(session: Session, *, shop_ids: Sequence[int], created_by: str, at: datetime) -> str:
    """Make the job that visits these shops, or take up the unfinished one for the same shops.

    Returns:
        the job's id, to be enqueued after the commit.

    Effects: table ``job``.
    """
    wanted = sorted(shop_ids)
    open_jobs = select(Job).where(Job.kind == "watch", Job.state.in_(("queued", "running"))).order_by(Job.created_at)
    for job in session.execute(open_jobs).scalars():
        if job.params.get("shop_ids") == wanted and not job.cancel_asked:
            return job.id
    job = create(
        session,
        kind="watch",
        title=f"巡查 watch × {len(wanted)}",
        params={"shop_ids": wanted},
        created_by=created_by,
        at=at,
    )
    return job.id
