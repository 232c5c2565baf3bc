"""Audits: the quick one sees what is new, the complete one sees everything; a whole log opens sealing again."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from evidence import custody
from evidence.log import faults, ledger
from evidence.log.errors import LogChangedError, LogFaultError, LogForkedError, LogRewoundError
from kernel.db import Database
from kernel.models import CustodyEvent, Evidence, LogCheckpoint, LogLeaf
from tests.unit.evidence.log.conftest import AT, Bench, line


def _is_open(database: Database) -> bool:
    with database.read() as session:
        return bool(faults.open_faults(session))


def _events(bench: Bench, count: int) -> None:
    """Custody events, each an entry of the log."""
    with bench.database.write() as session:
        row = Evidence(id="ev-1", key="k", url="u", reason="order", ordered_by="a", ordered_at=AT)
        session.add(row)
        for _ in range(count):
            custody.append(session, evidence_id="ev-1", action="read", actor="a", at=AT)


def test_a_whole_log(bench: Bench) -> None:
    """Both audits pass, from the empty log on; unpublished leaves too."""
    publisher = bench.publisher()
    assert publisher.check() == 0
    assert publisher.audit().tree.size == 0
    for count in (3, 300, 10):
        with bench.database.read() as session:
            start = ledger.size(session)
        bench_lines = [f"wangjian/package/v1 {number:064x} {'0' * 64}" for number in range(start, start + count)]
        with bench.database.write() as session:
            ledger.append_all(session, bench_lines)
        assert bench.publisher().check() == start + count
        publisher.publish(bench_lines[:1])
    _events(bench, 5)
    found = publisher.audit()
    assert (found.tree.size, found.checkpoints, found.mended, found.closed) == (318, 3, False, 0)
    assert found.witnesses == ("court", "notary")
    assert bench.publisher().check() == 318


def _package(number: int) -> str:
    return f"wangjian/package/v1 {number:064x} {'0' * 64}"


def _packages(bench: Bench, numbers: range) -> tuple[str, ...]:
    lines = tuple(_package(number) for number in numbers)
    with bench.database.write() as session:
        ledger.append_all(session, lines)
    return lines


def _edit_old_leaf(bench: Bench) -> None:
    with bench.database.write() as session:
        row = session.get_one(LogLeaf, 5)
        row.entry = line(9_999)
        row.leaf_hash = ledger.hash_of(row)


def _edit_hash(bench: Bench) -> None:
    with bench.database.write() as session:
        session.execute(update(LogLeaf).where(LogLeaf.index == 5).values(leaf_hash="00" * 32))


def _remove_leaf(bench: Bench) -> None:
    with bench.database.write() as session:
        session.execute(delete(LogLeaf).where(LogLeaf.index == 5))


def _spoil_entry(bench: Bench) -> None:
    with bench.database.write() as session:
        session.execute(update(LogLeaf).where(LogLeaf.index == 5).values(entry="nothing"))


def _remove_event(bench: Bench) -> None:
    with bench.database.write() as session:
        session.execute(delete(CustodyEvent).where(CustodyEvent.seq == 2))


def _add_event(bench: Bench) -> None:
    with bench.database.write() as session:
        row = custody.events(session, "ev-1")[0]
        values = {name: getattr(row, name) for name in ("evidence_id", "at", "actor", "action", "prev_hash")}
        session.add(CustodyEvent(**values, seq=99, hash="ab" * 32))


def _edit_old_checkpoint(bench: Bench) -> None:
    with bench.database.write() as session:
        rows = session.query(LogCheckpoint).order_by(LogCheckpoint.size).all()
        rows[0].note = rows[1].note


@pytest.mark.parametrize(
    "change",
    [_edit_old_leaf, _edit_hash, _remove_leaf, _spoil_entry, _remove_event, _add_event, _edit_old_checkpoint],
)
def test_the_complete_audit_sees_every_change(bench: Bench, change: object) -> None:
    """However old; it blocks sealing, and what was undone opens it again."""
    _packages(bench, range(300))
    _events(bench, 4)
    publisher = bench.publisher()
    for number in (1_000, 2_000):
        publisher.publish(_packages(bench, range(number, number + 5)))
    publisher.check()
    assert callable(change)
    bench.back_up("good")
    change(bench)
    with pytest.raises(LogChangedError):
        bench.publisher().audit()
    assert _is_open(bench.database)
    with pytest.raises(LogFaultError):
        bench.publisher().publish([_package(1)])
    with pytest.raises(LogFaultError):
        bench.publisher().check()
    with bench.database.read() as session:
        kept = [(fault.code, fault.message) for fault in faults.open_faults(session)]
    bench.put_back("good")
    with bench.database.write() as session:
        for code, message in kept:
            faults.record(session, faults.KINDS[code](message), AT)
    assert bench.publisher().audit().closed == len(kept) == 1
    assert len(bench.publisher().publish([_package(1)])) == 1


def test_the_quick_audit_sees_what_is_new(bench: Bench) -> None:
    """A leaf since the last one, a checkpoint since the last one, a database that was put back."""
    _packages(bench, range(20))
    bench.publisher().publish()
    bench.publisher().check()
    bench.back_up("old")
    bench.publisher().publish(_packages(bench, range(100, 120)))
    bench.back_up("good")
    with bench.database.write() as session:
        session.execute(update(LogLeaf).where(LogLeaf.index == 30).values(entry=_package(5_000)))
    with pytest.raises(LogChangedError):
        bench.publisher().check()
    bench.put_back("good")
    with bench.database.write() as session:
        session.execute(update(LogCheckpoint).where(LogCheckpoint.size == 40).values(root="00" * 32))
    with pytest.raises(LogChangedError):
        bench.publisher().check()
    bench.put_back("good")
    assert bench.publisher().check() == 40
    bench.put_back("old")
    with pytest.raises(LogRewoundError):
        bench.publisher().check()
    assert _is_open(bench.database)


def test_the_quick_audit_remembers_what_it_saw(bench: Bench) -> None:
    """Its own mark is held against the tree."""
    _packages(bench, range(20))
    publisher = bench.publisher()
    publisher.check()
    mark = bench.config.log_path() / "audited"
    mark.write_text(mark.read_text().replace("20 ", "19 "))
    with pytest.raises(LogChangedError):
        publisher.check()


def test_damaged_tiles_are_mended(bench: Bench) -> None:
    """Entries, hashes above the leaves, a tile that is gone: the complete audit writes them anew and says so."""
    _packages(bench, range(600))
    bench.publisher().publish()
    for name in ("tile/entries/001", "tile/1/000.p/2", "tile/0/001"):
        path: Path = bench.config.log_path() / name
        whole = path.read_bytes()
        for spoiled in (whole[:-1], whole[::-1], b""):
            path.write_bytes(spoiled)
            found = bench.publisher().audit()
            assert path.read_bytes() == whole
            assert found.mended or name == "tile/0/001"
        path.unlink()
        bench.publisher().audit()
        assert path.read_bytes() == whole
    assert not bench.publisher().audit().mended


@pytest.mark.parametrize("damage", ["size", "signature", "gone"])
def test_a_damaged_checkpoint_is_told_and_shown_again(bench: Bench, damage: str) -> None:
    """Clients would refuse it, and nobody here would know."""
    publisher = bench.publisher()
    publisher.publish(_packages(bench, range(3)))
    path = bench.config.log_path() / "checkpoint"
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(whole.replace(b"\n3\n", b"\n4\n") if damage == "size" else whole[:-9] + b"AAAAAAA=\n")
    assert publisher.audit().mended
    assert path.read_bytes() == whole
    assert not publisher.audit().mended


def test_witnesses_are_asked(bench: Bench, tmp_path: Path) -> None:
    """Another history that one of them can show is a fault; one that is silent cannot open sealing again."""
    _packages(bench, range(5))
    bench.back_up("old")
    bench.publisher().publish(_packages(bench, range(10, 15)))
    bench.witnesses.fail("silent", "court")
    assert bench.publisher().audit().witnesses == ("notary",)
    with bench.database.write() as session:
        faults.record(session, LogForkedError("once"), AT)
    assert bench.publisher().audit().closed == 0
    bench.put_back("old")
    bench.config.log_path().rename(tmp_path / "away")
    bench.witnesses.heal()
    with pytest.raises(LogRewoundError):
        bench.publisher().audit()
    _packages(bench, range(50, 70))
    with pytest.raises(LogForkedError):
        bench.publisher().audit()
