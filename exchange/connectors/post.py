"""Writing back: minted in the transaction that causes it, delivered at least once, stored once over there.

The id is the idempotency key: a delivery whose receipt was lost is repeated under it, and the system answers
``duplicate`` with the first receipt.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange.connectors.errors import LinkedError, SourceRefusedError
from exchange.connectors.right_of_way import ahead
from exchange.connectors.source import Source
from exchange.connectors.state import milliseconds
from kernel import audit
from kernel.commit_bell import ring
from kernel.db import Database
from kernel.identifiers import new_id
from kernel.models import LinkedPost

WAITING, SENT, REFUSED, DEAD = "waiting", "sent", "refused", "dead"
TRIES = 12
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=30)
ONE_TURN = 50
CHANNEL = "wangjian_linked_post"
"""What rings when something was minted (``kernel.commit_bell``)."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What is written back, in the system's words.

    Attributes:
        kind: the system's word for it. cause: natural key of what caused it, for example ``hit:12``.
        record_key: the system's record it is about, or empty. payload: JSON values without floats.
    """

    kind: str
    cause: str
    payload: Mapping[str, object]
    record_key: str = ""
    subject_code: str = ""
    shop_id: int | None = None


def mint(session: Session, system: str, sending: Sending, *, actor: str, at: datetime) -> str:
    """Write down what is to be sent, in the caller's transaction; the same cause again changes nothing.

    Returns:
        the id under which it goes.

    Effects: tables ``linked_post``, ``audit``.
    """
    cause = f"{system}:{sending.kind}:{sending.cause}"[:120]
    known = session.execute(select(LinkedPost.id).where(LinkedPost.cause == cause)).scalar_one_or_none()
    if known is not None:
        return known
    row = LinkedPost(
        id=new_id("lp"),
        system=system,
        kind=sending.kind,
        cause=cause,
        record_key=sending.record_key,
        subject_code=sending.subject_code,
        shop_id=sending.shop_id,
        payload=dict(sending.payload),
        actor=actor,
        at=at,
        state=WAITING,
        next_at=at,
    )
    session.add(row)
    ring(session, CHANNEL)
    detail = {"system": system, "kind": sending.kind, "cause": sending.cause, "record": sending.record_key}
    audit.append(
        session,
        actor=actor,
        action="linked.write-back",
        at=at,
        object_type="linked_post",
        object_id=row.id,
        detail=detail,
    )
    return row.id


def next_due(database: Database) -> dict[str, datetime]:
    """When the next delivery is due, by system; a system to which nothing waits is left out."""
    query = select(LinkedPost.system, func.min(LinkedPost.next_at)).where(LinkedPost.state == WAITING)
    with database.read() as session:
        return {system: at for system, at in session.execute(query.group_by(LinkedPost.system))}  # noqa: C416 - rows are no mapping


def deliver(database: Database, system: str, source: Source, *, clock: Callable[[], datetime]) -> int:
    """Send what is due, each in a transaction of its own; an answer that was lost is asked for again.

    Returns:
        how many got their receipt.

    Effects: requests to the system; table ``linked_post``.
    """
    with database.read() as session:
        query = (
            select(LinkedPost.id)
            .where(LinkedPost.system == system, LinkedPost.state == WAITING, LinkedPost.next_at <= clock())
            .order_by(LinkedPost.at, LinkedPost.id)
            .limit(ONE_TURN)
        )
        due = list(session.execute(query).scalars())
    sent = 0
    for post_id in due:
        sent += _deliver_one(database, source, post_id, clock)
    return sent


def _deliver_one(database: Database, source: Source, post_id: str, clock: Callable[[], datetime]) -> bool:
    with database.read() as session:
        row = session.get_one(LinkedPost, post_id)
        if row.state != WAITING:
            return False
    receipt: dict[str, object] = {}
    failure: LinkedError | None = None
    try:
        receipt = source.post(post_id, row.kind, row.payload)
    except LinkedError as error:
        failure = error
    with ahead(), database.write() as session:
        row = session.get_one(LinkedPost, post_id)
        if failure is None:
            _sent(row, receipt, clock())
        else:
            _not_sent(row, failure, clock())
    return failure is None


def _sent(row: LinkedPost, receipt: Mapping[str, object], at: datetime) -> None:
    row.state, row.sent_at, row.receipt = SENT, at, dict(receipt)
    row.tries += 1
    row.lag_ms = milliseconds(at - row.at)
    row.error_code = row.error = ""


def _not_sent(row: LinkedPost, error: LinkedError, at: datetime) -> None:
    row.tries += 1
    row.error_code, row.error = error.code, error.message[:1000]
    row.next_at = at + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row.tries - 1, 11))
    if isinstance(error, SourceRefusedError):
        row.state = REFUSED
    elif row.tries >= TRIES:
        row.state = DEAD


def send_again(session: Session, row: LinkedPost, *, actor: str, at: datetime) -> None:
    """An officer sends again what was refused or given up, under the same id. Effects: ``linked_post``, ``audit``."""
    if row.state not in {REFUSED, DEAD}:
        return
    row.state, row.tries, row.next_at = WAITING, 0, at
    ring(session, CHANNEL)
    audit.append(session, actor=actor, action="linked.send-again", at=at, object_type="linked_post", object_id=row.id)
