"""One look at one site: first the network without a transaction, then the records in one.

Beside the proof that was asked for, the home page's ICP number is looked at, because a filing of the firm for this
domain saves the merchant an officer's look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from identity_verify.application import note_event
from identity_verify.control import SCOPES_OF, Challenge, Fetcher, Outcome, missed
from identity_verify.control_dns import check_cname, check_txt
from identity_verify.control_record import (
    Filings,
    Holder,
    ShopRead,
    ShopText,
    check_icp,
    check_shop,
    shown_numbers,
)
from identity_verify.control_web import check_file, check_meta
from identity_verify.errors import TooOftenError
from identity_verify.icp_filing import find_filings
from identity_verify.site_claims import challenge_of, proof_end, refresh_doubts
from kernel.clock import CHINA
from kernel.models import Application, ControlProof, FactVersion, Page, Shop, SiteClaim, Subject, SubjectName, Visit

LOOKS = {"dns": check_txt, "cname": check_cname, "file": check_file, "meta": check_meta}
ACTOR = "system:identity"
LEAST_GAP = timedelta(seconds=5)
A_DAY = 200
"""Looks a person may ask for in a day at one site: each one asks other people's servers."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network said. ``outcome`` is None for what the records decide; ``numbers`` are of the home page."""

    outcome: Outcome | None
    numbers: Sequence[str] = ()
    unreadable: Outcome | None = None


def may_look(session: Session, claim: SiteClaim, *, at: datetime) -> None:
    """Refuse a look that comes too soon after the last.

    Raises:
        TooOftenError: less than five seconds ago, or too many today.
    """
    query = select(ControlProof.at).where(
        ControlProof.site_claim_id == claim.id,
        ControlProof.occasion == "asked",
        ControlProof.at > at - timedelta(days=1),
    )
    times = list(session.execute(query).scalars())
    if (times and at - max(times) < LEAST_GAP) or len(times) >= A_DAY:
        raise TooOftenError(
            "expected some seconds between two checks, got another one at once", hint="请几秒后再检查。"
        )


def see(method: str, challenge: Challenge, fetcher: Fetcher, *, at: datetime) -> Seen:
    """Ask the network. No records are touched, so no transaction has to wait.

    Args:
        method: of ``control.METHODS``.
    """
    if challenge.scope not in SCOPES_OF[method]:
        return Seen(missed(method, "wrong-scope", scope=challenge.scope))
    outcome = LOOKS[method](challenge, fetcher, on=_day(at)) if method in LOOKS else None
    if method == "shop" or challenge.scope == "path":
        return Seen(outcome)
    numbers, unreadable = shown_numbers(challenge, fetcher)
    return Seen(outcome, numbers, unreadable)


def settle(
    session: Session, application: Application, claim: SiteClaim, method: str, seen: Seen, *, delegate: str = "",
    occasion: str, at: datetime,
) -> Outcome:  # fmt: skip
    """Write down what was seen, and what it makes of the claim when it is a proof.

    What a failure means for a badge is for ``recheck``; here a failure is only kept.

    Args:
        session: a write session. occasion: ``asked``, ``probe``, ``crawl``.

    Returns:
        the outcome, also for methods that the records decide.

    Effects: tables ``control_proof``, ``site_claim``; at a proof that is new, ``application_event`` and ``log_leaf``.
    """
    filed = _filed(session, application, claim, seen, delegate)
    outcome = seen.outcome
    if outcome is None:
        outcome = filed if method == "icp" else _shop_outcome(session, claim, delegate, at)
    if seen.numbers or seen.unreadable is None:
        claim.linked = [word for word in claim.linked if word != "icp"] + (["icp"] if filed.ok else [])
    session.add(
        ControlProof(
            site_claim_id=claim.id, method=method, at=at, ok=outcome.ok, cause=outcome.cause,
            detail=dict(outcome.detail), occasion=occasion,
        )
    )  # fmt: skip
    session.flush()
    if outcome.ok:
        first = claim.state != "proven" or claim.method != method
        claim.state, claim.method, claim.proven_at, claim.failing_since = "proven", method, at, None
        claim.proof_expires_at = proof_end(claim, at)
        if first:
            session.flush()
            note_event(session, application, "site-proven", actor=ACTOR, reason=method, at=at)
    refresh_doubts(session, application, claim)
    return outcome


def _filed(session: Session, application: Application, claim: SiteClaim, seen: Seen, delegate: str) -> Outcome:
    if seen.unreadable is not None:
        return seen.unreadable
    rows, imported = find_filings(session, seen.numbers)
    subject = session.get_one(Subject, application.subject_id)
    names = session.execute(select(SubjectName.name).where(SubjectName.subject_id == subject.id)).scalars()
    holder = Holder(subject.code, (subject.name, *names))
    return check_icp(challenge_of(claim, delegate), seen.numbers, Filings(rows, imported), holder)


def _shop_outcome(session: Session, claim: SiteClaim, delegate: str, at: datetime) -> Outcome:
    """What the crawler's records say of the token in a shop."""
    read = ShopRead(watched=False, last_read_at=None, texts=())
    if claim.shop_id is not None:
        visits = select(Visit.started_at).where(Visit.shop_id == claim.shop_id, Visit.state == "done", Visit.pages > 0)
        last = session.execute(visits.order_by(Visit.id.desc()).limit(1)).scalar_one_or_none()
        facts = select(FactVersion.field, FactVersion.value, FactVersion.raw, Page.final_url, FactVersion.seen_at).join(
            Page, Page.id == FactVersion.page_id
        )
        facts = facts.where(FactVersion.shop_id == claim.shop_id, FactVersion.superseded_at.is_(None))
        texts = [
            ShopText(field, text, url, seen_at)
            for field, value, raw, url, seen_at in session.execute(facts.where(_maybe_holds(claim.token)))
            for text in (str(value), raw)
        ]
        read = ShopRead(watched=session.get(Shop, claim.shop_id) is not None, last_read_at=last, texts=tuple(texts))
    return check_shop(challenge_of(claim, delegate), read, issued_at=claim.created_at, on=_day(at))


def _maybe_holds(token: str) -> ColumnElement[bool]:
    """Facts of the shop itself (few), and those of listings that hold the token as it is."""
    return or_(FactVersion.listing_id.is_(None), FactVersion.raw.icontains(token, autoescape=True))


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()
