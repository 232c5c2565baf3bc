"""Holds and deletions from the page of evidence."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from api.access import Who, allow
from api.context import Ctx
from api.policy import Permission
from api.retention import (
    agree_deletion,
    ask_deletion,
    hold_evidence,
    read_certificate,
    release_evidence,
    withdraw_deletion,
)

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=1000)]


def _back(evidence_id: str) -> Response:
    return RedirectResponse(f"/evidence/{evidence_id}#keeping", 303)


@router.post("/evidence/{evidence_id}/hold", dependencies=[allow(Permission.EVIDENCE_HOLD)])
def hold(context: Ctx, who: Who, evidence_id: str, reason: Text = "", case_number: Text = "") -> Response:
    """Hold evidence as an officer."""
    hold_evidence(context, who, evidence_id, reason, case_number)
    return _back(evidence_id)


@router.post("/evidence/{evidence_id}/release", dependencies=[allow(Permission.EVIDENCE_HOLD)])
def release(context: Ctx, who: Who, evidence_id: str, reason: Text = "", password: Text = "") -> Response:
    """Release every hold as an officer."""
    release_evidence(context, who, evidence_id, reason, password)
    return _back(evidence_id)


@router.post("/evidence/{evidence_id}/deletion", dependencies=[allow(Permission.EVIDENCE_DELETE)])
def ask(  # noqa: PLR0917 - a form's fields
    context: Ctx, who: Who, evidence_id: str, reason: Text = "", basis: Text = "", password: Text = ""
) -> Response:
    """Ask for a deletion as an officer."""
    ask_deletion(context, who, evidence_id, reason, basis, password)
    return _back(evidence_id)


@router.post("/evidence/{evidence_id}/deletion/agree", dependencies=[allow(Permission.EVIDENCE_DELETE)])
def agree(context: Ctx, who: Who, evidence_id: str, password: Text = "") -> Response:
    """Agree to a deletion as another officer."""
    agree_deletion(context, who, evidence_id, password)
    return _back(evidence_id)


@router.post("/evidence/{evidence_id}/deletion/withdraw", dependencies=[allow(Permission.EVIDENCE_DELETE)])
def withdraw(context: Ctx, who: Who, evidence_id: str) -> Response:
    """Take back what was asked."""
    withdraw_deletion(context, who, evidence_id)
    return _back(evidence_id)


@router.get("/evidence/{evidence_id}/deletion/certificate.json", dependencies=[allow(Permission.EVIDENCE_READ)])
def certificate(context: Ctx, who: Who, evidence_id: str) -> Response:
    """The deletion certificate."""
    return _file(read_certificate(context, who, evidence_id)[0], "application/json", "certificate.json")


@router.get("/evidence/{evidence_id}/deletion/certificate.p7s", dependencies=[allow(Permission.EVIDENCE_READ)])
def signature(context: Ctx, who: Who, evidence_id: str) -> Response:
    """Its signature."""
    return _file(read_certificate(context, who, evidence_id)[1], "application/pkcs7-signature", "certificate.p7s")


def _file(data: bytes, kind: str, name: str) -> Response:
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
