"""From proofs to a verified application, and the officer's part in it.

Spec: 网络交易监督管理办法 art 24 (identities are checked); 行政许可法 art 34 (a person checks what papers do not show).
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify import journey
from identity_verify.application import move, note_event, require_in_being
from identity_verify.doubts import Applicant, not_granted, of_applicant
from identity_verify.errors import NotReadyError
from identity_verify.site_claims import COUNTING, drop_site, held_claims, refresh_doubts, subject_of
from kernel.models import Application

OPEN = ("pending", "verified")
MIN_NOTE = 4


def submit(session: Session, application: Application, *, actor: str, at: datetime) -> None:
    """Hand an application in: from now on proofs lead on by themselves. Twice is harmless.

    Raises:
        NotReadyError: without a site. StepError: it went further or has ended.

    Effects: tables ``application``, ``application_event``, ``audit``.
    """
    if application.state == "pending":
        return
    if not held_claims(session, application.id):
        raise NotReadyError("expected at least one site, got none", hint="请先添加网站或店铺。")
    application.approval, application.approval_note = "", ""
    move(session, application, "submit", actor=actor, at=at)
    advance(session, application, actor=actor, at=at)


def advance(session: Session, application: Application, *, actor: str, at: datetime) -> bool:
    """Bring a pending application on as far as its proofs and agreements carry it; ask an officer where they do not.

    Returns:
        True when a badge can be issued, or may have something new to say.

    Raises:
        SubjectEndedError: the subject was struck off before there was a badge.

    Effects: tables ``application``, ``site_claim``, ``application_event``, ``audit``.
    """
    if application.state not in {*OPEN, *journey.BADGED}:
        return False
    claims = held_claims(session, application.id)
    for claim in claims:
        refresh_doubts(session, application, claim)
    proven = [claim for claim in claims if claim.state in COUNTING]
    # What was agreed of the firm stays agreed while there is a badge; the registry's changes are the re-check's.
    whole: tuple[str, ...] = ()
    if application.state in OPEN:
        require_in_being(subject_of(session, application))
        whole = of_applicant(_applicant(session, application))
    doubts = [*whole, *(doubt for claim in proven for doubt in claim.doubts)]
    application.approval_reasons = doubts
    if proven and not_granted(doubts, application.granted_for):
        _ask(session, application, at=at)
    elif application.approval == "needed":
        application.approval = ""
    clear = [claim for claim in proven if not not_granted(claim.doubts, application.granted_for)]
    if not clear or not_granted(whole, application.granted_for):
        return False
    if application.state == "pending":
        move(session, application, "verify", actor=actor, reason=clear[0].method, at=at)
    return True


def _ask(session: Session, application: Application, *, at: datetime) -> None:
    if application.approval not in {"needed", "refused"}:
        application.approval = "needed"
        reason = not_granted(application.approval_reasons, application.granted_for)[0][:40]
        note_event(session, application, "asks-officer", actor="system:identity", reason=reason, at=at)


def _applicant(session: Session, application: Application) -> Applicant:
    subject = subject_of(session, application)
    others = select(Application.id).where(
        Application.subject_id == application.subject_id,
        Application.account_id != application.account_id,
        Application.state.not_in((*journey.ENDS, "draft")),
    )
    return Applicant(
        name_word=str(application.match.get("word", "differs")),
        representative=application.representative,
        persons=tuple(str(person[1]) for person in subject.persons if len(person) > 1),
        status=subject.status,
        category=application.category,
        others=session.execute(others.limit(1)).first() is not None,
    )


def grant(session: Session, application: Application, *, actor: str, note: str, at: datetime) -> bool:
    """An officer agrees to all that is in doubt now; what comes up later is asked anew.

    Args:
        actor: the officer. note: what they compared, in words.

    Returns:
        as :func:`advance`.

    Raises:
        NotReadyError: nothing to agree to, or no note.

    Effects: tables ``application``, ``application_event``, ``audit``.
    """
    _require_note(note)
    asked = not_granted(application.approval_reasons, application.granted_for)
    if application.approval != "needed" or not asked:
        raise NotReadyError("expected an application that waits for an officer, got another", hint="请刷新页面。")
    application.granted_for = [*application.granted_for, *asked]
    _decided(application, "granted", actor, note, at)
    note_event(session, application, "granted", actor=actor, reason=asked[0][:40], at=at)
    return advance(session, application, actor=actor, at=at)


def refuse(session: Session, application: Application, *, actor: str, note: str, at: datetime) -> None:
    """An officer sends a pending application back to its draft, with the reason for the merchant to read.

    Where there is a badge already, the question is about a site that was added: that site is dropped.

    Raises:
        NotReadyError: it does not wait for an officer, or no note.

    Effects: tables ``application``, ``site_claim``, ``application_event``, ``audit``.
    """
    _require_note(note)
    if application.approval != "needed":
        raise NotReadyError("expected an application that waits for an officer, got another", hint="请刷新页面。")
    if application.state in OPEN:
        move(session, application, "return", actor=actor, reason="refused", note=note.strip(), at=at)
    else:
        for claim in held_claims(session, application.id):
            if not_granted(claim.doubts, application.granted_for):
                drop_site(session, application, claim, actor=actor, at=at)
    _decided(application, "refused", actor, note, at)


def _decided(application: Application, approval: str, actor: str, note: str, at: datetime) -> None:
    application.approval, application.approved_by, application.approved_at = approval, actor, at
    application.approval_note = note.strip()


def _require_note(note: str) -> None:
    if len(note.strip()) < MIN_NOTE:
        raise NotReadyError(
            "expected a few words on what was compared, got none",
            hint="请写明核对了什么。",
            context={"fields": {"note": "missing"}},
        )
