"""Evidence: orders, records, verification, export, replay."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from api.access import Who, allow
from api.approvals import approve_evidence
from api.context import Ctx
from api.orders import check_purpose, order_listing_capture
from api.packages import export_package, list_files, note, run_verification, stored_package, verdict_of
from api.policy import Permission
from api.queries.evidence import EvidenceFilter, evidence_facets, find_sealed, list_evidence, read_evidence
from api.queries.slices import PAGE_SIZE
from api.replay_token import make_token, replay_key
from api.schemas.evidence import (
    ApprovalOut,
    ApprovalsOut,
    EvidenceDetailOut,
    EvidenceListOut,
    EvidenceOut,
    ExportIn,
    FileOut,
    OrderIn,
    OrderOut,
    PasswordIn,
    PurposeIn,
    ReplayOut,
    VerificationOut,
)

router = APIRouter(prefix="/api/v1/evidence", tags=["evidence"])


@router.get("", dependencies=[allow(Permission.EVIDENCE_READ)])
def evidence_list(
    context: Ctx,
    who: Who,
    wanted: Annotated[EvidenceFilter, Depends()],
    before: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE_SIZE,
) -> EvidenceListOut:
    """Evidence, newest order first."""
    with context.database.read() as session:
        found = list_evidence(session, who.scope, wanted, before=before, limit=limit)
        return EvidenceListOut(
            total=found.total,
            next_before=found.next_before,
            facets=evidence_facets(session, who.scope),
            evidence=[EvidenceOut.model_validate(row.evidence) for row in found.rows],
        )


@router.post("", dependencies=[allow(Permission.EVIDENCE_ORDER)], status_code=202)
def order(context: Ctx, who: Who, body: OrderIn) -> OrderOut:
    """Order a sealed capture of a listing's page."""
    ordered = order_listing_capture(context, who, body.listing_id, body.purpose, body.case_number)
    return OrderOut(
        evidence=EvidenceOut.model_validate(ordered.evidence), job_ids=[started.job_id for started in ordered.jobs]
    )


@router.get("/{evidence_id}", dependencies=[allow(Permission.EVIDENCE_READ)])
def evidence(context: Ctx, who: Who, evidence_id: str) -> EvidenceDetailOut:
    """One piece of evidence with its chain of custody."""
    with context.database.read() as session:
        return EvidenceDetailOut.of(read_evidence(session, who.scope, evidence_id))


@router.get("/{evidence_id}/files", dependencies=[allow(Permission.EVIDENCE_READ)])
def files(context: Ctx, who: Who, evidence_id: str) -> list[FileOut]:
    """The files of the sealed package."""
    with context.database.read() as session:
        row = find_sealed(session, who.scope, evidence_id)
    with stored_package(context.settings, row) as package:
        return [FileOut.model_validate(file) for file in list_files(package)]


@router.post("/{evidence_id}/verification", dependencies=[allow(Permission.EVIDENCE_VERIFY)])
def verification(context: Ctx, who: Who, evidence_id: str) -> VerificationOut:
    """Verify the stored package now, against this installation's trust list."""
    steps = list(run_verification(context, who, evidence_id))
    return VerificationOut.of(verdict_of(steps), [step.as_dict() for step in steps])


@router.post("/{evidence_id}/package", dependencies=[allow(Permission.EVIDENCE_EXPORT)])
def package(context: Ctx, who: Who, evidence_id: str, body: ExportIn) -> StreamingResponse:
    """The package, closed again or as stored; purpose, person and time go into its chain of custody."""
    export = export_package(context, who, evidence_id, body.purpose, as_stored=body.as_stored)
    headers = {"Content-Disposition": f'attachment; filename="{export.name}"', "Content-Length": str(export.size)}
    return StreamingResponse(export.pieces, media_type="application/zip", headers=headers)


@router.post("/{evidence_id}/approval", dependencies=[allow(Permission.EVIDENCE_APPROVE)])
def approve(context: Ctx, who: Who, evidence_id: str, body: PasswordIn) -> ApprovalsOut:
    """Approve the seal of evidence for a case, as an officer, with the password entered anew."""
    started = approve_evidence(context, who, evidence_id, body.password)
    with context.database.read() as session:
        detail = read_evidence(session, who.scope, evidence_id)
    return ApprovalsOut(
        approvals=[ApprovalOut.model_validate(one) for one in detail.approvals],
        job_ids=[one.job_id for one in started],
    )


@router.post("/{evidence_id}/replay", dependencies=[allow(Permission.EVIDENCE_REPLAY)])
def replay(context: Ctx, who: Who, evidence_id: str, body: PurposeIn) -> ReplayOut:
    """An address on the replay origin, good for half an hour; the purpose goes into the chain of custody."""
    purpose = check_purpose(body.purpose)
    with context.database.read() as session:
        row = find_sealed(session, who.scope, evidence_id)
    note(context, who, row, "read", purpose=purpose, detail={"how": "replay"})
    token = make_token(replay_key(context.settings), row.id, context.now())
    return ReplayOut(url=f"{context.replay_origin(row.id)}/view/{token}")
