"""Badges and sightings for officers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.errors import InputError
from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, counts, cut, narrowed
from identity_verify import badges, sightings
from identity_verify.badge_check import BadgeVerdict
from kernel.models import AuditEntry, Badge, BadgeSighting, BadgeToken

MAX_REASON = 1_000
STATES = ("active", "suspended", "revoked")
SHOWN = 50


@dataclass(frozen=True, slots=True)
class BadgeFilter:
    """What to list; empty means any. ``text`` is looked for in number, name and code."""

    state: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class SightingFilter:
    """Which sightings; empty means any."""

    state: str = ""
    kind: str = ""
    badge: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class BadgeDetail:
    """All that one badge's page shows. ``steps`` are its audit lines, newest first."""

    badge: Badge
    verdict: BadgeVerdict
    tokens: tuple[BadgeToken, ...]
    sightings: Slice[BadgeSighting]
    steps: tuple[AuditEntry, ...]


def list_badges(
    session: Session, scope: Scope, wanted: BadgeFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[Badge]:
    """Badges, the newest token first."""
    query = select(Badge).where(allowed(scope, Permission.BADGE_READ))
    if wanted.state:
        query = query.where(Badge.state == wanted.state)
    if wanted.text:
        columns = (Badge.id, Badge.name, Badge.code)
        text = wanted.text.strip()
        number = text.replace(" ", "")
        found = [column.icontains(text, autoescape=True) for column in columns]
        query = query.where(or_(*found, Badge.id == number.upper()))
    rows, total, next_before = cut(session, query, Badge.token_idx, before=before, limit=limit)
    return Slice(tuple(row[0] for row in rows), total, next_before)


def list_sightings(
    session: Session, scope: Scope, wanted: SightingFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[BadgeSighting]:
    """Sightings, newest first."""
    query = select(BadgeSighting).where(allowed(scope, Permission.BADGE_READ))
    query = narrowed(
        query,
        (BadgeSighting.state, wanted.state),
        (BadgeSighting.kind, wanted.kind),
        (BadgeSighting.badge_id, wanted.badge),
        (BadgeSighting.host, wanted.host),
    )
    rows, total, next_before = cut(session, query, BadgeSighting.id, before=before, limit=limit)
    return Slice(tuple(row[0] for row in rows), total, next_before)


def sighting_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many sightings there are by state and kind."""
    seen = allowed(scope, Permission.BADGE_READ)
    return {
        "state": counts(session, BadgeSighting.state, seen),
        "kind": counts(session, BadgeSighting.kind, seen),
    }


def read_badge(session: Session, scope: Scope, badge_id: str, *, at: datetime) -> BadgeDetail:
    """One badge.

    Raises:
        NotFoundError: no such badge, or not this reader's.
    """
    query = select(Badge).where(Badge.id == badge_id, allowed(scope, Permission.BADGE_READ))
    badge = require(session.execute(query).scalar_one_or_none(), "a badge", "标识列表")
    tokens = select(BadgeToken).where(BadgeToken.badge_id == badge_id).order_by(BadgeToken.idx.desc()).limit(SHOWN)
    steps = (
        select(AuditEntry)
        .where(AuditEntry.object_type == "badge", AuditEntry.object_id == badge_id)
        .order_by(AuditEntry.seq.desc())
        .limit(SHOWN)
    )
    return BadgeDetail(
        badge=badge,
        verdict=badges.check(session, badge_id, at=at),
        tokens=tuple(session.execute(tokens).scalars()),
        sightings=list_sightings(session, scope, SightingFilter(badge=badge_id)),
        steps=tuple(session.execute(steps).scalars()),
    )


def set_badge_state(session: Session, scope: Scope, badge_id: str, *, state: str, reason: str, at: datetime) -> None:
    """Suspend, restore or revoke, with a reason.

    Raises:
        InputError: no reason. NotFoundError: no such badge. BadgeStateError: not from its state.

    Effects: tables ``badge``, ``audit``.
    """
    read_badge(session, scope, badge_id, at=at)
    badges.set_state(session, badge_id, state, reason=_reason(reason), actor=scope.name, at=at)


def decide_sighting(
    session: Session, scope: Scope, sighting_id: int, *, decision: str, reason: str, at: datetime
) -> BadgeSighting:
    """Confirm or dismiss a sighting, with a reason.

    Raises:
        InputError: no reason. NotFoundError: no such sighting. BadgeStateError: no such decision.

    Effects: tables ``badge_sighting``, ``audit``.
    """
    query = select(BadgeSighting).where(BadgeSighting.id == sighting_id, allowed(scope, Permission.BADGE_READ))
    row = require(session.execute(query).scalar_one_or_none(), "a sighting", "列表")
    sightings.decide(session, row, decision, reason=_reason(reason), actor=scope.name, at=at)
    return row


def _reason(text: str) -> str:
    reason = text.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise InputError(
            f"expected a reason of 1 to {MAX_REASON} characters, got {len(reason)}",
            hint="请写明理由。",
            context={"fields": {"reason": f"1-{MAX_REASON}"}},
        )
    return reason
