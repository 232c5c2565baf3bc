"""Jobs: list, live progress, stop."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sse_starlette import EventSourceResponse

from api.access import Who, allow
from api.context import Ctx
from api.live import Look, watch_changes
from api.policy import Permission
from api.queries.jobs import job_facets, list_jobs, read_job, stop_job
from api.ui.rendering import page, render
from kernel.jobs import FINAL_STATES

router = APIRouter(include_in_schema=False)


@router.get("/jobs", dependencies=[allow(Permission.JOB_READ)])
def job_list(
    request: Request, context: Ctx, who: Who, state: str = "", before: Annotated[str | None, Query()] = None
) -> HTMLResponse:
    """Jobs, newest first."""
    with context.database.read() as session:
        found = list_jobs(session, who.scope, state=state, before=before)
        return page(
            request, "jobs.html", found=found, facets=job_facets(session, who.scope), state=state, before=before
        )


@router.get("/jobs/{job_id}", dependencies=[allow(Permission.JOB_READ)])
def job(request: Request, context: Ctx, who: Who, job_id: str) -> HTMLResponse:
    """One job; its progress is live."""
    with context.database.read() as session:
        detail = read_job(session, who.scope, job_id)
    return page(request, "job.html", detail=detail, running=detail.job.state not in FINAL_STATES)


@router.get("/jobs/{job_id}/progress", dependencies=[allow(Permission.JOB_READ)])
def job_progress(request: Request, context: Ctx, who: Who, job_id: str) -> HTMLResponse:
    """The progress alone, for polling where event streams do not come through."""
    with context.database.read() as session:
        detail = read_job(session, who.scope, job_id)
    state = "end" if detail.job.state in FINAL_STATES else "progress"
    response = page(request, "fragments/job_progress.html", detail=detail)
    response.headers["X-Live-State"] = state
    return response


@router.get("/jobs/{job_id}/events", dependencies=[allow(Permission.JOB_READ)])
def job_events(request: Request, context: Ctx, who: Who, job_id: str) -> EventSourceResponse:
    """The progress as an event stream of page pieces."""

    def look() -> Look:
        with context.database.read() as session:
            detail = read_job(session, who.scope, job_id)
        html = render(request, "fragments/job_progress.html", detail=detail)
        return Look(data=html, final=detail.job.state in FINAL_STATES)

    look()
    return watch_changes(look, event="progress")


@router.post("/jobs/{job_id}/stop", dependencies=[allow(Permission.JOB_STOP)])
def stop(context: Ctx, who: Who, job_id: str) -> Response:
    """Ask a job to stop."""
    with context.database.write() as session:
        stop_job(session, who.scope, job_id, at=context.now())
    return RedirectResponse(f"/jobs/{job_id}", 303)
