"""Linked systems: how they do, their records, rows in quarantine, what was written back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, cut, narrowed
from exchange.connectors import fault, post, state
from exchange.connectors.panel import (
    BY_ADDRESS,
    Basis,
    FourSystems,
    ShownRecord,
    basis_of_shop,
    basis_of_subject,
    panel,
    shown,
)
from exchange.connectors.roster import SYSTEMS, folder_of, url_of
from identity_verify import registry_gap
from kernel.config import Settings
from kernel.models import LinkedFault, LinkedPost, LinkedRecord, LinkedState, Shop, Subject

Row = TypeVar("Row")
STUCK = (post.REFUSED, post.DEAD)


@dataclass(frozen=True, slots=True)
class SystemHealth:
    """How one system does.

    Attributes:
        url: where it is asked, or the folder where it drops files, or empty. lag_middle, lag_most, lag_longest: of
            pulled changes, ms; none before the first. open: the breaker is open. stale: not read in full for long.
        posted_middle, posted_most, posted_longest: from a write-back to its receipt, ms, of the last ones; none before
            the first. waits_since: since when the oldest write-back waits.
        gap: of the registry, why its copy says nothing of a code it lacks, a word of ``registry_gap.copy_gap``; empty
            where it does, none of another system.
    """

    system: str
    url: str
    state: LinkedState
    records: int
    faults: int
    waiting: int
    stuck: int
    lag_middle: int | None
    lag_most: int | None
    lag_longest: int | None
    posted_middle: int | None
    posted_most: int | None
    posted_longest: int | None
    waits_since: datetime | None
    open: bool
    stale: bool
    gap: str | None = None


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """What to list; empty means any. ``gone``: records the system has no more."""

    system: str = ""
    state: str = ""
    shop_id: int | None = None
    subject_id: int | None = None
    text: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class FaultFilter:
    """What to list; empty means any. ``state`` ``waiting`` stands for ``open`` and ``again``."""

    system: str = ""
    state: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class PostFilter:
    """What to list; empty means any. ``state`` ``stuck`` stands for ``refused`` and ``dead``."""

    system: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class RecordDetail:
    """One record with its quarantine and what was written back about it."""

    row: ShownRecord
    faults: tuple[LinkedFault, ...]
    posts: tuple[LinkedPost, ...]


def health(session: Session, scope: Scope, settings: Settings, at: datetime) -> tuple[SystemHealth, ...]:
    """Every system; nothing for a reader who may not see them."""
    if not scope.may(Permission.LINKED_HEALTH):
        return ()
    return tuple(_health(session, settings, system, at) for system in SYSTEMS)


def _health(session: Session, settings: Settings, system: str, at: datetime) -> SystemHealth:
    row = state.read(session, system)

    def number(model: type[LinkedRecord | LinkedFault | LinkedPost], *conditions: Any) -> int:
        query = select(func.count()).select_from(model).where(model.system == system, *conditions)
        return int(session.execute(query).scalar_one())

    sent = select(LinkedPost.lag_ms).where(LinkedPost.system == system, LinkedPost.state == post.SENT)
    posted = list(session.execute(sent.order_by(LinkedPost.sent_at.desc()).limit(state.LAGS_KEPT)).scalars())
    oldest = select(func.min(LinkedPost.at)).where(LinkedPost.system == system, LinkedPost.state == post.WAITING)
    return SystemHealth(
        system=system,
        url=url_of(settings, system) or str(folder_of(settings, system) or ""),
        state=row,
        records=number(LinkedRecord, LinkedRecord.deleted_at.is_(None)),
        faults=number(LinkedFault, LinkedFault.state.in_(fault.WAITING)),
        waiting=number(LinkedPost, LinkedPost.state == post.WAITING),
        stuck=number(LinkedPost, LinkedPost.state.in_(STUCK)),
        lag_middle=state.percentile(row.lags, 0.5),
        lag_most=state.percentile(row.lags, 0.95),
        lag_longest=max(row.lags, default=None),
        posted_middle=state.percentile(posted, 0.5),
        posted_most=state.percentile(posted, 0.95),
        posted_longest=max(posted, default=None),
        waits_since=session.execute(oldest).scalar_one(),
        open=state.is_open(row, at),
        stale=state.is_stale(row, at),
        gap=registry_gap.copy_gap(session, at=at) if system == registry_gap.SYSTEM else None,
    )


def list_records(
    session: Session, scope: Scope, wanted: RecordFilter, *, at: datetime, before: int | None = None
) -> Slice[ShownRecord]:
    """Records, those taken last first."""
    query = select(LinkedRecord).where(allowed(scope, Permission.LINKED_READ), _of(session, wanted))
    query = query.where(LinkedRecord.deleted_at.is_not(None) if wanted.gone else LinkedRecord.deleted_at.is_(None))
    query = narrowed(query, (LinkedRecord.system, wanted.system), (LinkedRecord.state, wanted.state))
    if wanted.text:
        columns = (LinkedRecord.title, LinkedRecord.subject_name, LinkedRecord.subject_code, LinkedRecord.key)
        query = query.where(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    rows, total, following = cut(session, query, LinkedRecord.id, before=before, limit=PAGE_SIZE)
    return Slice(shown(session, [row[0] for row in rows], at), total, following)


def _of(session: Session, wanted: RecordFilter) -> Any:
    """The condition of a shop or a subject; that of nothing where there is no such."""
    if wanted.shop_id is not None:
        shop = session.get(Shop, wanted.shop_id)
        return (basis_of_shop(session, shop) if shop else Basis(BY_ADDRESS)).condition()
    if wanted.subject_id is not None:
        subject = session.get(Subject, wanted.subject_id)
        return (basis_of_subject(session, subject) if subject else Basis(BY_ADDRESS)).condition()
    return true()


def read_record(session: Session, scope: Scope, record_id: int, *, at: datetime) -> RecordDetail:
    """One record.

    Raises:
        NotFoundError: no such record, or not this reader's.
    """
    record = _one(session, select(LinkedRecord).where(LinkedRecord.id == record_id), scope, "record")
    faults = (
        select(LinkedFault)
        .where(LinkedFault.system == record.system, LinkedFault.key == record.key)
        .order_by(LinkedFault.id.desc())
        .limit(PAGE_SIZE)
    )
    posts = (
        select(LinkedPost)
        .where(LinkedPost.system == record.system, LinkedPost.record_key == record.key)
        .order_by(LinkedPost.at.desc())
        .limit(PAGE_SIZE)
    )
    return RecordDetail(
        row=shown(session, [record], at)[0],
        faults=tuple(session.execute(faults).scalars()),
        posts=tuple(session.execute(posts).scalars()),
    )


def list_faults(
    session: Session, scope: Scope, wanted: FaultFilter, *, before: int | None = None
) -> Slice[LinkedFault]:
    """Rows in quarantine, newest first."""
    query = select(LinkedFault).where(allowed(scope, Permission.LINKED_READ))
    query = narrowed(query, (LinkedFault.system, wanted.system), (LinkedFault.key, wanted.key))
    if wanted.state:
        states = fault.WAITING if wanted.state == "waiting" else (wanted.state,)
        query = query.where(LinkedFault.state.in_(states))
    rows, total, following = cut(session, query, LinkedFault.id, before=before, limit=PAGE_SIZE)
    return Slice(tuple(row[0] for row in rows), total, following)


def find_fault(session: Session, scope: Scope, fault_id: int) -> LinkedFault:
    """One row in quarantine.

    Raises:
        NotFoundError: no such row, or not this reader's.
    """
    return _one(session, select(LinkedFault).where(LinkedFault.id == fault_id), scope, "row in quarantine")


def list_posts(session: Session, scope: Scope, wanted: PostFilter, *, before: str | None = None) -> Slice[LinkedPost]:
    """What was written back, newest first."""
    query = select(LinkedPost).where(allowed(scope, Permission.LINKED_READ))
    if wanted.system:
        query = query.where(LinkedPost.system == wanted.system)
    if wanted.state:
        query = query.where(LinkedPost.state.in_(STUCK if wanted.state == "stuck" else (wanted.state,)))
    rows, total, following = cut(session, query, LinkedPost.id, before=before, limit=PAGE_SIZE)
    return Slice(tuple(row[0] for row in rows), total, following)


def find_post(session: Session, scope: Scope, post_id: str) -> LinkedPost:
    """One thing that was written back.

    Raises:
        NotFoundError: no such thing, or not this reader's.
    """
    return _one(session, select(LinkedPost).where(LinkedPost.id == post_id), scope, "message")


def _one(session: Session, query: Select[Row], scope: Scope, what: str) -> Row:
    mine = query.where(allowed(scope, Permission.LINKED_READ))
    return require(session.execute(mine).scalar_one_or_none(), f"a {what} of a linked system", "列表")


def four_systems(
    session: Session, scope: Scope, *, shop_id: int | None = None, subject_id: int | None = None, at: datetime
) -> FourSystems | None:
    """The four systems beside a shop or a subject; nothing for a reader who may not see them."""
    return panel(session, shop_id=shop_id, subject_id=subject_id, at=at) if scope.may(Permission.LINKED_READ) else None
