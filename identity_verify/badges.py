"""Badges: issue, suspend, revoke, renew, check.

A badge says that one market subject runs certain sites, for as long as that is proven. Every step is one audit
line; its number is the badge's revision, by which caches see what changed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from identity_verify import badge_token, signed_text
from identity_verify.badge_check import BadgeVerdict, Looked, judge, refused
from identity_verify.badge_holder import Holder, holder_of
from identity_verify.badge_id import new_badge_id, read_badge_id
from identity_verify.badge_keys import COUNTING, BadgeKeys, public_keys
from identity_verify.badge_token import MAX_SITES, Claims
from identity_verify.errors import BadgeError, BadgeStateError, BadgeTokenError, BadgeUnknownError
from identity_verify.proven_site import ProvenSite, shared_term
from kernel import audit
from kernel.clock import iso
from kernel.crypto import sha256_hex
from kernel.models import Badge, BadgeKey, BadgeToken, Subject

LEAST_TERM = timedelta(hours=1)
STEPS_OF_STATE = {"active": ("suspended", "revoked"), "suspended": ("active", "revoked"), "revoked": ()}


def issue(
    session: Session, keys: BadgeKeys, subject_id: int, sites: Sequence[ProvenSite], *, actor: str = "", at: datetime
) -> Badge:
    """The badge of a subject for its proven sites. A subject has one live badge: where it has one, it is renewed.

    Args:
        session: a write session. sites: proven at ``at``. actor: who decided; the issuer itself when empty.

    Returns:
        the badge; the same one, unchanged, when nothing is new.

    Raises:
        BadgeError: no such subject, one that is struck off, no sites, or proofs that are over.
        BadgeStateError: its badge is suspended.

    Effects: tables ``badge``, ``badge_token``, ``badge_key``, ``audit``.
    """
    # Whoever comes second waits here, and then finds the badge of the first.
    session.execute(select(Subject.id).where(Subject.id == subject_id).with_for_update())
    holder = _holder(session, subject_id)
    live = _live(session, subject_id, at)
    if live is None:
        return _issue_new(session, keys, holder, sites, actor=actor or "system:badge", at=at)
    if live.state == "suspended":
        raise BadgeStateError(
            f"expected no suspended badge of this subject, got {live.id}", hint="先恢复或撤销 lift or revoke it first"
        )
    if (live.sites, live.code, live.name) == (_written(sites, at), holder.code, holder.name):
        return live
    return renew(session, keys, live.id, sites, actor=actor, at=at)


def renew(
    session: Session, keys: BadgeKeys, badge_id: str, sites: Sequence[ProvenSite], *, actor: str = "", at: datetime
) -> Badge:
    """A new token and term for a badge; the old token no longer counts.

    Raises:
        BadgeUnknownError: no such badge. BadgeStateError: it is suspended or revoked. BadgeError: as :func:`issue`.

    Effects: tables ``badge``, ``badge_token``, ``badge_key``, ``audit``.
    """
    badge = _get(session, badge_id, lock=True)
    if badge.state != "active":
        raise BadgeStateError(
            f"expected an active badge, got a {badge.state} one", hint="先恢复再续期 lift the suspension first"
        )
    holder = _holder(session, badge.subject_id)
    written = _written(sites, at)
    entry = _audit(session, actor or "system:badge", "badge.renewed", badge.id, at, sites=written)
    badge.sites, badge.proofs, badge.code, badge.name = written, _proofs(sites), holder.code, holder.name
    _sign(session, keys, badge, _term(keys, sites, at), at=at)
    badge.revision = entry
    session.flush()
    return badge


def set_state(session: Session, badge_id: str, state: str, *, reason: str, actor: str, at: datetime) -> None:
    """Suspend, lift a suspension, or revoke for good. Nothing happens when it is in that state already.

    Args:
        state: ``active``, ``suspended`` or ``revoked``. reason: shown to officers and merchant, not to the public.

    Raises:
        BadgeUnknownError: no such badge. BadgeStateError: no such state, or none that this one leads to.

    Effects: tables ``badge``, ``audit``.
    """
    badge = _get(session, badge_id, lock=True)
    if badge.state == state:
        return
    if state not in STEPS_OF_STATE[badge.state]:
        allowed = " or ".join(STEPS_OF_STATE[badge.state]) or "nowhere"
        raise BadgeStateError(
            f"expected a step from {badge.state} to {allowed}, got {state}",
            hint="已撤销的标识须重新签发 a revoked badge is issued anew",
        )
    verb = {"active": "badge.restored", "suspended": "badge.suspended", "revoked": "badge.revoked"}[state]
    badge.revision = _audit(session, actor, verb, badge.id, at, reason=reason)
    badge.state, badge.reason, badge.state_at, badge.state_by = state, reason, at, actor
    session.flush()


def resign(session: Session, keys: BadgeKeys, kid: str, *, actor: str, at: datetime) -> int:
    """Sign anew every badge whose token a key signed, with term, sites and state as they are: after a compromise.

    Returns:
        badges signed anew.

    Effects: tables ``badge``, ``badge_token``, ``badge_key``, ``audit``; one transaction.
    """
    query = select(Badge).where(Badge.kid == kid, Badge.state != "revoked", Badge.expires_at > at).order_by(Badge.id)
    found = session.execute(query).scalars().all()
    entry = _audit(session, actor, "badge.resigned", kid, at, badges=len(found))
    for badge in found:
        _sign(session, keys, badge, badge.expires_at, at=at)
        badge.revision = entry
    session.execute(update(BadgeToken).where(BadgeToken.kid == kid, BadgeToken.ended_at.is_(None)).values(ended_at=at))
    session.flush()
    return len(found)


def check(session: Session, badge_id_or_token: str, *, shown_on: str = "", at: datetime) -> BadgeVerdict:
    """What a badge is worth now, by its number or its token; the records decide, so a revocation counts at once.

    Args:
        shown_on: address of the page that shows it; empty when nobody said.
    """
    text = badge_id_or_token.strip()
    if "." in text or "~" in text:
        return _check_token(session, text, shown_on=shown_on, at=at)
    looked = look(session, text)
    return looked if isinstance(looked, BadgeVerdict) else judge(looked, shown_on=shown_on, at=at)


def look(session: Session, badge_id: str) -> Looked | BadgeVerdict:
    """What the records say of a number, to be judged at any time; or the verdict where it leads to no badge."""
    number = read_badge_id(badge_id)
    if number is None:
        return refused("malformed", "number", "check-character")
    badge = session.get(Badge, number)
    if badge is None:
        return refused("unknown", "registered", "unknown")
    return Looked(badge, _counts(session, badge.kid))


def _check_token(session: Session, token: str, *, shown_on: str, at: datetime) -> BadgeVerdict:
    query = select(BadgeToken).where(BadgeToken.sha256 == sha256_hex(token.encode()))
    row = session.execute(query).scalar_one_or_none()
    if row is None:
        # Not one of ours, byte for byte. A right signature on it is worse than a wrong one: a key is in other hands.
        return refused("forged", "token", _reason(session, token))
    badge = _get(session, row.badge_id)
    superseded = row.ended_at is not None or badge.token_idx != row.idx
    return judge(
        Looked(badge, _counts(session, row.kid), by_token=True, superseded=superseded), shown_on=shown_on, at=at
    )


def _reason(session: Session, token: str) -> str:
    try:
        signed_text.read(token.rstrip("~"), public_keys(session), kind=badge_token.TYPE)
    except BadgeTokenError as error:
        return error.reason
    return "never-issued"


def _counts(session: Session, kid: str) -> bool:
    row = session.get(BadgeKey, kid)
    return row is not None and row.state in COUNTING


def _holder(session: Session, subject_id: int) -> Holder:
    holder = holder_of(session, subject_id)
    if holder is None or not holder.code:
        raise BadgeError(
            f"expected a subject with a credit code, got number {subject_id}", hint="先核对主体 check the subject first"
        )
    if holder.ended:
        raise BadgeError(
            f"expected a subject in being, got one that is {holder.status}", hint="主体已注销或吊销 it was struck off"
        )
    return holder


def require_badge_id(text: str) -> str:
    """The number in a text as people type it.

    Raises:
        BadgeUnknownError: it is none.
    """
    number = read_badge_id(text)
    if number is None:
        raise BadgeUnknownError(f"expected the number of a badge, got {text[:40]!r}", hint="核对编号 check the number")
    return number


def _get(session: Session, badge_id: str, *, lock: bool = False) -> Badge:
    """A badge as it stands; locked until the transaction ends when it is to be changed."""
    badge = session.get(Badge, badge_id, with_for_update=lock)
    if badge is None:
        raise BadgeUnknownError(
            f"expected a badge, got none with number {badge_id[:40]}", hint="核对编号 check the number"
        )
    return badge


def _live(session: Session, subject_id: int, at: datetime) -> Badge | None:
    query = select(Badge).where(Badge.subject_id == subject_id, Badge.state != "revoked", Badge.expires_at > at)
    return session.execute(query.order_by(Badge.issued_at.desc()).limit(1)).scalar_one_or_none()


def _issue_new(
    session: Session, keys: BadgeKeys, holder: Holder, sites: Sequence[ProvenSite], *, actor: str, at: datetime
) -> Badge:
    badge_id, written = new_badge_id(), _written(sites, at)
    term = _term(keys, sites, at)
    revision = _audit(session, actor, "badge.issued", badge_id, at, subject=holder.subject_id, sites=written)
    badge = Badge(
        id=badge_id, subject_id=holder.subject_id, code=holder.code, name=holder.name, sites=written,
        proofs=_proofs(sites), state="active", state_at=at, state_by=actor, token="", token_idx=-1, kid="",
        issued_at=at, expires_at=term, revision=revision,
    )  # fmt: skip
    _sign(session, keys, badge, term, at=at)
    session.flush()
    return badge


def _written(sites: Sequence[ProvenSite], at: datetime) -> list[str]:
    over = [site.text() for site in sites if site.expires_at <= at]
    if over or not 0 < len(sites) <= MAX_SITES:
        raise BadgeError(
            f"expected 1 to {MAX_SITES} sites proven now, got {len(sites)}, of them over: {', '.join(over) or 'none'}",
            hint="先完成站点控制权核验 prove control of the site first",
        )
    return sorted({site.text() for site in sites})


def _proofs(sites: Sequence[ProvenSite]) -> list[dict[str, str]]:
    return [
        {
            "site": site.text(),
            "method": site.method,
            "proven_at": iso(site.proven_at),
            "expires_at": iso(site.expires_at),
        }
        for site in sorted(sites, key=ProvenSite.text)
    ]


def _term(keys: BadgeKeys, sites: Sequence[ProvenSite], at: datetime) -> datetime:
    """The end of the first proof, and no later than a token's longest term; whole seconds."""
    end = min(shared_term(sites) or at, at + keys.life).replace(microsecond=0)
    if end - at < LEAST_TERM:
        raise BadgeError("expected proofs for an hour at least, got less", hint="先重新核验站点 prove the site again")
    return end


def _sign(session: Session, keys: BadgeKeys, badge: Badge, term: datetime, *, at: datetime) -> None:
    signing = keys.signing(session, at=at)
    previous = session.get(BadgeToken, badge.token_idx) if badge.token_idx >= 0 else None
    if previous is not None:
        previous.ended_at = previous.ended_at or at
    idx = (session.execute(select(func.max(BadgeToken.idx))).scalar() or 0) + 1
    place, uri = keys.issuer.place_of(idx)
    begun = at.replace(microsecond=0)
    claims = Claims(
        issuer=keys.issuer.origin, vct=keys.issuer.vct, badge_id=badge.id, code=badge.code, name=badge.name,
        sites=tuple(badge.sites), issued_at=begun, expires_at=term, status_idx=place, status_uri=uri,
    )  # fmt: skip
    badge.token = badge_token.sign(claims, kid=signing.kid, key=signing.key)
    badge.token_idx, badge.kid, badge.issued_at, badge.expires_at = idx, signing.kid, begun, term
    session.add(badge)
    session.flush()
    session.add(
        BadgeToken(
            idx=idx, badge_id=badge.id, kid=signing.kid, sha256=sha256_hex(badge.token.encode()),
            issued_at=begun, expires_at=term,
        )
    )  # fmt: skip
    row = session.get_one(BadgeKey, signing.kid)
    row.keep_until = max(row.keep_until or term, term)
    session.flush()


def _audit(session: Session, actor: str, action: str, badge_id: str, at: datetime, **detail: object) -> int:
    entry = audit.append(
        session, actor=actor, action=action, object_type="badge", object_id=badge_id, detail=detail, at=at
    )
    return entry.seq
