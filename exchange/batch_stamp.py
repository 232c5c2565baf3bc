"""Timestamps over the exchange log: one over the Merkle root of many messages, off the hot path.

A range of messages is fixed first and stamped afterwards, so that a try that ended in the middle is gone on with
and nothing is stamped twice. A message proves its time by its digest, its place in the tree, and the batch's token.

Spec: RFC 3161; RFC 6962 section 2.1 (tree).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evidence.errors import TimestampError
from evidence.log import merkle
from evidence.log.errors import NotIncludedError
from evidence.timestamp import Timestamper, stamp_one
from exchange.errors import RedriveError
from kernel.db import Database
from kernel.models import BatchStamp, Message

MOST = 10_000
"""Messages under one root."""
PREFIX = b"wangjian-exchange/1 log\n"


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a message was there when its batch was stamped.

    Attributes:
        index, size: its place among the leaves. path: sibling hashes, hex, nearest first. root: hex. token: DER.
    """

    digest: str
    index: int
    size: int
    path: tuple[str, ...]
    root: str
    token: bytes


def _covered(session: Session) -> int:
    return session.execute(select(func.max(BatchStamp.last_row))).scalar() or 0


def _leaves(session: Session, first: int, last: int) -> list[tuple[int, str]]:
    query = select(Message.id, Message.digest).where(Message.id >= first, Message.id <= last, Message.digest != "")
    return [(row.id, row.digest) for row in session.execute(query.order_by(Message.id))]


def _leaf(digest: str) -> bytes:
    return merkle.leaf_hash(bytes.fromhex(digest))


def backlog(session: Session) -> int:
    """How many messages have no timestamp yet."""
    stamped = session.execute(select(func.max(BatchStamp.last_row)).where(BatchStamp.stamped_at.is_not(None))).scalar()
    query = select(func.count()).select_from(Message).where(Message.id > (stamped or 0), Message.digest != "")
    return session.execute(query).scalar_one()


def is_due(database: Database, every_s: float, *, at: datetime) -> bool:
    """True when there is something to stamp and the last time is long enough ago."""
    with database.read() as session:
        last = session.execute(select(func.max(BatchStamp.at))).scalar()
        waiting = session.execute(select(BatchStamp.id).where(BatchStamp.stamped_at.is_(None)).limit(1)).first()
        if waiting is None and last is not None and at - last < timedelta(seconds=every_s):
            return False
        return backlog(session) > 0


def fix(session: Session, *, at: datetime) -> BatchStamp | None:
    """The batch that is to be stamped next: one that waits, else a new one over what has none.

    Rows that are not sealed yet end a batch: it covers a range without holes.

    Effects: table ``batch_stamp``.
    """
    waiting = session.execute(select(BatchStamp).where(BatchStamp.stamped_at.is_(None)).limit(1)).scalar_one_or_none()
    if waiting is not None:
        return waiting
    first = _covered(session) + 1
    unsealed = select(func.min(Message.id)).where(Message.id >= first, Message.state == "posted")
    end = session.execute(unsealed).scalar()
    query = select(Message.id).where(Message.id >= first, Message.digest != "")
    if end is not None:
        query = query.where(Message.id < end)
    rows = session.execute(query.order_by(Message.id).limit(MOST)).scalars().all()
    if not rows:
        return None
    leaves = _leaves(session, first, rows[-1])
    root = merkle.root(len(leaves), merkle.from_leaves([_leaf(digest) for _, digest in leaves]))
    made = BatchStamp(first_row=first, last_row=rows[-1], count=len(leaves), root=root.hex(), at=at)
    session.add(made)
    session.flush()
    return made


def stamp(database: Database, services: Sequence[Timestamper], *, at: datetime) -> int:
    """Stamp all that waits; how many batches got their token.

    Raises:
        TimestampError: no service answers; the batch stays and is stamped next time.

    Effects: a POST for each batch; table ``batch_stamp``.
    """
    done = 0
    while True:
        with database.write() as session:
            batch = fix(session, at=at)
            if batch is None:
                return done
            number, root = batch.id, batch.root
        try:
            token = stamp_one(PREFIX + bytes.fromhex(root), services, at)
        except TimestampError as error:
            with database.write() as session:
                session.get_one(BatchStamp, number).error = f"{error.message} ({error.code})"[:500]
            raise
        with database.write() as session:
            row = session.get_one(BatchStamp, number)
            row.token, row.service, row.stamped_at, row.error = token.response, token.name, token.stamp.gen_time, ""
        done += 1


def prove(session: Session, message_row: int) -> Proof:
    """The proof of a message's time.

    Raises:
        RedriveError: its batch has no timestamp yet.
    """
    query = select(BatchStamp).where(BatchStamp.first_row <= message_row, BatchStamp.last_row >= message_row)
    batch = session.execute(query).scalar_one_or_none()
    if batch is None or batch.stamped_at is None:
        raise RedriveError("expected a message whose batch is timestamped, got one that waits", hint="Try again soon.")
    leaves = _leaves(session, batch.first_row, batch.last_row)
    index = next(place for place, (row, _) in enumerate(leaves) if row == message_row)
    stored = merkle.from_leaves([_leaf(digest) for _, digest in leaves])
    path = merkle.inclusion(index, len(leaves), stored)
    return Proof(leaves[index][1], index, len(leaves), tuple(one.hex() for one in path), batch.root, batch.token)


def check(proof: Proof) -> None:
    """Fold the path; the token over ``PREFIX`` and the root is checked by ``evidence.timestamp.check``.

    Raises:
        NotIncludedError: it does not lead to the root.
    """
    path = [bytes.fromhex(one) for one in proof.path]
    root = merkle.root_from_inclusion(_leaf(proof.digest), proof.index, proof.size, path)
    if root.hex() != proof.root:
        raise NotIncludedError("expected a path to the root of the batch, got one to another")
