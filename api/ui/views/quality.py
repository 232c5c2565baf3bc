"""Data quality: the board, findings with their decision, runs, rules and who answers for what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.policy import Permission
from api.quality_desk import decide, set_owner
from api.queries import quality
from api.queries.quality import FindingFilter
from api.row_number import RowNumber
from api.ui.rendering import page
from exchange.quality.rule_set import data_sets, rule_set

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=2000)]


@router.get("/quality", dependencies=[allow(Permission.QUALITY_READ)])
def board(request: Request, context: Ctx, who: Who) -> HTMLResponse:
    """Score cards by unit and by data set."""
    with context.database.read() as session:
        return page(request, "quality.html", board=quality.board(session, who.scope, at=context.now()))


@router.get("/quality/findings", dependencies=[allow(Permission.QUALITY_READ)])
def finding_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[FindingFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Findings: field, rule, standard, owner, deadline, row."""
    at = context.now()
    with context.database.read() as session:
        found = quality.list_findings(session, who.scope, wanted, at=at, before=before)
        facets = quality.finding_facets(session, who.scope, at=at)
        return page(request, "quality_findings.html", found=found, facets=facets, wanted=wanted, before=before, now=at)


@router.get("/quality/findings/{finding_id}", dependencies=[allow(Permission.QUALITY_READ)])
def finding(request: Request, context: Ctx, who: Who, finding_id: RowNumber) -> HTMLResponse:
    """One finding with its rule and its row."""
    with context.database.read() as session:
        found = quality.find_finding(session, who.scope, finding_id)
        rule = rule_set(found.data_set).rule(found.rule_id) if found.data_set in data_sets() else None
        return page(request, "quality_finding.html", finding=found, rule=rule, now=context.now())


@router.post("/quality/findings/{finding_id}", dependencies=[allow(Permission.QUALITY_DECIDE)])
def judge(  # noqa: PLR0917 - a form's fields
    context: Ctx, who: Who, finding_id: RowNumber, decision: Text = "", reason: Text = "", unit: Text = ""
) -> Response:
    """Close a finding, or hand it over."""
    decide(context, who, finding_id, decision, reason=reason, unit=unit)
    return RedirectResponse(f"/quality/findings/{finding_id}", 303)


@router.get("/quality/runs", dependencies=[allow(Permission.QUALITY_READ)])
def run_list(
    request: Request, context: Ctx, who: Who, data_set: str = "", before: RowNumber | None = None
) -> HTMLResponse:
    """Runs of the rules."""
    with context.database.read() as session:
        found = quality.list_runs(session, who.scope, data_set, before=before)
        return page(request, "quality_runs.html", found=found, data_set=data_set, before=before)


@router.get("/quality/runs/{run_id}", dependencies=[allow(Permission.QUALITY_READ)])
def run(request: Request, context: Ctx, who: Who, run_id: RowNumber) -> HTMLResponse:
    """One run: figures by rule, what moved, what the values look like."""
    with context.database.read() as session:
        return page(request, "quality_run.html", run=quality.find_run(session, who.scope, run_id))


@router.get("/quality/rules", dependencies=[allow(Permission.QUALITY_READ)])
def rules(request: Request, context: Ctx, who: Who) -> HTMLResponse:
    """All rules with the standard they come from, and who answers."""
    with context.database.read() as session:
        owners = quality.owners(session, who.scope)
        return page(request, "quality_rules.html", sets=[rule_set(name) for name in data_sets()], owners=owners)


@router.post("/quality/owners", dependencies=[allow(Permission.QUALITY_DECIDE)])
def own(  # noqa: PLR0917 - a form's fields
    context: Ctx, who: Who, data_set: Text = "", field: Text = "", unit: Text = "", days: Text = ""
) -> Response:
    """Enter who answers for a field."""
    set_owner(context, who, data_set, field, unit=unit, days=days)
    return RedirectResponse("/quality/rules#owners", 303)
