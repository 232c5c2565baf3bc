"""Officers' approvals and the reading of evidence: who, why, and with the password entered anew."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import SignedIn, stored_password, try_password
from api.context import Context
from api.errors import ConflictError, InputError
from api.orders import Started, check_purpose
from api.packages import note
from api.policy import Scope
from api.queries.evidence import find_evidence, find_sealed
from evidence import approval
from kernel.models import CustodyEvent, Evidence
from pipeline.schedule import plan_captures

READING_TIME = timedelta(minutes=30)


def approve_evidence(context: Context, who: SignedIn, evidence_id: str, password: str) -> tuple[Started, ...]:
    """The signed-in officer approves the seal; the second approval sets the seal going.

    Raises:
        InputError: another password. NotFoundError: no such evidence for this person. Errors of
            ``evidence.approval``: this officer or this evidence may not be approved, with the reason.

    Effects: tables ``approval``, ``custody_event``, ``audit``, ``job``, ``user``; the queue.
    """
    require_own_password(context, who, password)
    name, at = who.scope.name, context.now()
    with context.database.write() as session:
        row = find_evidence(session, who.scope, evidence_id)
        approval.approve(session, row.id, account=name, at=at)
        ready = approval.is_ready(session, row, at)
        planned = plan_captures(session, created_by=name, at=at) if ready else []
    return tuple(Started(job_id, context.enqueue(job_id)) for job_id in planned)


def require_own_password(context: Context, who: SignedIn, password: str) -> None:
    """The signed-in person's password, entered anew; a wrong one counts as a failed sign-in.

    Raises:
        InputError: another password, or the account has none.

    Effects: table ``user``.
    """
    name = who.scope.name
    stored = stored_password(context.database, name)
    right = context.gate.matches(stored, password)
    with context.database.write() as session:
        refused = isinstance(try_password(session, name=name, stored=stored, right=right, at=context.now()), str)
    if refused:
        raise InputError(
            "expected the password of the signed-in officer, got another",
            hint="请重新输入本人口令。" if stored else "本账号没有口令，请先在账号页设置。",
            context={"fields": {"password": "password"}},
        )


def begin_reading(context: Context, who: SignedIn, evidence_id: str, purpose: str) -> Evidence:
    """Say why sealed evidence is read; for half an hour this person may then look at its contents.

    Raises:
        InputError: no purpose. NotFoundError, ConflictError: nothing to read.

    Effects: tables ``custody_event``, ``audit``.
    """
    purpose = check_purpose(purpose)
    with context.database.read() as session:
        row = find_sealed(session, who.scope, evidence_id)
    note(context, who, row, "read", purpose=purpose, detail={"how": "view"})
    return row


def reading_purpose(session: Session, scope: Scope, evidence_id: str, at: datetime) -> str:
    """Why this person reads the evidence, as said within half an hour; else empty."""
    query = (
        select(CustodyEvent.purpose)
        .where(
            CustodyEvent.evidence_id == evidence_id,
            CustodyEvent.action == "read",
            CustodyEvent.actor == scope.name,
            CustodyEvent.purpose != "",
            # Opening the replay is written down too, but says no purpose anew: the half hour does not begin again.
            CustodyEvent.detail["how"].as_string() == "view",
            CustodyEvent.at > at - READING_TIME,
            CustodyEvent.at <= at,
        )
        .order_by(CustodyEvent.seq.desc())
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none() or ""


def find_for_reading(session: Session, scope: Scope, evidence_id: str, at: datetime) -> tuple[Evidence, str]:
    """Sealed evidence whose contents this person may look at now, and the purpose that was given.

    Raises:
        NotFoundError: no such evidence for this person. ConflictError: not sealed, or no purpose was given.
    """
    row = find_sealed(session, scope, evidence_id)
    purpose = reading_purpose(session, scope, evidence_id, at)
    if not purpose:
        raise ConflictError(
            "expected a purpose before evidence is read, got none within half an hour",
            hint="先在证据页写明查看用途，它会写入保管链。",
        )
    return row, purpose
