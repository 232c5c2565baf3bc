"""Leases of processes that live, stop and die."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from unittest.mock import patch

from sqlalchemy import select, update

from crawlers.frontier import Claim
from crawlers.lease import held, new_owner, release_dead
from kernel.db import Database
from kernel.models import FrontierEntry

Claimer = Callable[[Sequence[str]], list[Claim]]


def test_owners_differ_and_name_their_process() -> None:
    """Host, process, random."""
    assert new_owner() != new_owner()
    assert new_owner().split(":")[1] == str(os.getpid())
    assert len(new_owner()) <= 60


def _own(database: Database, owner: str) -> None:
    with database.write() as session:
        session.execute(update(FrontierEntry).values(state="leased", lease_owner=owner))


def test_only_the_dead_of_this_machine_lose_their_leases(database: Database, visit_id: int, claims: Claimer) -> None:
    """A living process, another machine and an unreadable name keep theirs; a dead process does not."""
    claims([])
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    host = socket.gethostname()[:20]
    for owner, freed in (
        (f"{host}:{os.getppid()}:x", 0), (f"{host}:{os.getpid()}:x", 0), ("elsewhere:1:x", 0), ("odd", 0),
        (f"{host}:{child.pid}:x", 1),
    ):  # fmt: skip
        _own(database, owner)
        with database.write() as session:
            assert release_dead(session, visit_ids=(visit_id,)) == freed, owner
    _own(database, f"{host}:1:x")
    with patch("os.kill", side_effect=PermissionError), database.write() as session:
        assert release_dead(session, visit_ids=(visit_id,)) == 0


def test_holding_nothing(database: Database, visit_id: int) -> None:
    """No ids, nothing held."""
    with database.read() as session:
        assert held(session, owner="me", ids=[]) == set()
        assert session.execute(select(FrontierEntry.visit_id)).scalar_one() == visit_id
