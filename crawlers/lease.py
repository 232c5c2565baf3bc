"""Leases on the frontier: who holds which address, for how long, and what a dead process leaves behind."""

import os
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from kernel.identifiers import new_id
from kernel.models import FrontierEntry
from kernel.pid import is_over


def new_owner() -> str:
    """A lease owner's name: host, process and a random part, so that a dead process is known as dead."""
    return f"{socket.gethostname()[:20]}:{os.getpid()}:{new_id('')[-12:]}"


def held(session: Session, *, owner: str, ids: Sequence[int]) -> set[int]:
    """Which of these rows are still leased to ``owner``; only their results may be committed."""
    if not ids:
        return set()
    entry = FrontierEntry
    rows = session.execute(
        select(entry.id).where(entry.id.in_(ids), entry.state == "leased", entry.lease_owner == owner).with_for_update()
    ).scalars()
    return set(rows)


def renew(session: Session, *, owner: str, lease_s: float, at: datetime) -> int:
    """Lengthen all leases of a living process; returns how many."""
    result = session.execute(
        update(FrontierEntry)
        .where(FrontierEntry.state == "leased", FrontierEntry.lease_owner == owner)
        .values(lease_until=at + timedelta(seconds=lease_s))
    )
    return cast("CursorResult[object]", result).rowcount


def release(session: Session, *, owner: str) -> int:
    """Give back all leases of a process that stops; returns how many."""
    result = session.execute(
        update(FrontierEntry)
        .where(FrontierEntry.state == "leased", FrontierEntry.lease_owner == owner)
        .values(state="pending", lease_owner="", lease_until=None)
    )
    return cast("CursorResult[object]", result).rowcount


def release_dead(session: Session, *, visit_ids: Sequence[int]) -> int:
    """Give back leases of processes of this machine that are no longer alive, without waiting for the lease.

    Returns:
        how many rows.
    """
    entry = FrontierEntry
    owners = session.execute(
        select(entry.lease_owner).where(entry.visit_id.in_(visit_ids), entry.state == "leased").distinct()
    ).scalars()
    return sum(release(session, owner=owner) for owner in list(owners) if _is_dead(owner))


def _is_dead(owner: str) -> bool:
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname()[:20] or not pid.isdigit():
        return False
    return is_over(int(pid))
