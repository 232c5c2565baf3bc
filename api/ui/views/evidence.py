"""Evidence: list, page, live verification, screenshots, export, replay."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from api.access import Who, allow
from api.approvals import approve_evidence, begin_reading, find_for_reading, reading_purpose
from api.auth import SignedIn
from api.case_export import case_index, start_case_export
from api.context import Context, Ctx
from api.live import stream_steps
from api.package_record import Standing, authority_of, missing, proven, second_look, stated
from api.packages import (
    ARCHIVE,
    export_package,
    list_files,
    note,
    read_screen,
    run_verification,
    screens_of,
    stored_package,
    verdict_of,
)
from api.policy import Permission
from api.queries.evidence import (
    EvidenceDetail,
    EvidenceFilter,
    evidence_facets,
    list_evidence,
    read_evidence,
)
from api.queries.retention import read_keeping
from api.replay_token import make_token, replay_key
from api.ui.rendering import page, render
from evidence.errors import EvidenceError
from evidence.verdict import Step

router = APIRouter(include_in_schema=False)
EVENT_STREAM = "text/event-stream"


@router.get("/evidence", dependencies=[allow(Permission.EVIDENCE_READ)])
def evidence_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[EvidenceFilter, Depends()],
    before: Annotated[str | None, Query()] = None,
) -> HTMLResponse:
    """Evidence, newest order first."""
    with context.database.read() as session:
        found = list_evidence(session, who.scope, wanted, before=before)
        facets = evidence_facets(session, who.scope)
    return page(request, "evidence_list.html", found=found, facets=facets, wanted=wanted, before=before)


def _is_pending(detail: EvidenceDetail) -> bool:
    """Whether a worker has it in hand; what waits for officers changes by their hands alone."""
    return detail.evidence.state in {"ordered", "capturing", "captured"} and not detail.waits_for_officers()


def _page_values(context: Context, who: SignedIn, evidence_id: str) -> dict[str, Any]:
    with context.database.read() as session:
        detail = read_evidence(session, who.scope, evidence_id)
        reading = reading_purpose(session, who.scope, evidence_id, context.now())
        keeping = read_keeping(session, context.settings, detail.evidence, context.now())
    values: dict[str, Any] = {
        "detail": detail, "files": (), "screens": (), "has_replay": False, "steps": None, "verdict": None,
        "package_problem": "", "pending": _is_pending(detail), "reading": reading, "keeping": keeping,
        "me": who.scope.name,
        "standing": proven(detail.custody), "authority": None, "looks": (), "missing": None,
        "may_approve": detail.evidence.case_number and detail.evidence.state == "captured",
    }  # fmt: skip
    if detail.evidence.state == "sealed":
        try:
            with stored_package(context.settings, detail.evidence) as package:
                files = list_files(package)
                values.update(authority=authority_of(package), standing=values["standing"] or stated(package))
                if reading:
                    # These quote the captured page, so they are its contents.
                    values.update(looks=second_look(package), missing=missing(package))
            values.update(
                files=files, screens=screens_of(files), has_replay=any(file.path == ARCHIVE for file in files)
            )
        except EvidenceError as error:
            # The page still opens: its records and the verification say what is wrong with the package.
            values["package_problem"] = error.message
    return values


@router.get("/evidence/{evidence_id}", dependencies=[allow(Permission.EVIDENCE_READ)])
def evidence_page(request: Request, context: Ctx, who: Who, evidence_id: str) -> HTMLResponse:
    """One piece of evidence."""
    return page(request, "evidence.html", **_page_values(context, who, evidence_id))


@router.get("/evidence/{evidence_id}/state", dependencies=[allow(Permission.EVIDENCE_READ)])
def evidence_state(request: Request, context: Ctx, who: Who, evidence_id: str) -> HTMLResponse:
    """How far a capture has come; the page is loaded anew when it is over."""
    with context.database.read() as session:
        detail = read_evidence(session, who.scope, evidence_id)
    pending = _is_pending(detail)
    response = page(request, "fragments/evidence_state.html", detail=detail, pending=pending)
    if not pending:
        response.headers["HX-Refresh"] = "true"
    return response


@router.post("/evidence/{evidence_id}/read", dependencies=[allow(Permission.EVIDENCE_READ)])
def read(context: Ctx, who: Who, evidence_id: str, purpose: Annotated[str, Form()] = "") -> Response:
    """Say why the contents are looked at."""
    row = begin_reading(context, who, evidence_id, purpose)
    return RedirectResponse(f"/evidence/{row.id}", 303)


@router.post("/evidence/{evidence_id}/approve", dependencies=[allow(Permission.EVIDENCE_APPROVE)])
def approve(context: Ctx, who: Who, evidence_id: str, password: Annotated[str, Form(max_length=1000)] = "") -> Response:
    """Approve the seal as an officer."""
    approve_evidence(context, who, evidence_id, password)
    return RedirectResponse(f"/evidence/{evidence_id}", 303)


@router.post("/evidence/{evidence_id}/verify", dependencies=[allow(Permission.EVIDENCE_VERIFY)])
def verify(request: Request, context: Ctx, who: Who, evidence_id: str) -> Response:
    """Verify now: an event stream of steps for our script, a whole page without it."""
    steps = run_verification(context, who, evidence_id)
    if EVENT_STREAM in request.headers.get("accept", ""):
        return stream_steps(_events(request, steps, lambda: _standing(context, who, evidence_id)))
    done = list(steps)
    values = _page_values(context, who, evidence_id)
    values.update(steps=done, verdict=verdict_of(done))
    return page(request, "evidence.html", **values)


def _standing(context: Context, who: SignedIn, evidence_id: str) -> Standing | None:
    with context.database.read() as session:
        return proven(read_evidence(session, who.scope, evidence_id).custody)


def _events(
    request: Request, steps: Iterator[Step], standing: Callable[[], Standing | None]
) -> Iterator[tuple[str, str]]:
    done = []
    for step in steps:
        done.append(step)
        yield "step", render(request, "fragments/step.html", step=step)
    yield "verdict", render(request, "fragments/verdict.html", verdict=verdict_of(done))
    # Written with the last step: what was stated is now what was proven.
    yield "standing", render(request, "fragments/standing.html", standing=standing())


@router.get("/evidence/{evidence_id}/files/{name:path}", dependencies=[allow(Permission.EVIDENCE_READ)])
def screen(context: Ctx, who: Who, evidence_id: str, name: str) -> Response:
    """A screenshot from the package."""
    with context.database.read() as session:
        evidence, _ = find_for_reading(session, who.scope, evidence_id, context.now())
    with stored_package(context.settings, evidence) as package:
        data, kind = read_screen(package, name)
    return Response(data, media_type=kind, headers={"Cache-Control": "no-store"})


@router.post("/evidence/{evidence_id}/download", dependencies=[allow(Permission.EVIDENCE_EXPORT)])
def download(context: Ctx, who: Who, evidence_id: str, purpose: Annotated[str, Form()] = "") -> StreamingResponse:
    """The whole package, for a purpose."""
    export = export_package(context, who, evidence_id, purpose)
    headers = {
        "Content-Disposition": f'attachment; filename="{quote(export.name)}"',
        "Content-Length": str(export.size),
    }
    return StreamingResponse(export.pieces, media_type="application/zip", headers=headers)


@router.post("/evidence/export", dependencies=[allow(Permission.EVIDENCE_EXPORT)])
def export_case(
    context: Ctx, who: Who, case_number: Annotated[str, Form()] = "", purpose: Annotated[str, Form()] = ""
) -> Response:
    """All sealed evidence of a case, written by a worker."""
    started = start_case_export(context, who, case_number, purpose)
    return RedirectResponse(f"/jobs/{started.job_id}", 303)


@router.get("/evidence/exports/{job_id}", dependencies=[allow(Permission.EVIDENCE_EXPORT)])
def export_index(context: Ctx, who: Who, job_id: str) -> Response:
    """The index of what such a job has written."""
    index = case_index(context, who, job_id)
    headers = {"Content-Disposition": f'attachment; filename="{index.name}"'}
    return Response(index.data, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/evidence/{evidence_id}/replay", dependencies=[allow(Permission.EVIDENCE_REPLAY)])
def replay(request: Request, context: Ctx, who: Who, evidence_id: str) -> HTMLResponse:
    """The archived page on its own origin."""
    with context.database.read() as session:
        evidence, purpose = find_for_reading(session, who.scope, evidence_id, context.now())
    token = make_token(replay_key(context.settings), evidence.id, context.now())
    note(context, who, evidence, "read", purpose=purpose, detail={"how": "replay"})
    address = f"{context.replay_origin(evidence.id)}/view/{token}"
    return page(request, "replay.html", evidence=evidence, address=address)
