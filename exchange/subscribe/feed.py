"""The change feed: every change of a data set under a number, in the order of commits, for readers with a cursor."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from exchange.subscribe.catalogue import catalogue
from exchange.subscribe.errors import SubscribeError
from kernel.clock import as_utc
from kernel.db import one_writer
from kernel.models import Change, ChangeCounter

UPSERT, VOID = "UPSERT", "VOID"


def publish(
    session: Session,
    data_set: str,
    key: str,
    version: int,
    row: Mapping[str, object],
    *,
    at: datetime,
    op: str = UPSERT,
    region: str = "",
) -> int:
    """Put one change of one row into the feed, in the caller's transaction; the same version again changes nothing.

    The counter's row is locked until the commit, so that a reader who saw number n has seen all before it.

    Args:
        version: grows with each change of the row. row: fields of the catalogue; ``VOID`` needs only the key.
        region: GB/T 2260 of the matter, for scopes by jurisdiction. at: aware UTC.

    Returns:
        the number of the change.

    Raises:
        SubscribeError: unknown data set or fields.

    Effects: tables ``change``, ``change_counter``.
    """
    known = catalogue().data_sets.get(data_set)
    if known is None or not set(row) <= set(known.fields) or op not in {UPSERT, VOID}:
        raise SubscribeError(
            f"expected fields of a data set in the catalogue, got {data_set[:60]!r} {sorted(row)[:20]}"
        )
    wanted = (Change.data_set == data_set, Change.key == key, Change.version == version)
    number = session.execute(select(Change.number).where(*wanted)).scalar_one_or_none()
    if number is not None:
        return number
    number = _next(session, data_set)
    session.add(
        Change(
            data_set=data_set, number=number, key=key, version=version, op=op, region=region,
            row={**row, known.key: key}, at=as_utc(at),
        )
    )  # fmt: skip
    session.flush()
    return number


def _next(session: Session, data_set: str) -> int:
    counter = ChangeCounter.data_set == data_set
    grow = update(ChangeCounter).where(counter).values(value=ChangeCounter.value + 1)
    if not session.connection().execute(grow).rowcount:
        one_writer(session)  # two first changes at once would both begin the counter
        if not session.connection().execute(grow).rowcount:
            session.add(ChangeCounter(data_set=data_set, value=1))
            session.flush()
    return session.execute(select(ChangeCounter.value).where(counter)).scalar_one()


def newest(session: Session, data_set: str) -> int:
    """The number of the last change; 0 when there is none."""
    query = select(ChangeCounter.value).where(ChangeCounter.data_set == data_set)
    return session.execute(query).scalar_one_or_none() or 0


def changes(session: Session, data_set: str, *, after: int, limit: int, until: int | None = None) -> Sequence[Change]:
    """Changes behind a cursor, in order. Args: after: number of the last one seen. until: last number wanted."""
    query = select(Change).where(Change.data_set == data_set, Change.number > after)
    if until is not None:
        query = query.where(Change.number <= until)
    return session.execute(query.order_by(Change.number).limit(limit)).scalars().all()
