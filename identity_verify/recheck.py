"""Looking again: what is due, and what a failed look means.

Each proven site is looked at each day. The first failure warns; looks then come closer together; only when every look
for a whole day has failed does a site lose its proof, and an application without a proven site its badge. One good
look in between, and nothing has happened. What may be our own fault (a name server that does not answer) never counts,
unless it goes on for three days.

Spec: 网络交易监督管理办法 art 24 (checked again at least every six months).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from identity_verify import badge_holding, journey
from identity_verify.application import move, note_event
from identity_verify.badge_holder import ENDED
from identity_verify.badge_keys import BadgeKeys
from identity_verify.control import NOT_THEIR_FAULT, Outcome
from identity_verify.site_claims import COUNTING, held_claims, refresh_doubts, subject_of, written
from kernel.models import Application, Badge, ControlProof, SiteClaim, Subject

ACTOR = "system:recheck"
DAILY = timedelta(hours=20)
"""Less than a day, so that what went is found within one."""
SPREAD_MINUTES = 120
GRACE = timedelta(days=1)
SOONEST, LATEST = timedelta(minutes=15), timedelta(hours=4)
UNSURE_AGAIN = timedelta(hours=1)
UNSURE_LIMIT = timedelta(days=3)
LAPSED_AGAIN = timedelta(days=1)
IDLE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Due:
    """A site whose turn it is: numbers of application and claim, and the methods that proved it, the last one first."""

    application_id: int
    claim_id: int
    methods: tuple[str, ...]


def due_claims(session: Session, *, at: datetime, limit: int) -> list[Due]:
    """Sites to look at now, the longest waiting first."""
    query = (
        select(SiteClaim.application_id, SiteClaim.id, SiteClaim.method)
        .join(Application, Application.id == SiteClaim.application_id)
        .where(
            SiteClaim.next_probe_at <= at,
            SiteClaim.removed_at.is_(None),
            Application.state.in_(("verified", *journey.BADGED)),
        )
        .order_by(SiteClaim.next_probe_at, SiteClaim.id)
        .limit(limit)
    )
    return [Due(owner, claim, _methods(session, claim, method)) for owner, claim, method in session.execute(query)]


def _methods(session: Session, claim_id: int, method: str) -> tuple[str, ...]:
    """Whoever moved from a DNS record to a file has not lost the site."""
    proofs = select(ControlProof.method).where(ControlProof.site_claim_id == claim_id, ControlProof.ok).distinct()
    return (method, *sorted(set(session.execute(proofs).scalars()) - {method}))


def weigh(
    session: Session, keys: BadgeKeys, application: Application, claim: SiteClaim, outcome: Outcome, *, at: datetime
) -> None:
    """Draw the consequences of a look at a site: after ``proving.settle`` has written it down.

    Effects: tables ``site_claim``, ``application``, ``application_event``, and those of badges.
    """
    if outcome.ok:
        claim.next_probe_at = at + DAILY - _spread(claim)
    elif outcome.method != claim.method:
        pass  # a way that was tried beside the one that counts
    elif claim.state in COUNTING and not _counts(claim, outcome, at):
        claim.next_probe_at = at + UNSURE_AGAIN
    elif claim.state in COUNTING:
        _failed(session, application, claim, outcome, at=at)
    else:
        claim.next_probe_at = at + LAPSED_AGAIN if claim.state == "lapsed" else None
    session.flush()
    follow(session, keys, application, at=at)


def _counts(claim: SiteClaim, outcome: Outcome, at: datetime) -> bool:
    proven_at = claim.proven_at or at
    return outcome.cause not in NOT_THEIR_FAULT or at - proven_at > UNSURE_LIMIT


def _failed(session: Session, application: Application, claim: SiteClaim, outcome: Outcome, *, at: datetime) -> None:
    since = claim.failing_since = claim.failing_since or at
    if at - since < GRACE:
        claim.state = "failing"
        # Never later than the end of the day of grace: two failures a day apart are the rule, and the day is enough.
        claim.next_probe_at = min(at + min(max((at - since) / 2, SOONEST), LATEST), since + GRACE)
        return
    claim.state, claim.next_probe_at = "lapsed", at + LAPSED_AGAIN
    note_event(session, application, "site-lapsed", actor=ACTOR, reason=outcome.cause[:40], at=at)


def _spread(claim: SiteClaim) -> timedelta:
    """Sites that were proven in the same minute are not looked at in the same minute for ever."""
    return timedelta(minutes=claim.id * 37 % SPREAD_MINUTES)


def follow(session: Session, keys: BadgeKeys, application: Application, *, at: datetime) -> None:
    """Make the application's state say what its sites and its subject say. Idempotent.

    Effects: tables ``application``, ``application_event``, and those of badges.
    """
    if application.state not in journey.BADGED:
        return
    if _follow_badge(session, application, at=at):
        return
    claims = held_claims(session, application.id)
    subject = subject_of(session, application)
    if subject.status in ENDED:
        if application.state != "suspended":
            badge_holding.suspend(session, keys, application, actor=ACTOR, reason="subject-ended", at=at)
        return
    standing = [claim for claim in claims if claim.state in COUNTING and (claim.proof_expires_at or at) > at]
    if application.state == "suspended":
        if application.suspended_for in {"control", "subject-ended"}:
            badge_holding.resume(session, keys, application, actor=ACTOR, at=at)
        return
    if not standing:
        badge_holding.suspend(session, keys, application, actor=ACTOR, reason="control", at=at)
        return
    trouble = _trouble(subject, standing)
    if trouble and application.state == "issued":
        move(session, application, "warn", actor=ACTOR, reason=trouble, at=at)
    elif not trouble and application.state == "warning":
        move(session, application, "recover", actor=ACTOR, at=at)
    session.flush()
    badge_holding.ensure_badge(session, keys, application, actor=ACTOR, at=at)


def _follow_badge(session: Session, application: Application, *, at: datetime) -> bool:
    """What was done to the badge itself, by hand, holds for the application too. True when that settles it."""
    badge = session.get(Badge, application.badge_id)
    if badge is None:
        return False
    if badge.state == "revoked":
        move(session, application, "revoke", actor=badge.state_by or ACTOR, reason="badge-revoked", at=at)
        return True
    if badge.state == "suspended" and application.state != "suspended":
        application.suspended_for = "badge"
        move(session, application, "suspend", actor=badge.state_by or ACTOR, reason="badge-suspended", at=at)
        return True
    if badge.state == "active" and application.suspended_for == "badge":
        application.suspended_for = ""
        move(session, application, "resume", actor=badge.state_by or ACTOR, reason="badge-restored", at=at)
    return False


def _trouble(subject: Subject, standing: list[SiteClaim]) -> str:
    if subject.status == "abnormal":
        return "subject-abnormal"
    failing = next((claim for claim in standing if claim.state == "failing"), None)
    return f"failing:{written(failing)}"[:40] if failing is not None else ""


def changed_subjects(session: Session, *, limit: int) -> list[int]:
    """Applications whose subject changed in the registry since it was looked at."""
    query = (
        select(Application.id)
        .join(Subject, Subject.id == Application.subject_id)
        .where(
            Application.state.not_in(journey.ENDS),
            or_(Application.registry_seen_at.is_(None), Application.registry_seen_at < Subject.updated_at),
        )
        .order_by(Application.id)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def take_change(session: Session, keys: BadgeKeys, application: Application, *, at: datetime) -> None:
    """Draw the consequences of a change in the registry, at once: a new name, a new status, a new site list.

    Effects: tables ``application``, ``application_event``, ``site_claim``, and those of badges.
    """
    subject = subject_of(session, application)
    application.registry_seen_at = subject.updated_at
    if application.match.get("status") != subject.status or application.subject_name != subject.name:
        reason = subject.status if application.match.get("status") != subject.status else "renamed"
        application.match = {**application.match, "registered": subject.name, "status": subject.status}
        application.subject_name = subject.name
        note_event(session, application, "registry", actor=ACTOR, reason=reason[:40], at=at)
    for claim in held_claims(session, application.id):
        refresh_doubts(session, application, claim)
    session.flush()
    follow(session, keys, application, at=at)


def overdue(session: Session, *, at: datetime, limit: int) -> list[int]:
    """Applications whose term is over, and drafts nobody came back to for two months."""
    query = (
        select(Application.id)
        .where(
            or_(
                (Application.state.in_(tuple(journey.BADGED))) & (Application.badge_expires_at <= at),
                (Application.state.in_(("draft", "pending"))) & (Application.state_since <= at - IDLE),
            )
        )
        .order_by(Application.id)
        .limit(limit)
    )
    return list(session.execute(query).scalars())
