"""Sightings: a badge, or a picture of one, where it does not belong. Signs for officers, never findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify.errors import BadgeStateError
from kernel import audit
from kernel.models import BadgeSighting

Kind = Literal["live-frame", "csp-report", "image", "link", "text", "false-link"]
UNKNOWN_HOST = "unknown"
_MAX_URL = 2_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting as it is made.

    Attributes:
        badge_id: empty where the copy does not tell. host: A-label form, or ``unknown``.
        score: 0 to 100. reasons: why, each with ``word`` and ``what``.
    """

    badge_id: str
    kind: Kind
    host: str
    url: str = ""
    score: int = 0
    reasons: Sequence[Mapping[str, str]] = ()
    shop_id: int | None = None
    page_id: int | None = None


def record(session: Session, seen: Seen, *, at: datetime) -> tuple[BadgeSighting, bool]:
    """Keep a sighting; one row for a badge, a kind and a host, however often it is seen.

    What an officer dismissed stays dismissed, and goes on counting.

    Returns:
        the row, and whether it is new.

    Effects: table ``badge_sighting``; ``audit`` for a new one.
    """
    query = select(BadgeSighting).where(
        BadgeSighting.badge_id == seen.badge_id, BadgeSighting.kind == seen.kind, BadgeSighting.host == seen.host
    )
    row = session.execute(query).scalar_one_or_none()
    if row is not None:
        row.times += 1
        row.last_seen_at = max(row.last_seen_at, at)
        if seen.score >= row.score:
            row.score, row.url = seen.score, seen.url[:_MAX_URL] or row.url
            row.reasons = [dict(reason) for reason in seen.reasons] or row.reasons
            row.shop_id, row.page_id = seen.shop_id or row.shop_id, seen.page_id or row.page_id
        session.flush()
        return row, False
    row = BadgeSighting(
        badge_id=seen.badge_id, kind=seen.kind, host=seen.host[:255], url=seen.url[:_MAX_URL], score=seen.score,
        reasons=[dict(reason) for reason in seen.reasons], shop_id=seen.shop_id, page_id=seen.page_id, times=1,
        state="open", first_seen_at=at, last_seen_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.append(
        session, actor="system:badge", action="badge.sighted", object_type="badge_sighting", object_id=row.id,
        detail={"badge": seen.badge_id, "kind": seen.kind, "host": seen.host}, at=at,
    )  # fmt: skip
    return row, True


def decide(session: Session, row: BadgeSighting, state: str, *, reason: str, actor: str, at: datetime) -> None:
    """An officer's word on a sighting: ``confirmed``, ``dismissed``, or ``open`` again.

    Raises:
        BadgeStateError: another word.

    Effects: tables ``badge_sighting``, ``audit``.
    """
    if state not in {"open", "confirmed", "dismissed"}:
        raise BadgeStateError(f"expected open, confirmed or dismissed, got {state[:20]}", hint="请重新选择")
    audit.append(
        session, actor=actor, action=f"badge.sighting_{state}", object_type="badge_sighting", object_id=row.id,
        detail={"reason": reason}, at=at,
    )  # fmt: skip
    row.state, row.decision, row.decided_by, row.decided_at = state, reason, actor, at
    session.flush()
