"""Jobs and watches."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sse_starlette import EventSourceResponse

from api.access import Who, allow
from api.context import Ctx
from api.errors import InputError
from api.live import Look, watch_changes
from api.orders import rows_of_urls, start_watch
from api.policy import Permission
from api.queries.jobs import find_job, job_facets, list_jobs, read_job, stop_job
from api.queries.slices import PAGE_SIZE
from api.schemas.job import JobDetailOut, JobOut, JobsOut, RowErrorOut, WatchIn, WatchOut
from api.schemas.shop import VisitOut
from kernel.jobs import FINAL_STATES
from pipeline.shop_list import RowError, ShopRow, parse_csv

router = APIRouter(prefix="/api/v1", tags=["jobs"])


@router.get("/jobs", dependencies=[allow(Permission.JOB_READ)])
def jobs(
    context: Ctx,
    who: Who,
    state: str = "",
    before: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE_SIZE,
) -> JobsOut:
    """Jobs, newest first."""
    with context.database.read() as session:
        found = list_jobs(session, who.scope, state=state, before=before, limit=limit)
        return JobsOut(
            total=found.total,
            next_before=found.next_before,
            facets=job_facets(session, who.scope),
            jobs=[JobOut.model_validate(job) for job in found.rows],
        )


@router.get("/jobs/{job_id}", dependencies=[allow(Permission.JOB_READ)])
def job(context: Ctx, who: Who, job_id: str) -> JobDetailOut:
    """One job with its visits."""
    with context.database.read() as session:
        detail = read_job(session, who.scope, job_id)
        return JobDetailOut(
            job=JobOut.model_validate(detail.job), visits=[VisitOut.model_validate(visit) for visit, _ in detail.visits]
        )


@router.get("/jobs/{job_id}/events", dependencies=[allow(Permission.JOB_READ)])
def job_events(context: Ctx, who: Who, job_id: str) -> EventSourceResponse:
    """The job as server-sent events: ``progress`` at each change, ``end`` when it is over."""

    def look() -> Look:
        with context.database.read() as session:
            row = find_job(session, who.scope, job_id)
        data = JobOut.model_validate(row).model_dump(mode="json", exclude={"heartbeat_at"})
        return Look(data=json.dumps(data, ensure_ascii=False), final=row.state in FINAL_STATES)

    look()
    return watch_changes(look, event="progress")


@router.post("/jobs/{job_id}/stop", dependencies=[allow(Permission.JOB_STOP)], status_code=202)
def stop(context: Ctx, who: Who, job_id: str) -> JobOut:
    """Ask a job to stop at its next safe point."""
    with context.database.write() as session:
        stop_job(session, who.scope, job_id, at=context.now())
        return JobOut.model_validate(find_job(session, who.scope, job_id))


def _started(
    context: Ctx, who: Who, rows: tuple[ShopRow, ...], errors: tuple[RowError, ...], *, skip: bool
) -> WatchOut:
    told = [RowErrorOut.model_validate(error) for error in errors]
    if not rows or (errors and not skip):
        return WatchOut(job_id="", queued=False, shops=len(rows), errors=told)
    started = start_watch(context, who, rows)
    return WatchOut(job_id=started.job_id, queued=started.queued, shops=len(rows), errors=told)


@router.post("/watches", dependencies=[allow(Permission.WATCH_START)], status_code=202)
def watch(context: Ctx, who: Who, body: WatchIn) -> WatchOut:
    """Put shops under watch and visit them now; with row errors only when told to skip them."""
    rows, errors = rows_of_urls("\n".join(url.replace("\n", " ") for url in body.urls))
    return _started(context, who, rows, errors, skip=body.skip_errors)


@router.post("/watches/csv", dependencies=[allow(Permission.WATCH_START)], status_code=202)
async def watch_csv(request: Request, context: Ctx, who: Who, *, skip_errors: bool = False) -> WatchOut:
    """The same from a CSV file as the request body (columns url, name, platform, reason)."""
    data = await request.body()
    if not data:
        raise InputError("expected CSV in the body, got nothing", hint="请上传 CSV。")
    shop_list = parse_csv(data)
    return _started(context, who, shop_list.rows, shop_list.errors, skip=skip_errors)
