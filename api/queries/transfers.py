"""Matters handed over and help asked for, with every station of their messages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, counts, cut, narrowed
from api.queries.waits import Wait, wait_of
from exchange.transfer import RECOUNTED, STEPS
from kernel.clock import parse_iso
from kernel.models import AuditEntry, Delivery, Hop, Message, Transfer

KINDS = ("TRANSFER", "ASSIST")
MAX_MESSAGES = 200


@dataclass(frozen=True, slots=True)
class TransferFilter:
    """What to list; empty means any. ``matter`` is the key of a lead, case or complaint."""

    kind: str = ""
    direction: str = ""
    state: str = ""
    matter: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One message about a matter.

    Attributes:
        payload: what it said, as far as it is not sealed. hops: stations of its way, in order. wait: what it waits
            for while it is not there.
    """

    message: Message
    payload: Mapping[str, Any]
    hops: tuple[Hop, ...]
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class TransferDetail:
    """A matter with its history.

    Attributes:
        answers: steps that we may take now. can_appeal: the common superior may be asked.
        was_due: deadlines before, each with when it was counted anew.
    """

    row: Transfer
    steps: tuple[Step, ...]
    answers: tuple[str, ...]
    can_appeal: bool
    was_due: tuple[tuple[datetime, datetime], ...] = ()


def list_transfers(
    session: Session, scope: Scope, wanted: TransferFilter, *, before: int | None = None
) -> Slice[Transfer]:
    """Matters, newest first."""
    query = select(Transfer).where(allowed(scope, Permission.EXCHANGE_READ))
    query = narrowed(
        query,
        (Transfer.kind, wanted.kind),
        (Transfer.direction, wanted.direction),
        (Transfer.state, wanted.state),
        (Transfer.matter, wanted.matter),
    )
    rows, total, next_before = cut(session, query, Transfer.id, before=before, limit=PAGE_SIZE)
    return Slice(tuple(row[0] for row in rows), total, next_before)


def transfer_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many there are of each kind, direction and state."""
    condition = allowed(scope, Permission.EXCHANGE_READ)
    columns = {"kind": Transfer.kind, "direction": Transfer.direction, "state": Transfer.state}
    return {name: counts(session, column, condition) for name, column in columns.items()}


def read_transfer(session: Session, scope: Scope, row: int) -> TransferDetail:
    """One matter.

    Raises:
        NotFoundError: there is none, or not for this person.
    """
    query = select(Transfer).where(Transfer.id == row, allowed(scope, Permission.EXCHANGE_READ))
    found = require(session.execute(query).scalar_one_or_none(), "a transfer", "移送列表")
    open_here = found.direction == "in" and found.state in {"sent", "received"}
    steps = tuple(STEPS[found.kind]) if open_here else ()
    return TransferDetail(
        row=found,
        steps=_steps(session, and_(Message.type == found.kind, Message.biz_key.in_(_keys(found.matter)))),
        answers=("accept",) if open_here and found.is_final and found.kind == "TRANSFER" else steps,
        can_appeal=found.kind == "TRANSFER" and found.direction == "out" and found.state == "objected",
        was_due=_was_due(session, found),
    )


def _was_due(session: Session, row: Transfer) -> tuple[tuple[datetime, datetime], ...]:
    query = select(AuditEntry).where(
        AuditEntry.object_type == "transfer", AuditEntry.object_id == row.key, AuditEntry.action == RECOUNTED
    )
    entries = session.execute(query.order_by(AuditEntry.seq)).scalars()
    return tuple((parse_iso(str(entry.detail["was"])), entry.at) for entry in entries if entry.detail.get("was"))


def list_appeals(session: Session, scope: Scope) -> tuple[Step, ...]:
    """Objections that were brought to us as the superior of both, and on which no word was said yet."""
    # The step stands in the envelope as canonical JSON: no table is kept for what only superiors get.
    appealed = and_(Message.direction == "in", Message.type == "TRANSFER", Message.envelope.contains('"step":"object"'),
                    Message.envelope.contains('"to":"'), allowed(scope, Permission.EXCHANGE_READ))  # fmt: skip
    said = select(Message.biz_key).where(Message.direction == "out", Message.biz_key.startswith("decide:"))
    decided = {key.removeprefix("decide:") for key in session.execute(said).scalars()}
    found = _steps(session, appealed)
    return tuple(step for step in found if step.payload.get("to") and step.payload.get("matter") not in decided)


def _keys(matter: str) -> tuple[str, ...]:
    return tuple(f"{side}:{matter}" for side in ("ask", "answer", "decide"))


def _steps(session: Session, wanted: ColumnElement[bool]) -> tuple[Step, ...]:
    query = select(Message).where(wanted).order_by(Message.id.desc()).limit(MAX_MESSAGES)
    rows = sorted(session.execute(query).scalars(), key=lambda row: row.id)
    hops = _hops(session, [row.message_id for row in rows])
    handed = select(Delivery).where(Delivery.message_row.in_([row.id for row in rows]))
    deliveries = {one.message_row: one for one in session.execute(handed).scalars()}
    return tuple(
        Step(row, _payload(row), hops.get(row.message_id, ()), wait_of(session, row, deliveries.get(row.id)))
        for row in rows
    )


def _payload(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message.envelope)["payload"] if message.envelope else {}
    return found


def _hops(session: Session, numbers: Sequence[str]) -> dict[str, tuple[Hop, ...]]:
    found: dict[str, tuple[Hop, ...]] = {}
    query = select(Hop).where(Hop.message_id.in_(numbers)).order_by(Hop.id)
    for hop in session.execute(query).scalars():
        found[hop.message_id] = (*found.get(hop.message_id, ()), hop)
    return found
