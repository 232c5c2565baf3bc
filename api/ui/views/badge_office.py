"""Badges and sightings for officers: lists, one badge, decisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.locations import local_path
from api.policy import Permission
from api.queries.badges import (
    BadgeFilter,
    SightingFilter,
    decide_sighting,
    list_badges,
    list_sightings,
    read_badge,
    set_badge_state,
    sighting_facets,
)
from api.row_number import RowNumber
from api.ui.rendering import page
from identity_verify.badge_id import shown
from identity_verify.badges import STEPS_OF_STATE

router = APIRouter(include_in_schema=False)


@router.get("/badges", dependencies=[allow(Permission.BADGE_READ)])
def badge_list(
    request: Request, context: Ctx, who: Who, wanted: Annotated[BadgeFilter, Depends()], before: RowNumber | None = None
) -> HTMLResponse:
    """Badges, newest first."""
    with context.database.read() as session:
        found = list_badges(session, who.scope, wanted, before=before)
        open_sightings = list_sightings(session, who.scope, SightingFilter(state="open"), limit=1).total
        return page(
            request, "badges.html", found=found, wanted=wanted, before=before, shown=shown,
            open_sightings=open_sightings,
        )  # fmt: skip


@router.get("/badges/sightings", dependencies=[allow(Permission.BADGE_READ)])
def sighting_list(
    request: Request,
    context: Ctx,
    who: Who,
    wanted: Annotated[SightingFilter, Depends()],
    before: RowNumber | None = None,
) -> HTMLResponse:
    """Where badges were seen that do not belong there."""
    with context.database.read() as session:
        found = list_sightings(session, who.scope, wanted, before=before)
        facets = sighting_facets(session, who.scope)
        return page(
            request, "badge_sightings.html", found=found, wanted=wanted, before=before, facets=facets, shown=shown
        )


@router.post("/badges/sightings/{sighting_id}", dependencies=[allow(Permission.BADGE_DECIDE)])
def sighting_decision(  # noqa: PLR0917 - FastAPI calls it by name
    context: Ctx,
    who: Who,
    sighting_id: RowNumber,
    decision: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    goto: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Confirm, dismiss or reopen a sighting."""
    with context.database.write() as session:
        decide_sighting(session, who.scope, sighting_id, decision=decision, reason=reason, at=context.now())
    return RedirectResponse(local_path(goto, "/badges/sightings"), 303)


@router.get("/badges/{badge_id}", dependencies=[allow(Permission.BADGE_READ)])
def badge(request: Request, context: Ctx, who: Who, badge_id: str) -> HTMLResponse:
    """One badge: verdict, proofs, tokens, where it was seen, what was decided."""
    with context.database.read() as session:
        detail = read_badge(session, who.scope, badge_id, at=context.now())
        issuer = context.badge_desk.issuer
        return page(
            request, "badge.html", detail=detail, shown=shown, steps_of=STEPS_OF_STATE[detail.badge.state],
            page_url=issuer.page(badge_id), frame_url=issuer.frame(badge_id),
        )  # fmt: skip


@router.post("/badges/{badge_id}/state", dependencies=[allow(Permission.BADGE_DECIDE)])
def badge_state(
    context: Ctx,
    who: Who,
    badge_id: str,
    state: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Suspend, restore or revoke."""
    with context.database.write() as session:
        set_badge_state(session, who.scope, badge_id, state=state, reason=reason, at=context.now())
    return RedirectResponse(f"/badges/{badge_id}", 303)
