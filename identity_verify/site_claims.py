"""The sites and shops of an application: claimed, given a token, proven, dropped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from identity_verify import journey
from identity_verify.application import note_event, unknown
from identity_verify.control import Challenge
from identity_verify.control_token import LIFE_DAYS, new_token
from identity_verify.doubts import ClaimedSite, of_site
from identity_verify.errors import NotReadyError, SiteAddressError
from identity_verify.look_alike import look_alikes
from identity_verify.proven_site import ProvenSite, SiteScope
from identity_verify.site_address import read_address
from kernel.clock import CHINA
from kernel.models import Application, ControlProof, Shop, SiteClaim, Subject, SubjectLink
from kernel.models.subject import LIVE_STATES

MAX_SITES = 20
PROOF_LIFE = timedelta(days=90)
"""How long one proof counts when nobody can look any more; it is looked at again each day."""
COUNTING = ("proven", "failing")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a merchant claims: an address as typed, how much of it, and whether it is a shop on a platform."""

    address: str
    scope: SiteScope = "host"
    kind: str = "site"


def add_site(session: Session, application: Application, claim: Claim, *, actor: str, at: datetime) -> SiteClaim:
    """Claim a site; the same one again is given back, with the new scope if it differs (then it is proven anew).

    Raises:
        SiteAddressError: no address, or one whose scope cannot be given to anybody.
        NotReadyError: the application has ended, or too many sites.

    Effects: tables ``site_claim``, ``application_event``, ``audit``.
    """
    if application.state in journey.ENDS:
        raise NotReadyError("expected a live application, got one that has ended", hint="请新建申请。")
    address = read_address(claim.address)
    scope: SiteScope = "path" if claim.kind == "shop" and address.path != "/" else claim.scope
    if claim.kind == "shop" and scope == "domain":
        scope = "host"
    if scope == "domain" and not address.domain:
        raise SiteAddressError(
            f"expected a domain of one's own, got the public suffix {address.host}", hint="请填写自己的域名。"
        )
    if scope == "path" and address.path == "/":
        raise SiteAddressError("expected an address with a path, got a whole host", hint="请填写店铺首页的完整网址。")
    path = address.path if scope == "path" else "/"
    held = held_claims(session, application.id)
    same = next((row for row in held if (row.host, row.path) == (address.host, path)), None)
    if same is not None and (same.scope, same.origin) == (scope, address.origin):
        return same
    if same is None and len(held) >= MAX_SITES:
        raise NotReadyError(f"expected at most {MAX_SITES} sites, got one more", hint="请先删除不用的站点。")
    if same is not None:
        drop_site(session, application, same, actor=actor, at=at)
    row = SiteClaim(
        application_id=application.id, kind=claim.kind, origin=address.origin, host=address.host,
        domain=address.domain, scope=scope, path=path, token=new_token(), created_at=at,
        token_expires_on=(at.astimezone(CHINA) + timedelta(days=LIFE_DAYS)).date(),
        warnings=[item.as_dict() for item in look_alikes(address.host, _known_hosts(session, application))],
    )  # fmt: skip
    row.shop_id = _shop_of(session, row)
    session.add(row)
    session.flush()
    refresh_doubts(session, application, row)
    note_event(session, application, "site-added", actor=actor, reason=written(row)[:40], at=at)
    return row


def _known_hosts(session: Session, application: Application) -> Iterable[str]:
    """Hosts of others that a new one might be taken for: sites others have proven, those of the registry, and shops."""
    mine = select(Application.id).where(Application.subject_id == application.subject_id)
    claims = select(SiteClaim.host).where(SiteClaim.state.in_(COUNTING), SiteClaim.application_id.not_in(mine))
    yield from session.execute(claims.distinct()).scalars()
    own = select(SubjectLink.key).where(
        SubjectLink.kind == "shop", SubjectLink.subject_id == application.subject_id, SubjectLink.state.in_(LIVE_STATES)
    )
    own_ids = [int(key) for key in session.execute(own).scalars() if key.isdecimal()]
    yield from session.execute(select(Shop.host).where(Shop.id.not_in(own_ids)).distinct().limit(20_000)).scalars()


def _shop_of(session: Session, row: SiteClaim) -> int | None:
    """The watched shop at this address, if there is one."""
    base = row.origin + row.path
    urls = {base, base.rstrip("/"), base.rstrip("/") + "/"}
    return session.execute(select(Shop.id).where(Shop.url.in_(urls)).limit(1)).scalar_one_or_none()


def drop_site(session: Session, application: Application, row: SiteClaim, *, actor: str, at: datetime) -> None:
    """Take a site out of an application; its proofs stay as history.

    Effects: tables ``site_claim``, ``application_event``, ``audit``.
    """
    if row.removed_at is None:
        row.removed_at, row.next_probe_at = at, None
        note_event(session, application, "site-dropped", actor=actor, reason=written(row)[:40], at=at)


def renew_token(session: Session, application: Application, row: SiteClaim, *, actor: str, at: datetime) -> None:
    """A new token; the old one proves nothing more, the proof itself stands until it is looked at again.

    Effects: tables ``site_claim``, ``application_event``, ``audit``.
    """
    row.token = new_token()
    row.token_expires_on = (at.astimezone(CHINA) + timedelta(days=LIFE_DAYS)).date()
    row.next_probe_at = at + timedelta(days=1) if row.state in COUNTING else None
    note_event(session, application, "token-renewed", actor=actor, reason=written(row)[:40], at=at)


def held_claims(session: Session, application_id: int) -> list[SiteClaim]:
    """The sites an application holds now, oldest first."""
    query = select(SiteClaim).where(SiteClaim.application_id == application_id, SiteClaim.removed_at.is_(None))
    return list(session.execute(query.order_by(SiteClaim.id)).scalars())


def held_claim(session: Session, application_id: int, claim_id: int, *, lock: bool = False) -> SiteClaim:
    """One site that an application holds.

    Raises:
        ApplicationUnknownError: it holds none with this number.
    """
    query = select(SiteClaim).where(
        SiteClaim.id == claim_id, SiteClaim.application_id == application_id, SiteClaim.removed_at.is_(None)
    )
    row = session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    if row is None:
        raise unknown()
    return row


def challenge_of(row: SiteClaim, delegate: str) -> Challenge:
    """What has to be found for a claim."""
    return Challenge(
        row.origin, row.host, row.domain, row.path, row.scope, row.token, row.token_expires_on, delegate.lower()
    )


def written(row: SiteClaim) -> str:
    """The written form of a claimed site, as on the badge."""
    return _proven(row, row.created_at, row.created_at).text()


def proven_site(row: SiteClaim) -> ProvenSite | None:
    """The claim as a proven site; None while it is not proven."""
    if row.state not in COUNTING or row.proven_at is None or row.proof_expires_at is None:
        return None
    return _proven(row, row.proven_at, row.proof_expires_at)


def _proven(row: SiteClaim, proven_at: datetime, expires_at: datetime) -> ProvenSite:
    scope: SiteScope = "domain" if row.scope == "domain" else "path" if row.scope == "path" else "host"
    _, _, port = row.origin.partition("://")[2].partition(":")
    return ProvenSite(
        host=row.domain if scope == "domain" else row.host, scope=scope, proven_at=proven_at, expires_at=expires_at,
        method=row.method, path=row.path if scope == "path" else "", port=int(port or 0),
    )  # fmt: skip


def proof_end(row: SiteClaim, at: datetime) -> datetime:
    """Until when a proof of this moment counts: ninety days, and never after the token's last day (in China)."""
    last = datetime.combine(row.token_expires_on + timedelta(days=1), time(), CHINA).astimezone(UTC)
    return min(at + PROOF_LIFE, last)


def refresh_doubts(session: Session, application: Application, row: SiteClaim) -> None:
    """Look again why an officer would have to agree to this site. Effects: table ``site_claim``."""
    proofs = select(ControlProof.method).where(ControlProof.site_claim_id == row.id, ControlProof.ok)
    others = select(SiteClaim.id).join(Application, Application.id == SiteClaim.application_id).where(
        SiteClaim.host == row.host, SiteClaim.path == row.path, SiteClaim.state.in_(COUNTING),
        SiteClaim.removed_at.is_(None), Application.subject_id != application.subject_id,
        Application.state.not_in(journey.ENDS),
    )  # fmt: skip
    subjects = _subjects_of_shop(session, row)
    row.linked = sorted(
        {*(word for word in row.linked if word == "icp"), *_linked(session, application, row, subjects)}
    )
    row.doubts = list(
        of_site(
            ClaimedSite(
                name=written(row),
                methods=frozenset(session.execute(proofs).scalars()),
                linked=row.linked,
                warnings=[item["word"] for item in row.warnings],
                held_by_other=session.execute(others.limit(1)).first() is not None,
                shop_of_other=bool(subjects) and application.subject_id not in subjects,
            )
        )
    )


def _subjects_of_shop(session: Session, row: SiteClaim) -> set[int]:
    if row.shop_id is None:
        return set()
    query = select(SubjectLink.subject_id).where(
        SubjectLink.kind == "shop", SubjectLink.key == str(row.shop_id), SubjectLink.relation == "runs",
        SubjectLink.state.in_(("auto", "confirmed")),
    )  # fmt: skip
    return set(session.execute(query).scalars())


def _linked(session: Session, application: Application, row: SiteClaim, subjects: set[int]) -> Iterable[str]:
    """What ties the site to the firm and is not of the merchant's making."""
    # A site's own page is written by whoever runs it; only a platform checks the licence before it shows one.
    if row.kind == "shop" and application.subject_id in subjects:
        yield "platform"
    query = select(SubjectLink.key).where(
        SubjectLink.kind == "site", SubjectLink.subject_id == application.subject_id,
        SubjectLink.source == "registry", SubjectLink.state.in_(LIVE_STATES),
    )  # fmt: skip
    for key in session.execute(query).scalars():
        try:
            listed = read_address(key)
        except SiteAddressError:
            continue
        same_host = listed.host in {row.host, f"www.{row.host}"} or f"www.{listed.host}" == row.host
        whole = row.scope != "domain" or listed.host in {row.domain, f"www.{row.domain}"}
        if same_host and whole and (row.scope != "path" or listed.path.rstrip("/") == row.path.rstrip("/")):
            yield "registry"


def subject_of(session: Session, application: Application) -> Subject:
    """The subject an application is for."""
    return session.get_one(Subject, application.subject_id)


def claims_at(session: Session, host: str, path: str) -> list[SiteClaim]:
    """Standing claims of anybody for an address."""
    query = select(SiteClaim).where(
        SiteClaim.removed_at.is_(None),
        SiteClaim.state.in_(COUNTING),
        SiteClaim.host == host,
        or_(SiteClaim.path == path, SiteClaim.path == "/"),
    )
    return list(session.execute(query.order_by(SiteClaim.id)).scalars())
