"""Progress of a crawl, as counters on its job, and the wish to stop it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kernel.models import FrontierEntry, Job, Listing, Visit


def report(session: Session, *, job_id: str, visit_ids: Sequence[int], at: datetime) -> bool:
    """Write the counters of these visits on the job; other counters of the job stay as they are.

    Counted from the rows, so that a crawl that was killed and went on shows true figures.

    Returns:
        True when a person asked for the job to stop.

    Effects: ``job.progress`` (``pages bytes unchanged listings refused failed queued``), ``job.heartbeat_at``.
    """
    row = session.execute(
        select(Job.progress, Job.cancel_asked).where(Job.id == job_id).with_for_update()
    ).one_or_none()
    if row is None:
        return False
    progress = {**row.progress, **counters(session, visit_ids)}
    session.execute(
        update(Job).where(Job.id == job_id).values(progress=progress, heartbeat_at=at),
        execution_options={"synchronize_session": False},
    )
    return bool(row.cancel_asked)


def counters(session: Session, visit_ids: Sequence[int]) -> dict[str, int]:
    """The counters of some visits, from their rows."""
    sums = session.execute(
        select(
            func.coalesce(func.sum(Visit.pages), 0),
            func.coalesce(func.sum(Visit.bytes), 0),
            func.coalesce(func.sum(Visit.unchanged), 0),
        ).where(Visit.id.in_(visit_ids))
    ).one()
    by_state = (
        select(FrontierEntry.state, func.count())
        .where(FrontierEntry.visit_id.in_(visit_ids))
        .group_by(FrontierEntry.state)
    )
    states = {state: count for state, count in session.execute(by_state).all()}  # noqa: C416 - rows are no pairs
    listings = session.execute(
        select(func.count(Listing.id)).where(Listing.shop_id.in_(select(Visit.shop_id).where(Visit.id.in_(visit_ids))))
    ).scalar_one()
    return {
        "pages": int(sums[0]),
        "bytes": int(sums[1]),
        "unchanged": int(sums[2]),
        "listings": int(listings),
        "refused": states.get("refused", 0),
        "failed": states.get("failed", 0),
        "queued": states.get("pending", 0) + states.get("leased", 0),
    }
