"""Notices: what a unit or a person here has to know or do, each told once."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.batch import batched
from kernel.clock import as_utc
from kernel.models import Notice
from kernel.rows import dialect_insert

EXCHANGE_OFFICE = "exchange"
"""Owner of what concerns the exchange as a whole: everybody who may see the exchange reads it."""


def tell(  # noqa: PLR0913 - the parts of a notice, each named by its caller
    session: Session,
    *,
    key: str,
    owner: str,
    kind: str,
    title: str,
    at: datetime,
    detail: Mapping[str, object] | None = None,
    link: str = "",
    due_at: datetime | None = None,
) -> Notice:
    """Tell an owner something; the same key again changes nothing.

    Args:
        session: a write session. key: natural key of the matter. owner: unit or user name.
        kind: what it is about. title: Chinese and English in one line. link: page of ours that opens it.
        due_at: until when it has to be done, or none. at: aware UTC.

    Effects: table ``notice``.
    """
    query = select(Notice).where(Notice.key == key)
    known = session.execute(query).scalar_one_or_none()
    if known is not None:
        return known
    values = {
        "key": key, "owner": owner, "kind": kind, "title": title, "detail": dict(detail or {}), "link": link,
        "at": as_utc(at), "due_at": due_at,
    }  # fmt: skip
    # Another process may tell the same at this very moment: one of the two rows is written, and both go on.
    session.execute(dialect_insert(session, Notice).values(**values))
    return session.execute(query).scalar_one()


def done(session: Session, keys: Iterable[str], *, at: datetime) -> int:
    """The matters are settled; how many notices that ended. Effects: table ``notice``."""
    wanted = list(keys)
    ended = 0
    for part in batched(wanted, 500):
        query = select(Notice).where(Notice.key.in_(part), Notice.done_at.is_(None))
        for row in session.execute(query).scalars():
            row.done_at = as_utc(at)
            ended += 1
    return ended


def read(session: Session, notice_id: int, *, by: str, at: datetime) -> Notice | None:
    """Note who opened a notice first. Effects: table ``notice``."""
    row = session.get(Notice, notice_id)
    if row is not None and row.read_at is None:
        row.read_at, row.read_by = as_utc(at), by
    return row


def is_late(row: Notice, at: datetime) -> bool:
    """Whether an open notice is past its deadline."""
    return row.done_at is None and row.due_at is not None and row.due_at < at


def is_soon(row: Notice, at: datetime, within: timedelta = timedelta(days=2)) -> bool:
    """Whether an open notice is due within some time (yellow card)."""
    return row.done_at is None and row.due_at is not None and at <= row.due_at <= at + within
