"""Applications of merchants: what the merchant and what the officer sees of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, cut
from identity_verify.application import any_application, own_application, unknown
from identity_verify.control import SCOPES_OF, Challenge
from identity_verify.control_dns import delegated_name
from identity_verify.control_token import META_NAME, WELL_KNOWN, record_name, record_text
from identity_verify.doubts import not_granted
from identity_verify.site_address import shown
from identity_verify.site_claims import challenge_of, held_claims, written
from kernel.models import (
    Application,
    ApplicationEvent,
    Badge,
    ControlProof,
    MerchantAccount,
    Shop,
    SiteClaim,
    Subject,
)

PROOFS_SHOWN = 30
SITE_METHODS = ("file", "dns", "meta", "cname", "icp")
"""In the order of how easy they are for most merchants."""


@dataclass(frozen=True, slots=True)
class SiteCard:
    """One claimed site as a page shows it.

    Attributes:
        text: its written form. shown: as people read it. methods: that can prove it, easiest first.
        last: the newest look by each method. doubts: words that an officer must still agree to.
        name, record, file, meta, alias: where each proof stands and what it is.
    """

    claim: SiteClaim
    text: str
    shown: str
    methods: tuple[str, ...]
    last: Mapping[str, ControlProof]
    doubts: tuple[str, ...]
    name: str
    record: str
    file: str
    meta: str
    alias: str
    shop: Shop | None


@dataclass(frozen=True, slots=True)
class Journey:
    """One application with all that its page shows."""

    row: Application
    account: MerchantAccount
    subject: Subject
    sites: tuple[SiteCard, ...]
    events: tuple[ApplicationEvent, ...]
    badge: Badge | None
    open_doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationFilter:
    """What to list; empty means any. ``text`` is looked for in code and name."""

    state: str = ""
    approval: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """A line of the officers' list."""

    row: Application
    account: MerchantAccount
    sites: int


def own_journeys(session: Session, account_id: int) -> tuple[Application, ...]:
    """The applications of one merchant, newest first."""
    query = select(Application).where(Application.account_id == account_id).order_by(Application.id.desc())
    return tuple(session.execute(query.limit(100)).scalars())


def own_journey(session: Session, account_id: int, application_id: int, *, delegate: str) -> Journey:
    """One application of one merchant.

    Raises:
        ApplicationUnknownError: there is none, or it is somebody else's.
    """
    return _journey(session, own_application(session, account_id, application_id), delegate)


def read_journey(session: Session, scope: Scope, application_id: int, *, delegate: str) -> Journey:
    """One application, for an officer.

    Raises:
        ApplicationUnknownError: there is none, or none this reader may see.
    """
    if not scope.may(Permission.APPLICATION_READ):
        raise unknown()
    return _journey(session, any_application(session, application_id), delegate)


def _journey(session: Session, row: Application, delegate: str) -> Journey:
    events = select(ApplicationEvent).where(ApplicationEvent.application_id == row.id)
    doubts = not_granted(row.approval_reasons, row.granted_for)
    return Journey(
        row=row,
        account=session.get_one(MerchantAccount, row.account_id),
        subject=session.get_one(Subject, row.subject_id),
        sites=tuple(_card(session, row, claim, delegate) for claim in held_claims(session, row.id)),
        events=tuple(session.execute(events.order_by(ApplicationEvent.id.desc()).limit(100)).scalars()),
        badge=session.get(Badge, row.badge_id) if row.badge_id else None,
        open_doubts=doubts if row.approval in {"needed", "refused"} else (),
    )


def _card(session: Session, row: Application, claim: SiteClaim, delegate: str) -> SiteCard:
    challenge: Challenge = challenge_of(claim, delegate)
    proofs = select(ControlProof).where(ControlProof.site_claim_id == claim.id)
    last: dict[str, ControlProof] = {}
    for proof in session.execute(proofs.order_by(ControlProof.id.desc()).limit(PROOFS_SHOWN)).scalars():
        last.setdefault(proof.method, proof)
    known = ("shop", *SITE_METHODS) if claim.kind == "shop" else SITE_METHODS
    return SiteCard(
        claim=claim,
        text=written(claim),
        shown=shown(claim.host),
        methods=tuple(method for method in known if claim.scope in SCOPES_OF[method]),
        last=last,
        doubts=not_granted(claim.doubts, row.granted_for),
        name=record_name(challenge.name),
        record=record_text(claim.token, claim.token_expires_on),
        file=f"{claim.origin}{WELL_KNOWN}{claim.token}",
        meta=f'<meta name="{META_NAME}" content="{claim.token}">',
        alias=delegated_name(challenge),
        shop=session.get(Shop, claim.shop_id) if claim.shop_id else None,
    )


def list_applications(
    session: Session, scope: Scope, wanted: ApplicationFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[ApplicationRow]:
    """Applications, newest first; what waits for an officer is a filter away."""
    sites = (
        select(func.count(SiteClaim.id))
        .where(SiteClaim.application_id == Application.id, SiteClaim.removed_at.is_(None))
        .scalar_subquery()
    )
    query = (
        select(Application, MerchantAccount, sites)
        .join(MerchantAccount, MerchantAccount.id == Application.account_id)
        .where(allowed(scope, Permission.APPLICATION_READ))
    )
    if wanted.state:
        query = query.where(Application.state == wanted.state)
    if wanted.approval:
        query = query.where(Application.approval == wanted.approval)
    if wanted.text:
        columns = (Application.code, Application.subject_name)
        query = query.where(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    rows, total, next_before = cut(session, query, Application.id, before=before, limit=limit)
    return Slice(tuple(ApplicationRow(*row) for row in rows), total, next_before)


def waiting(session: Session, scope: Scope) -> int:
    """How many applications wait for an officer."""
    query = select(func.count(Application.id)).where(
        Application.approval == "needed", allowed(scope, Permission.APPLICATION_READ)
    )
    return session.execute(query).scalar_one()
