"""The audit chain and a chain of custody on SQLite and PostgreSQL: whole, also with many writers."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from evidence import custody
from kernel import audit
from kernel.db import Database
from kernel.models import Evidence

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
WRITERS, EACH = 6, 15


def _at_once(write: Callable[[int], None]) -> list[BaseException]:
    """Faults of many writers."""
    faults: list[BaseException] = []

    def run(writer: int) -> None:
        try:
            for _ in range(EACH):
                write(writer)
        except BaseException as fault:  # noqa: BLE001 - told by the test
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_many_writers_make_one_chain(any_database: Database) -> None:
    """Nobody loses a line, nobody takes another's number; whichever chain a transaction writes first."""
    with any_database.write() as session:
        ordered = {"url": "https://shop.example.test/", "reason": "order", "ordered_by": "officer-1", "ordered_at": AT}
        session.add(Evidence(id="ev-a", key="a" * 64, **ordered))

    def write(writer: int) -> None:
        with any_database.write() as session:
            if writer % 2:
                audit.append(session, actor=f"writer-{writer}", action="test.write", at=AT)
            custody.append(session, evidence_id="ev-a", action="verified", actor=f"writer-{writer}", at=AT)
            if not writer % 2:
                audit.append(session, actor=f"writer-{writer}", action="test.write", at=AT)

    assert _at_once(write) == []
    with any_database.read() as session:
        found = audit.verify(session)
        custody.verify_chain(session, "ev-a")
        assert len(custody.events(session, "ev-a")) == WRITERS * EACH
    assert (found.ok, found.entries) == (True, WRITERS * EACH)
