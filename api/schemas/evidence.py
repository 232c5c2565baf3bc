"""JSON forms of evidence."""

from datetime import datetime

from api.packages import Verdict
from api.queries.evidence import EvidenceDetail
from api.row_number import RowNumber
from api.schemas.base import In, Out


class EvidenceOut(Out):
    """One piece of evidence. Only the state ``sealed`` is evidence."""

    id: str
    url: str
    shop_id: int | None
    listing_id: int | None
    reason: str
    purpose: str
    case_number: str
    ordered_by: str
    ordered_at: datetime
    state: str
    attempts: int
    last_error_code: str
    last_error: str
    retry_at: datetime | None
    captured_at: datetime | None
    sealed_at: datetime | None
    root_sha256: str
    size: int
    completeness: str
    trust: str
    summary: dict[str, object]


class EvidenceListOut(Out):
    """A slice of the list of evidence, with counts over all of it."""

    total: int
    next_before: str | None
    facets: dict[str, dict[str, int]]
    evidence: list[EvidenceOut]


class CustodyOut(Out):
    """One event of the chain of custody."""

    seq: int
    at: datetime
    actor: str
    role: str
    action: str
    purpose: str
    object_sha256: str
    detail: dict[str, object]
    prev_hash: str
    hash: str


class ApprovalOut(Out):
    """One officer's approval of the seal."""

    name: str
    certificate_number: str
    unit: str
    authorisation: str
    at: datetime


class EvidenceDetailOut(Out):
    """One piece of evidence with its chain of custody and the hits it was made for."""

    evidence: EvidenceOut
    custody: list[CustodyOut]
    approvals: list[ApprovalOut]
    hit_ids: list[int]

    @classmethod
    def of(cls, detail: EvidenceDetail) -> "EvidenceDetailOut":
        """From the read model."""
        return cls(
            evidence=EvidenceOut.model_validate(detail.evidence),
            custody=[CustodyOut.model_validate(event) for event in detail.custody],
            approvals=[ApprovalOut.model_validate(one) for one in detail.approvals],
            hit_ids=[hit.id for hit in detail.hits],
        )


class FileOut(Out):
    """One file of a package; ``sha256`` as its manifests state it, hex, or empty."""

    path: str
    size: int
    sha256: str


class OrderIn(In):
    """An order to capture a listing's page; with a case number two officers approve the seal."""

    listing_id: RowNumber
    purpose: str
    case_number: str = ""


class OrderOut(Out):
    """An order, and the jobs that carry it out."""

    evidence: EvidenceOut
    job_ids: list[str]


class PurposeIn(In):
    """Why evidence is read, or leaves the house."""

    purpose: str


class ExportIn(PurposeIn):
    """Why a package leaves; ``as_stored`` asks for the stored bytes without reading aids."""

    as_stored: bool = False


class PasswordIn(In):
    """The signed-in officer's password, entered anew."""

    password: str


class ApprovalsOut(Out):
    """All approvals so far, and the jobs that the last one set going."""

    approvals: list[ApprovalOut]
    job_ids: list[str]


class VerificationOut(Out):
    """A verification: named steps, each PASSED, FAILED, INDETERMINATE or NOT_CHECKED."""

    verdict: str
    verdict_zh: str
    verdict_en: str
    passed: int
    failed: int
    unsure: int
    steps: list[dict[str, object]]

    @classmethod
    def of(cls, verdict: Verdict, steps: list[dict[str, object]]) -> "VerificationOut":
        """From the steps and what they add up to."""
        return cls(
            verdict=verdict.word,
            verdict_zh=verdict.zh,
            verdict_en=verdict.en,
            passed=verdict.passed,
            failed=verdict.failed,
            unsure=verdict.unsure,
            steps=steps,
        )


class ReplayOut(Out):
    """Where the archived page can be replayed for half an hour."""

    url: str
