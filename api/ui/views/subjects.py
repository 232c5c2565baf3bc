"""Market subjects: list, page, tasks for review, decisions; who runs a shop."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.locations import local_path
from api.policy import Permission
from api.queries.linked import four_systems
from api.queries.matches import (
    MatchFilter,
    decide,
    list_tasks,
    read_task,
    required_reason,
    subject_by_code,
    task_facets,
)
from api.queries.matters import matters_about
from api.queries.shops import read_shop
from api.queries.subjects import SubjectFilter, list_subjects, read_subject, require_subject, subject_facets
from api.row_number import RowNumber
from api.ui.catalogue import text
from api.ui.rendering import language_of, page
from api.ui.subject_graph import graph_of
from exchange.organisation import name_of
from identity_verify import review

router = APIRouter(include_in_schema=False)


@router.get("/subjects", dependencies=[allow(Permission.SUBJECT_READ)])
def subject_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[SubjectFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Subjects, newest first."""
    with context.database.read() as session:
        found = list_subjects(session, who.scope, wanted, before=before)
        facets = subject_facets(session, who.scope)
    return page(request, "subjects.html", found=found, facets=facets, wanted=wanted, before=before)


@router.get("/subjects/{subject_id}", dependencies=[allow(Permission.SUBJECT_READ)])
def subject(request: Request, context: Ctx, who: Who, subject_id: RowNumber) -> HTMLResponse:
    """One subject."""
    with context.database.read() as session:
        detail = read_subject(session, who.scope, subject_id)
        label = text(language_of(request), "subject.graph_label")
        graph = graph_of(detail, language_of(request), label=label)
        four = four_systems(session, who.scope, subject_id=subject_id, at=context.now())
        matters = matters_about(session, who.scope, subject_id=subject_id)
        return page(request, "subject.html", detail=detail, graph=graph, four=four, matters=matters, name_of=name_of)


@router.get("/matches", dependencies=[allow(Permission.SUBJECT_READ)])
def task_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[MatchFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """What waits for a person, newest first."""
    with context.database.read() as session:
        found = list_tasks(session, who.scope, wanted, before=before)
        facets = task_facets(session, who.scope)
    return page(request, "matches.html", found=found, facets=facets, wanted=wanted, before=before)


@router.get("/matches/{task_id}", dependencies=[allow(Permission.SUBJECT_READ)])
def task(request: Request, context: Ctx, who: Who, task_id: RowNumber) -> HTMLResponse:
    """One task with both sides."""
    with context.database.read() as session:
        return page(request, "match.html", detail=read_task(session, who.scope, task_id))


@router.post("/matches/{task_id}/decision", dependencies=[allow(Permission.SUBJECT_DECIDE)])
def decision(  # noqa: PLR0917 - FastAPI calls it by name
    context: Ctx,
    who: Who,
    task_id: RowNumber,
    choice: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    goto: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Decide a task."""
    with context.database.write() as session:
        decide(session, who.scope, task_id, choice=choice, code=code, reason=reason, at=context.now())
    return RedirectResponse(local_path(goto, f"/matches/{task_id}"), 303)


@router.post("/shops/{shop_id}/subject", dependencies=[allow(Permission.SUBJECT_DECIDE)])
def runner(
    context: Ctx,
    who: Who,
    shop_id: RowNumber,
    code: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Say who runs a shop, by code."""
    with context.database.write() as session:
        read_shop(session, who.scope, shop_id)
        chosen = subject_by_code(session, code)
        why = required_reason(reason)
        review.confirm(session, shop_id, chosen.id, actor=who.scope.name, reason=why, at=context.now())
    return RedirectResponse(f"/shops/{shop_id}", 303)


@router.post("/shops/{shop_id}/subject/{subject_id}/rejection", dependencies=[allow(Permission.SUBJECT_DECIDE)])
def rejection(
    context: Ctx,
    who: Who,
    shop_id: RowNumber,
    subject_id: RowNumber,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Say that a subject does not run a shop."""
    with context.database.write() as session:
        read_shop(session, who.scope, shop_id)
        require_subject(session, who.scope, subject_id)
        why = required_reason(reason)
        review.unlink(session, shop_id, subject_id, actor=who.scope.name, reason=why, at=context.now())
    return RedirectResponse(f"/shops/{shop_id}", 303)
