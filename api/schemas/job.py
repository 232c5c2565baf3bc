"""JSON forms of jobs and watches."""

from datetime import datetime

from api.schemas.base import In, Out
from api.schemas.shop import VisitOut


class JobOut(Out):
    """One job with live counters."""

    id: str
    kind: str
    title: str
    state: str
    cancel_asked: bool
    progress: dict[str, object]
    result: dict[str, object]
    error_code: str
    error: str
    created_by: str
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None


class JobsOut(Out):
    """A slice of the list of jobs."""

    total: int
    next_before: str | None
    facets: dict[str, int]
    jobs: list[JobOut]


class JobDetailOut(Out):
    """One job with its visits."""

    job: JobOut
    visits: list[VisitOut]


class WatchIn(In):
    """Addresses to watch, 1 to 1,000."""

    urls: list[str]
    skip_errors: bool = False


class RowErrorOut(Out):
    """A line that was not taken; ``line`` counts from 1."""

    line: int
    code: str
    message: str
    hint: str


class WatchOut(Out):
    """A watch. ``job_id`` is empty when nothing started because of ``errors``."""

    job_id: str
    queued: bool
    shops: int
    errors: list[RowErrorOut]
