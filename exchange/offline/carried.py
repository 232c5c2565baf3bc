"""Messages that are in a package: which one they left with, and what no receipt came back for.

A return receipt names what was taken. What it does not name was refused over there and goes into the next package;
after too many of them it is a dead letter, for a person to look at.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from exchange.errors import ReceiptError
from kernel.batch import batched
from kernel.models import Delivery

MAX_PACKAGES = 10
"""Packages without a receipt for a message, after which it is a dead letter."""
BATCH = 200


def mark_packed(session: Session, rows: Sequence[int], package: str, *, at: datetime) -> None:
    """Messages that are in a package wait for its return. Effects: table ``delivery``."""
    for part in batched(rows, BATCH):
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(part), Delivery.state == "waiting")
            .values(sent_at=at, package=package)
            .execution_options(synchronize_session=False)
        )


def note_unanswered(session: Session, peer: str, package: str) -> int:
    """A package came back as taken: what no receipt was for is noted as refused; how many there are.

    Effects: table ``delivery``.
    """
    query = select(Delivery).where(Delivery.peer == peer, Delivery.state == "waiting", Delivery.package == package)
    rows = session.execute(query).scalars().all()
    for row in rows:
        row.attempts += 1
        row.code, row.error = ReceiptError.code, f"expected a receipt with the return of package {package}, got none"
        row.state = "dead" if row.attempts >= MAX_PACKAGES else "waiting"
        row.package = None
    return len(rows)
