"""One step of a reconciliation as messages: a long list goes in parts, a head goes with each of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange.reconcile.errors import ReconcileError
from kernel.clock import as_utc
from kernel.models import ReconciliationStep

STEPS = ("manifest", "narrow", "rows", "report", "countersign", "stop")
PART_ITEMS = 1_000
"""So many fit into one message of the exchange."""
MAX_PARTS = 10_000
MAX_OPEN_RUNS = 200
"""Comparisons of one peer that may wait here; more is an attack or a fault."""


def parcels(run: str, step: str, head: Mapping[str, object], items: Sequence[object]) -> Iterator[dict[str, object]]:
    """The payloads of one step, in order; one at least."""
    parts = max(1, -(-len(items) // PART_ITEMS))
    if parts > MAX_PARTS:
        raise ReconcileError(f"expected at most {MAX_PARTS * PART_ITEMS} items in one step, got {len(items)}")
    for part in range(1, parts + 1):
        chunk = list(items[(part - 1) * PART_ITEMS : part * PART_ITEMS])
        yield {"run": run, "step": step, "part": part, "parts": parts, "head": dict(head), "items": chunk}


def _count(value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ReconcileError(f"expected a part from 1 to {most}, got {str(value)[:40]!r}")
    return value


def take(session: Session, peer: str, payload: Mapping[str, object], *, at: datetime) -> ReconciliationStep:
    """Keep what a peer sent until the duty works on it; the same part again changes nothing.

    Args:
        session: a write session. peer: who signed the message. at: aware UTC.

    Raises:
        ReconcileError: not understood, or another peer's comparison.

    Effects: table ``reconciliation_step``.
    """
    if set(payload) != {"run", "step", "part", "parts", "head", "items"}:
        raise ReconcileError("expected run, step, part, parts, head and items, got other fields")
    run, step = payload["run"], payload["step"]
    if not isinstance(run, str) or not 1 <= len(run) <= 80 or step not in STEPS:
        raise ReconcileError("expected the id of a comparison and one of its steps, got others")
    if not isinstance(payload["head"], dict) or not isinstance(payload["items"], list):
        raise ReconcileError("expected an object as head and a list of items, got others")
    if len(payload["items"]) > PART_ITEMS:
        raise ReconcileError(f"expected at most {PART_ITEMS} items in a part, got {len(payload['items'])}")
    parts = _count(payload["parts"], MAX_PARTS)
    part = _count(payload["part"], parts)
    one = (ReconciliationStep.run == run, ReconciliationStep.step == step, ReconciliationStep.part == part)
    known = session.execute(select(ReconciliationStep).where(*one)).scalar_one_or_none()
    if known is not None:
        if known.peer != peer or known.payload != dict(payload):
            raise ReconcileError(f"expected part {part} of {step} as it came before, got another")
        return known
    _require_room(session, peer, run)
    row = ReconciliationStep(
        run=run, peer=peer, step=str(step), part=part, parts=parts, payload=dict(payload), at=as_utc(at)
    )
    session.add(row)
    session.flush()
    return row


def _require_room(session: Session, peer: str, run: str) -> None:
    waiting = select(func.count(func.distinct(ReconciliationStep.run))).where(
        ReconciliationStep.peer == peer, ReconciliationStep.done_at.is_(None), ReconciliationStep.run != run
    )
    if session.execute(waiting).scalar_one() >= MAX_OPEN_RUNS:
        raise ReconcileError(
            f"expected at most {MAX_OPEN_RUNS} comparisons of {peer} at a time, got one more",
            hint="Wait until the waiting ones are worked on.",
        )


def complete(session: Session) -> list[tuple[str, str]]:
    """Run and step of everything that waits and is here with all its parts, oldest first."""
    query = (
        select(ReconciliationStep.run, ReconciliationStep.step)
        .where(ReconciliationStep.done_at.is_(None))
        .group_by(ReconciliationStep.run, ReconciliationStep.step)
        .having(func.count() == func.max(ReconciliationStep.parts))
        .order_by(func.min(ReconciliationStep.id))
    )
    return [(run, step) for run, step in session.execute(query)]


def joined(session: Session, run: str, step: str) -> tuple[str, dict[str, object], list[object]]:
    """Who sent a step, its head, and all its items in order.

    Raises:
        ReconcileError: its parts do not fit one another.
    """
    query = (
        select(ReconciliationStep)
        .where(ReconciliationStep.run == run, ReconciliationStep.step == step)
        .order_by(ReconciliationStep.part)
    )
    rows = list(session.execute(query).scalars())
    heads = [row.payload["head"] for row in rows]
    if not rows or len({(row.peer, row.parts) for row in rows}) != 1 or any(head != heads[0] for head in heads):
        raise ReconcileError(f"expected the parts of {step} to fit one another, got parts that do not")
    items: list[object] = []
    for row in rows:
        found = row.payload["items"]
        items += found if isinstance(found, list) else []
    head = heads[0]
    return rows[0].peer, dict(head) if isinstance(head, dict) else {}, items


def finish(session: Session, run: str, step: str, *, at: datetime) -> None:
    """Mark a step as worked on. Effects: table ``reconciliation_step``."""
    query = select(ReconciliationStep).where(ReconciliationStep.run == run, ReconciliationStep.step == step)
    for row in session.execute(query).scalars():
        row.done_at = as_utc(at)


def sender_of(session: Session, run: str, step: str) -> str:
    """The peer that sent the first part of a step."""
    query = select(ReconciliationStep.peer).where(ReconciliationStep.run == run, ReconciliationStep.step == step)
    return session.execute(query.order_by(ReconciliationStep.id).limit(1)).scalar_one()
