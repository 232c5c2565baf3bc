"""Leads and cases towards others, and cases."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access import Who, allow
from api.auth import SignedIn
from api.context import Context, Ctx
from api.matter_desk import file_case, move_case, preview, send
from api.policy import Permission
from api.queries.cases import CaseFilter, case_facets, find_case, list_cases
from api.queries.hits import read_hit
from api.queries.matters import MatterFilter, list_matters, matter_facets, read_matter, told_of
from api.queries.slices import PAGE_SIZE
from api.row_number import RowNumber
from api.schemas.matter import (
    CaseIn,
    CaseOut,
    CasesOut,
    MatterDetailOut,
    MatterOut,
    MattersOut,
    PreviewOut,
    StepIn,
    TellIn,
    ToldOut,
)
from exchange.matter_content import CASE, LEAD
from supervision.case_file import Filing

router = APIRouter(prefix="/api/v1", tags=["matters"])
Size = Annotated[int, Query(ge=1, le=200)]


@router.get("/matters", dependencies=[allow(Permission.MATTER_READ)])
def matters(
    context: Ctx,
    who: Who,
    wanted: Annotated[MatterFilter, Depends()],
    before: Annotated[RowNumber | None, Query()] = None,
    limit: Size = PAGE_SIZE,
) -> MattersOut:
    """Leads and cases that others told us, the one that came last first."""
    with context.database.read() as session:
        found = list_matters(session, who.scope, wanted, before=before, limit=limit)
        return MattersOut(
            total=found.total,
            next_before=found.next_before,
            facets=matter_facets(session, who.scope),
            matters=[MatterOut.row(row) for row in found.rows],
        )


@router.get("/matters/{matter_id}", dependencies=[allow(Permission.MATTER_READ)])
def matter(context: Ctx, who: Who, matter_id: RowNumber) -> MatterDetailOut:
    """One of them, with its evidence and the receipts we gave; sealed fields stay sealed."""
    with context.database.read() as session:
        return MatterDetailOut.of(read_matter(session, who.scope, matter_id))


@router.get("/hits/{hit_id}/told", dependencies=[allow(Permission.MATTER_READ)])
def told_of_hit(context: Ctx, who: Who, hit_id: RowNumber) -> list[ToldOut]:
    """Whom we told of a lead, and what became of it."""
    with context.database.read() as session:
        read_hit(session, who.scope, hit_id)
        return [ToldOut.of(view) for view in told_of(session, who.scope, LEAD, hit_id)]


@router.post("/hits/{hit_id}/told", dependencies=[allow(Permission.MATTER_SEND)])
def tell_hit(context: Ctx, who: Who, hit_id: RowNumber, body: TellIn) -> PreviewOut:
    """Send a confirmed lead with the metadata of its evidence, or say what would be sent."""
    return _tell(context, who, LEAD, hit_id, body)


@router.get("/cases", dependencies=[allow(Permission.CASE_READ)])
def cases(
    context: Ctx,
    who: Who,
    wanted: Annotated[CaseFilter, Depends()],
    before: Annotated[RowNumber | None, Query()] = None,
    limit: Size = PAGE_SIZE,
) -> CasesOut:
    """Cases, newest first."""
    with context.database.read() as session:
        found = list_cases(session, who.scope, wanted, before=before, limit=limit)
        return CasesOut(
            total=found.total,
            next_before=found.next_before,
            facets=case_facets(session, who.scope),
            cases=[CaseOut.row(row) for row in found.rows],
        )


@router.post("/cases", dependencies=[allow(Permission.CASE_WRITE)])
def file(context: Ctx, who: Who, body: CaseIn) -> CaseOut:
    """File a case."""
    filing = Filing(body.number, body.title, body.cause, body.hit_id, body.region, tuple(body.officers))
    number = file_case(context, who, filing)
    with context.database.read() as session:
        return CaseOut.row(find_case(session, who.scope, number))


@router.get("/cases/{case_id}", dependencies=[allow(Permission.CASE_READ)])
def case(context: Ctx, who: Who, case_id: RowNumber) -> CaseOut:
    """One case."""
    with context.database.read() as session:
        return CaseOut.row(find_case(session, who.scope, case_id))


@router.post("/cases/{case_id}/steps", dependencies=[allow(Permission.CASE_WRITE)])
def step(context: Ctx, who: Who, case_id: RowNumber, body: StepIn) -> CaseOut:
    """Take a case one step on."""
    return CaseOut.row(move_case(context, who, case_id, body.state, body.reason))


@router.get("/cases/{case_id}/told", dependencies=[allow(Permission.CASE_READ)])
def told_of_case(context: Ctx, who: Who, case_id: RowNumber) -> list[ToldOut]:
    """Whom we told of a case, and what became of it."""
    with context.database.read() as session:
        find_case(session, who.scope, case_id)
        return [ToldOut.of(view) for view in told_of(session, who.scope, CASE, case_id)]


@router.post("/cases/{case_id}/told", dependencies=[allow(Permission.CASE_WRITE)])
def tell_case(context: Ctx, who: Who, case_id: RowNumber, body: TellIn) -> PreviewOut:
    """Send a case with the metadata of its evidence, or say what would be sent."""
    return _tell(context, who, CASE, case_id, body)


def _tell(context: Context, who: SignedIn, kind: str, object_id: int, body: TellIn) -> PreviewOut:
    wanted = body.wanted()
    with context.database.read() as session:
        found = preview(session, context, who, kind, object_id, asked=wanted)
    messages = () if body.preview else send(context, who, kind, object_id, asked=wanted, reason=body.reason)
    return PreviewOut.of(found, messages)
