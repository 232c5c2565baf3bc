"""An application and its badge: issued, renewed, suspended, lifted, revoked together, in one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify import badges
from identity_verify.application import move, note_event
from identity_verify.badge_holder import ENDED
from identity_verify.badge_keys import BadgeKeys
from identity_verify.merchants import sites_of
from identity_verify.proven_site import ProvenSite
from identity_verify.site_claims import held_claims, subject_of
from kernel.models import Application, Badge

RENEW_SHARE = 3
"""A badge is renewed when a third of the longest term is left."""
LEAST_LEFT = timedelta(hours=2)


def ensure_badge(session: Session, keys: BadgeKeys, application: Application, *, actor: str, at: datetime) -> bool:
    """Issue the badge of a verified application; make an existing one say the sites that are proven now.

    Nothing happens where there is nothing to say (no site left: that is a suspension, see :func:`suspend`).

    Returns:
        True when the badge is new or says something new.

    Effects: tables ``application``, ``application_event``, ``badge``, ``badge_token``, ``badge_key``, ``audit``.
    """
    sites = [site for site in sites_of(session, application.subject_id, at=at) if site.expires_at - at > LEAST_LEFT]
    if application.state not in {"verified", "issued", "warning"} or not sites:
        return False
    before = session.get(Badge, application.badge_id) if application.badge_id else None
    token = before.token if before is not None else ""
    badge = badges.issue(session, keys, application.subject_id, sites, actor=actor, at=at)
    if badge.token == token and badge.expires_at - at < keys.life / RENEW_SHARE and _longer(keys, badge, sites, at):
        badge = badges.renew(session, keys, badge.id, sites, actor=actor, at=at)
    application.badge_id, application.badge_expires_at = badge.id, badge.expires_at
    if application.state == "verified":
        move(session, application, "issue", actor=actor, at=at)
        return True
    if badge.token != token:
        note_event(session, application, "badge-renewed", actor=actor, reason="", at=at)
    return badge.token != token


def _longer(keys: BadgeKeys, badge: Badge, sites: Sequence[ProvenSite], at: datetime) -> bool:
    """Whether a new token would last longer than the old one, by a day at least."""
    end = min(*(site.expires_at for site in sites), at + keys.life)
    return end - badge.expires_at > timedelta(days=1)


def suspend(
    session: Session, keys: BadgeKeys, application: Application, *, actor: str, reason: str, note: str = "",
    at: datetime,
) -> None:  # fmt: skip
    """Suspend an application with its badge. Twice is harmless.

    Args:
        reason: a word: ``control``, ``subject-ended``, ``officer``. note: in words, for the merchant.

    Raises:
        StepError: it has no badge, or has ended.

    Effects: tables ``application``, ``application_event``, ``badge``, ``badge_token``, ``audit``.
    """
    if application.state == "suspended":
        return
    move(session, application, "suspend", actor=actor, reason=reason, note=note, at=at)
    application.suspended_for = reason
    _withdraw(session, keys, application, "suspended", reason=note or reason, actor=actor, at=at)


def resume(
    session: Session, keys: BadgeKeys, application: Application, *, actor: str, note: str = "", at: datetime
) -> bool:
    """Lift a suspension where sites are proven.

    Returns:
        False while nothing is proven, or the subject is no more.

    Effects: as :func:`suspend` and :func:`ensure_badge`.
    """
    claims = held_claims(session, application.id)
    proven = [claim for claim in claims if claim.state == "proven" and (claim.proof_expires_at or at) > at]
    if application.state != "suspended" or not proven or subject_of(session, application).status in ENDED:
        return False
    badge = session.get(Badge, application.badge_id)
    move(session, application, "resume", actor=actor, reason=application.suspended_for, note=note, at=at)
    application.suspended_for = ""
    session.flush()
    if badge is not None and badge.state == "suspended":
        badges.set_state(session, badge.id, "active", reason=note or "proven again", actor=actor, at=at)
    ensure_badge(session, keys, application, actor=actor, at=at)
    return True


def revoke(
    session: Session, keys: BadgeKeys, application: Application, *, actor: str, reason: str, note: str = "",
    at: datetime,
) -> None:  # fmt: skip
    """End an application for good, and its badge where no other application carries it.

    Effects: tables ``application``, ``application_event``, ``badge``, ``badge_token``, ``audit``.
    """
    move(session, application, "revoke", actor=actor, reason=reason, note=note, at=at)
    _withdraw(session, keys, application, "revoked", reason=note or reason, actor=actor, at=at)


def expire(session: Session, keys: BadgeKeys, application: Application, *, actor: str, at: datetime) -> None:
    """The term is over and was not renewed.

    Effects: tables ``application``, ``application_event``, ``badge``, ``badge_token``, ``audit``.
    """
    move(session, application, "expire", actor=actor, reason="term", at=at)
    _withdraw(session, keys, application, "revoked", reason="term is over", actor=actor, at=at)


def _withdraw(
    session: Session, keys: BadgeKeys, application: Application, state: str, *, reason: str, actor: str, at: datetime
) -> None:
    """Take an application's word out of its badge: the badge goes with it, unless others of the subject carry it."""
    session.flush()
    badge = session.get(Badge, application.badge_id) if application.badge_id else None
    if badge is None or badge.state == "revoked":
        return
    others = select(Application.id).where(
        Application.badge_id == badge.id, Application.id != application.id, Application.state.in_(("issued", "warning"))
    )
    left = sites_of(session, application.subject_id, at=at)
    if badge.state == "active" and left and session.execute(others.limit(1)).first() is not None:
        badges.issue(session, keys, application.subject_id, left, actor=actor, at=at)
        return
    badges.set_state(session, badge.id, state, reason=reason, actor=actor, at=at)
