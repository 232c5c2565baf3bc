"""The four systems beside a shop or a subject: what they say, since when, and how fresh it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from exchange.connectors import fault, state
from exchange.connectors.roster import SYSTEMS
from exchange.connectors.row import day_in_china
from identity_verify.subjects import shops_of, subject_of_shop
from kernel.models import LinkedPost, LinkedRecord, LinkedState, Shop, Subject

ROWS_SHOWN = 5
BY_SUBJECT, BY_SHOWN_CODE, BY_ADDRESS = "subject", "shown-code", "address"


@dataclass(frozen=True, slots=True)
class Basis:
    """By what the records are found.

    Attributes:
        how: ``subject`` (the shop is tied to one), ``shown-code`` (only by the code the shop shows, which may be
            another's) or ``address`` (no code is known). code: 统一社会信用代码 or empty. urls: of shops.
    """

    how: str
    code: str = ""
    name: str = ""
    subject_id: int | None = None
    urls: tuple[str, ...] = ()

    def condition(self) -> ColumnElement[bool]:
        """Which records concern it: by code, or by the address of a shop; never by a name alone."""
        ways = [LinkedRecord.subject_code == self.code] if self.code else []
        if self.urls:
            ways.append(and_(LinkedRecord.shop_url.in_(self.urls), LinkedRecord.subject_code.in_(("", self.code))))
        return or_(*ways) if ways else false()


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """One record with what depends on the day.

    Attributes:
        expired: its publicity is over; officers see it, the public may not.
        newer_waits: a later version lies in quarantine.
    """

    record: LinkedRecord
    expired: bool
    newer_waits: bool


@dataclass(frozen=True, slots=True)
class SystemView:
    """One system.

    Attributes:
        rows: the newest that stand. total: all that stand. gone: those the system has no more.
        good_at: when it was last read in full, or none. stale: too long ago, or never.
    """

    system: str
    rows: tuple[ShownRecord, ...]
    total: int
    gone: int
    good_at: datetime | None
    stale: bool


@dataclass(frozen=True, slots=True)
class FourSystems:
    """All four, and what we wrote back about it."""

    basis: Basis
    systems: tuple[SystemView, ...]
    posts: tuple[LinkedPost, ...]


def basis_of_shop(session: Session, shop: Shop) -> Basis:
    """By what records of a shop are found."""
    tied = subject_of_shop(session, shop.id)
    if tied is not None:
        subject = tied[0]
        return Basis(BY_SUBJECT, subject.code, subject.name, subject.id, (shop.url,))
    how = BY_SHOWN_CODE if shop.seller_code else BY_ADDRESS
    return Basis(how, shop.seller_code, shop.seller_name, None, (shop.url,))


def basis_of_subject(session: Session, subject: Subject) -> Basis:
    """By what records of a subject are found: its code, and the shops it runs."""
    ids = shops_of(session, subject.id)
    urls = tuple(session.execute(select(Shop.url).where(Shop.id.in_(ids))).scalars()) if ids else ()
    return Basis(BY_SUBJECT, subject.code, subject.name, subject.id, urls)


def panel(session: Session, *, subject_id: int | None = None, shop_id: int | None = None, at: datetime) -> FourSystems:
    """What the four systems say of a shop or a subject.

    Args:
        subject_id, shop_id: one of them. at: aware UTC; freshness and publicity are of this moment.

    Returns:
        every system, also one that says nothing or was never read.
    """
    basis = Basis(BY_ADDRESS)
    if shop_id is not None and (shop := session.get(Shop, shop_id)) is not None:
        basis = basis_of_shop(session, shop)
    elif subject_id is not None and (subject := session.get(Subject, subject_id)) is not None:
        basis = basis_of_subject(session, subject)
    states = state.all_states(session)
    views = tuple(_view(session, system, basis, states.get(system), at) for system in SYSTEMS)
    return FourSystems(basis, views, _posts(session, basis, shop_id))


def _view(session: Session, system: str, basis: Basis, how_far: LinkedState | None, at: datetime) -> SystemView:
    of_it = (LinkedRecord.system == system, basis.condition())
    newest = (
        select(LinkedRecord)
        .where(*of_it, LinkedRecord.deleted_at.is_(None))
        .order_by(LinkedRecord.happened_on.desc().nulls_last(), LinkedRecord.id.desc())
        .limit(ROWS_SHOWN)
    )
    number = select(func.count(LinkedRecord.id)).where(*of_it)
    total = session.execute(number.where(LinkedRecord.deleted_at.is_(None))).scalar_one()
    gone = session.execute(number.where(LinkedRecord.deleted_at.is_not(None))).scalar_one()
    good_at = how_far.good_at if how_far is not None else None
    rows = session.execute(newest).scalars().all()
    return SystemView(
        system=system,
        rows=shown(session, rows, at),
        total=total,
        gone=gone,
        good_at=good_at,
        stale=state.is_stale(how_far, at),
    )


def shown(session: Session, records: Sequence[LinkedRecord], at: datetime) -> tuple[ShownRecord, ...]:
    """Records with what depends on the day."""
    today = day_in_china(at)
    waiting = {system: fault.versions_of(session, system) for system in {record.system for record in records}}
    return tuple(
        ShownRecord(
            record=record,
            expired=is_expired(record, today),
            newer_waits=waiting[record.system].get(record.key, 0) > record.version,
        )
        for record in records
    )


def is_expired(record: LinkedRecord, today: date) -> bool:
    """The day until which a record may be shown to the public is over."""
    until = record.data.get("shown_until")
    return isinstance(until, str) and bool(until) and until < today.isoformat()


def _posts(session: Session, basis: Basis, shop_id: int | None) -> tuple[LinkedPost, ...]:
    ways = [LinkedPost.subject_code == basis.code] if basis.code else []
    if shop_id is not None:
        ways.append(LinkedPost.shop_id == shop_id)
    if not ways:
        return ()
    query = select(LinkedPost).where(or_(*ways)).order_by(LinkedPost.at.desc(), LinkedPost.id).limit(ROWS_SHOWN * 2)
    return tuple(session.execute(query).scalars())
