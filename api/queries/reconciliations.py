"""Reconciliations: the list, and one with its differences and signatures."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, counts, cut
from kernel.models import Difference, Reconciliation


@dataclass(frozen=True, slots=True)
class ReconciliationFilter:
    """What to list; empty means any. ``found``: ``yes`` for those with differences."""

    state: str = ""
    peer: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class DifferenceFilter:
    """Which differences to show; empty means any."""

    kind: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class ReconciliationDetail:
    """One reconciliation with a slice of its differences and the figures by kind and state."""

    row: Reconciliation
    differences: Slice[Difference]
    kinds: dict[str, int]
    states: dict[str, int]


def list_reconciliations(
    session: Session, scope: Scope, wanted: ReconciliationFilter, *, before: str | None = None, limit: int = PAGE_SIZE
) -> Slice[Reconciliation]:
    """Reconciliations, newest day first."""
    key = Reconciliation.day + "/" + Reconciliation.id
    query = select(Reconciliation).where(allowed(scope, Permission.EXCHANGE_READ))
    if wanted.state:
        query = query.where(Reconciliation.state == wanted.state)
    if wanted.peer:
        query = query.where(Reconciliation.peer == wanted.peer)
    if wanted.found == "yes":
        query = query.where(Reconciliation.missing + Reconciliation.extra + Reconciliation.altered > 0)
    _, total, _ = cut(session, query, Reconciliation.id, before=None, limit=1)
    if before:
        query = query.where(key < before)
    rows = list(session.execute(query.order_by(key.desc()).limit(limit + 1)).scalars())
    last = rows[limit - 1] if len(rows) > limit else None
    return Slice(tuple(rows[:limit]), total, f"{last.day}/{last.id}" if last else None)


def reconciliation_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many there are by state and by peer."""
    may = allowed(scope, Permission.EXCHANGE_READ)
    return {
        "state": counts(session, Reconciliation.state, may),
        "peer": counts(session, Reconciliation.peer, may),
    }


def read_reconciliation(
    session: Session, scope: Scope, run: str, wanted: DifferenceFilter, *, before: int | None = None
) -> ReconciliationDetail:
    """One of them.

    Raises:
        NotFoundError: none of that number, or not this reader's.
    """
    query = select(Reconciliation).where(Reconciliation.id == run, allowed(scope, Permission.EXCHANGE_READ))
    row = require(session.execute(query).scalar_one_or_none(), "a reconciliation", "对账列表")
    of_run = Difference.reconciliation_id == run
    shown = select(Difference).where(of_run)
    if wanted.kind:
        shown = shown.where(Difference.kind == wanted.kind)
    if wanted.state:
        shown = shown.where(Difference.state == wanted.state)
    rows, total, following = cut(session, shown, Difference.id, before=before, limit=PAGE_SIZE)
    return ReconciliationDetail(
        row,
        Slice(tuple(item[0] for item in rows), total, following),
        counts(session, Difference.kind, of_run),
        counts(session, Difference.state, of_run),
    )
