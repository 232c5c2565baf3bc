"""The log's leaves on SQLite and PostgreSQL: indexes without gaps, also with many writers."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from evidence import custody
from evidence.log import entry, ledger, proof
from evidence.log.errors import LogBusyError, LogFormError
from evidence.log.publisher import Publisher
from evidence.log.turn import one_publisher
from kernel.db import Database
from kernel.models import Evidence, LogLeaf

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
WRITERS, EACH = 6, 15


def _line(number: int) -> str:
    return entry.custody(f"{number:064x}")


def _leaves(database: Database) -> list[tuple[int, str, str]]:
    with database.read() as session:
        rows = session.execute(select(LogLeaf).order_by(LogLeaf.index)).scalars()
        return [(row.index, row.entry, row.leaf_hash) for row in rows]


def test_entries_get_their_place_once(any_database: Database) -> None:
    """In order, from 0; the same entry again gets the same index."""
    with any_database.write() as session:
        assert ledger.size(session) == 0
        assert ledger.append_all(session, [_line(7), _line(8), _line(7)]) == (0, 1, 0)
    with any_database.write() as session:
        assert ledger.append(session, _line(8)) == 1
        assert ledger.append(session, _line(9)) == 2
        assert (ledger.size(session), ledger.index_of(session, _line(5))) == (3, None)
    assert _leaves(any_database) == [
        (index, _line(number), entry.leaf(_line(number)).hex()) for index, number in enumerate((7, 8, 9))
    ]


def test_what_is_rolled_back_leaves_no_gap(any_database: Database) -> None:
    """The index goes to the next one."""
    with pytest.raises(LogFormError), any_database.write() as session:
        ledger.append_all(session, [_line(1), "no entry"])
    with any_database.write() as session:
        assert ledger.append(session, _line(2)) == 0


def test_many_writers_leave_no_gap(any_database: Database) -> None:
    """Threads with transactions of one, two and three entries, every third rolled back, some entries shared."""
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        for turn in range(EACH):
            lines = [_line(writer * 1_000 + turn), *(_line(900_000 + turn + more) for more in range(turn % 3))]
            try:
                with any_database.write() as session:
                    ledger.append_all(session, lines)
                    if turn % 3 == 2:
                        session.rollback()
            except BaseException as error:  # noqa: BLE001 - told by the main thread
                failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    found = _leaves(any_database)
    assert [index for index, _, _ in found] == list(range(len(found)))
    assert len({line for _, line, _ in found}) == len(found)
    wanted = {_line(writer * 1_000 + turn) for writer in range(WRITERS) for turn in range(EACH) if turn % 3 != 2}
    assert wanted <= {line for _, line, _ in found}


def test_custody_events_go_into_the_log(any_database: Database) -> None:
    """In the same transaction: both or neither."""
    with any_database.write() as session:
        session.add(
            Evidence(id="ev-1", key="k", url="https://a.example/", reason="order", ordered_by="a", ordered_at=AT)
        )
    with any_database.write() as session:
        first = custody.append(session, evidence_id="ev-1", action="ordered", actor="a", at=AT).hash
        second = custody.append(session, evidence_id="ev-1", action="captured", actor="a", at=AT).hash
    with any_database.write() as session:
        custody.append(session, evidence_id="ev-1", action="read", actor="b", at=AT)
        session.rollback()
    assert [line for _, line, _ in _leaves(any_database)] == [entry.custody(first), entry.custody(second)]


def test_two_machines_publish_one_log(any_database: Database, tmp_path: Path) -> None:
    """Each with tiles of its own, while others append: they take turns, and each size has one root."""
    key = Ed25519PrivateKey.generate()
    roots: dict[int, set[bytes]] = {}
    failures: list[BaseException] = []

    def work(machine: int) -> None:
        folder = tmp_path / str(machine) / "tlog"
        try:
            with Publisher(any_database, "log.example/a", key, folder=folder, witnesses=(), quorum=0) as publisher:
                for turn in range(8):
                    lines = [entry.package(f"{machine * 1_000 + turn * 10 + step:064x}", "0" * 64) for step in range(3)]
                    with any_database.write() as session:
                        ledger.append_all(session, lines)
                    for line, one in zip(lines, publisher.publish(lines), strict=True):
                        tree = proof.check(proof.parse(one.proof), line)
                        roots.setdefault(tree.size, set()).add(tree.root)
                publisher.audit()
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(machine,)) for machine in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert {len(found) for found in roots.values()} == {1}


def test_the_turn_is_over_all_machines(any_database: Database, tmp_path: Path) -> None:
    """On PostgreSQL the lock is in the database too; on SQLite all processes see one file."""
    shared = any_database.engine.dialect.name == "sqlite"
    other = tmp_path / "one.lock" if shared else tmp_path / "two.lock"
    with (
        one_publisher(any_database, tmp_path / "one.lock", 1),
        pytest.raises(LogBusyError),
        one_publisher(any_database, other, 0.1),
    ):
        pass
    with one_publisher(any_database, other, 1):
        pass


def test_leaves_come_in_order(any_database: Database) -> None:
    """Any part of the log."""
    with any_database.write() as session:
        ledger.append_all(session, [_line(number) for number in range(25)])
    with any_database.read() as session:
        assert [leaf.index for leaf in ledger.leaves(session, 3, 20)] == list(range(3, 20))
        assert list(ledger.leaves(session, 7, 7)) == []
        assert [leaf.index for leaf in ledger.leaves(session, 20, 99)] == list(range(20, 25))
