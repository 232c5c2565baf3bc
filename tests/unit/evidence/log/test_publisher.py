"""Publishing: proofs that hold, quorum or nothing, and every other history seen."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from evidence.log import checkpoint, faults, ledger, proof
from evidence.log.errors import (
    LogBusyError,
    LogChangedError,
    LogFaultError,
    LogForkedError,
    LogRewoundError,
    NotIncludedError,
    WitnessQuorumError,
)
from evidence.log.publisher import MAX_AHEAD, Published, open_publisher
from evidence.log.turn import one_publisher
from kernel.models import LogCheckpoint, LogFault, LogLeaf
from tests.unit.evidence.log.conftest import AT, Bench, line


def _holds(bench: Bench, found: Published, wanted: str) -> int:
    """Check as a stranger would; the size of the tree."""
    read = proof.parse(found.proof)
    assert (read.checkpoint, read.index) == (found.note, found.index)
    note, tree = checkpoint.read(found.note)
    assert checkpoint.verify_log(note, [bench.key.vkey()]).name == bench.key.name
    assert proof.check(read, wanted) == tree
    return tree.size


def _faults(bench: Bench) -> list[str]:
    with bench.database.read() as session:
        return [fault.code for fault in faults.open_faults(session)]


def test_entries_get_proofs_under_one_note(bench: Bench) -> None:
    """Both witnesses cosigned; the note is kept, shown, and the newest."""
    lines = bench.append(range(10))
    publisher = bench.publisher()
    assert publisher.newest() is None
    found = publisher.publish(lines[3:6])
    assert [one.index for one in found] == [3, 4, 5]
    assert {_holds(bench, one, wanted) for one, wanted in zip(found, lines[3:6], strict=True)} == {10}
    assert len({one.note for one in found}) == 1
    note, _ = checkpoint.read(found[0].note)
    keys = [server.notary.vkey for server in bench.witnesses.services.values()]
    assert [f"{one.name}" for one in note.signatures] == [bench.key.name, *(key.partition("+")[0] for key in keys)]
    assert publisher.newest() == found[0].note == (bench.config.log_path() / "checkpoint").read_bytes()


def test_publishing_again_asks_nobody(bench: Bench) -> None:
    """The newest witnessed note serves all it holds, also for a new process; new leaves need a new one."""
    lines = bench.append(range(5))
    first = bench.publisher().publish(lines)
    asked = bench.witnesses.asked()
    assert bench.publisher().publish(lines) == first
    assert bench.publisher().publish() == ()
    assert bench.witnesses.asked() == asked
    more = bench.append([99])
    second = bench.publisher().publish([lines[0], *more])
    assert bench.witnesses.asked() > asked
    assert [one.index for one in second] == [0, 5]
    assert bench.publisher().publish(lines[:2])[0].note == second[0].note


def test_an_empty_log_publishes_nothing(bench: Bench) -> None:
    """No checkpoint over nothing."""
    assert bench.publisher().publish() == ()
    assert bench.publisher().newest() is None
    assert bench.witnesses.asked() == 0


def test_what_is_not_in_the_log_is_not_proven(bench: Bench) -> None:
    """Nothing is asked or signed."""
    bench.append([1])
    with pytest.raises(NotIncludedError):
        bench.publisher().publish([line(2)])
    assert bench.witnesses.asked() == 0


@pytest.mark.parametrize("fault", ["500", "damaged", "other-key", "conflict"])
def test_too_few_witnesses_publish_nothing(bench: Bench, fault: str) -> None:
    """Fails closed, says who and why, leaves no fault, and works once the witness is well again."""
    lines = bench.append([1, 2])
    bench.witnesses.fail(fault, "notary")
    with pytest.raises(WitnessQuorumError) as refused:
        bench.publisher().publish(lines)
    assert "notary" in refused.value.message
    assert bench.publisher().newest() is None
    assert not (bench.config.log_path() / "checkpoint").exists()
    assert len(bench.publisher(quorum=1).publish(lines)) == 2
    bench.witnesses.heal()
    assert len(bench.publisher().publish(lines)) == 2
    assert _faults(bench) == []


def test_a_witness_ahead_of_our_clock_does_not_count(bench: Bench) -> None:
    """No timestamp of today could come after its cosignature; a minute is granted, and a clock behind does no harm."""
    lines = bench.append([1])
    court = bench.witnesses.services["court"]
    court.fixed_time = AT + MAX_AHEAD + timedelta(seconds=1)
    with pytest.raises(WitnessQuorumError, match="court: expected a cosignature"):
        bench.publisher().publish(lines)
    for moved in (MAX_AHEAD, -timedelta(days=1)):
        court.fixed_time = AT + moved
        assert len(bench.publisher().publish(bench.append([int(moved.total_seconds()) + 99_999]))) == 1


def test_a_witness_that_is_gone(bench: Bench) -> None:
    """The other one is enough for a quorum of one."""
    lines = bench.append([1])
    bench.witnesses.services["court"].close()
    note, _ = checkpoint.read(bench.publisher(quorum=1).publish(lines)[0].note)
    assert len(note.signatures) == 2
    with pytest.raises(WitnessQuorumError):
        bench.publisher().publish(lines)


def test_no_quorum_is_possible_and_said(bench: Bench) -> None:
    """With quorum 0 the log's own signature is all there is where witnesses are silent."""
    lines = bench.append([1])
    bench.witnesses.fail("500")
    publisher = bench.publisher(quorum=0)
    note, _ = checkpoint.read(publisher.publish(lines)[0].note)
    assert len(note.signatures) == 1
    assert publisher.newest() == note.render()


def test_a_witness_ahead_of_our_memory_is_caught_up(bench: Bench) -> None:
    """Killed after the witness cosigned, before we kept it: it tells its size, and gets a proof from there."""
    lines = bench.append(range(3))
    bench.publisher().publish(lines)
    bench.append(range(10, 17))
    bench.publisher().publish()
    with bench.database.write() as session:
        session.execute(delete(LogCheckpoint).where(LogCheckpoint.size == 10))
    bench.append(range(20, 40))
    assert len(bench.publisher().publish(lines)) == 3
    assert _faults(bench) == []


def test_a_size_has_one_root(bench: Bench) -> None:
    """Signed but refused by all witnesses: signing the same size again gives the same bytes of the log."""
    lines = bench.append(range(4))
    bench.witnesses.fail("500")
    for _ in range(2):
        with pytest.raises(WitnessQuorumError):
            bench.publisher().publish(lines)
    with bench.database.read() as session:
        kept = session.execute(select(LogCheckpoint)).scalars().one()
    bench.witnesses.heal()
    found = bench.publisher().publish(lines)[0].note.decode()
    assert found.startswith(kept.note)
    assert not kept.witnessed


def _require_blocked(bench: Bench, kind: type[LogFaultError]) -> None:
    """The fault is found, kept, and stops every later publisher with the same code and a hint."""
    lines = bench.append([10_000])
    for _ in range(2):
        with pytest.raises(kind) as found:
            bench.publisher().publish(lines)
        assert "wangjian log audit" in found.value.hint
    assert _faults(bench) == [kind.code]
    with bench.database.read() as session:
        fault = session.execute(select(LogFault)).scalars().one()
    assert fault.at == AT


def test_a_database_put_back_is_seen_by_the_tiles(bench: Bench) -> None:
    """Older than the tiles."""
    bench.append(range(3))
    bench.back_up("old")
    bench.publisher().publish(bench.append(range(10, 20)))
    bench.put_back("old")
    _require_blocked(bench, LogRewoundError)


def test_a_database_put_back_that_went_on_is_seen(bench: Bench) -> None:
    """More leaves than the tiles, but the last ones on disk are others."""
    bench.append(range(3))
    bench.back_up("old")
    bench.publisher().publish(bench.append(range(10, 20)))
    bench.put_back("old")
    bench.append(range(50, 80))
    _require_blocked(bench, LogChangedError)


def test_a_database_and_tiles_put_back_are_seen_by_a_witness(bench: Bench, tmp_path: Path) -> None:
    """The tiles were thrown away with it: the witness shows a larger tree under our own signature."""
    bench.append(range(3))
    bench.back_up("old")
    bench.publisher().publish(bench.append(range(10, 20)))
    bench.put_back("old")
    bench.config.log_path().rename(tmp_path / "away")
    _require_blocked(bench, LogRewoundError)


def test_another_history_of_the_same_length_is_seen_by_a_witness(bench: Bench, tmp_path: Path) -> None:
    """As long as the old one and longer: no consistency proof leads there."""
    bench.append(range(3))
    bench.back_up("old")
    bench.publisher().publish(bench.append(range(10, 20)))
    bench.put_back("old")
    bench.append(range(50, 90))
    bench.config.log_path().rename(tmp_path / "away")
    _require_blocked(bench, LogForkedError)


@pytest.mark.parametrize("fault", ["silent", ""])
def test_a_claim_without_proof_is_no_fault(bench: Bench, tmp_path: Path, fault: str) -> None:
    """A witness that cannot show our signature only costs its cosignature: it cannot stop us for good."""
    bench.append(range(3))
    bench.back_up("old")
    bench.publisher().publish(bench.append(range(10, 20)))
    bench.put_back("old")
    bench.config.log_path().rename(tmp_path / "away")
    lines = bench.append(range(50, 90))
    bench.witnesses.fail("silent")
    if not fault:
        bench.witnesses.heal()
        for server in bench.witnesses.services.values():
            for path in server.notary.folder.glob("*.note"):
                path.write_bytes(path.read_bytes().replace(b"log.example", b"log.exampel"))
    with pytest.raises(WitnessQuorumError):
        bench.publisher().publish(lines)
    assert _faults(bench) == []


def test_an_edited_leaf_is_seen(bench: Bench) -> None:
    """Where the entry is asked for, or where it is among the last on disk."""
    lines = bench.append(range(400))
    bench.publisher().publish(lines)
    with bench.database.write() as session:
        session.execute(update(LogLeaf).where(LogLeaf.index == 390).values(entry=line(9_999), leaf_hash="00" * 32))
    _require_blocked(bench, LogChangedError)


def test_an_edited_old_leaf_is_seen_when_it_is_asked_for(bench: Bench) -> None:
    """The proof does not lead to the signed root, so it is not given out."""
    bench.publisher().publish(bench.append(range(600)))
    other = line(9_999)
    with bench.database.write() as session:
        row = session.get_one(LogLeaf, 5)
        row.entry = other
        row.leaf_hash = ledger.hash_of(row)
    with pytest.raises(LogChangedError):
        bench.publisher().publish([other])


def test_a_missing_leaf_is_seen(bench: Bench) -> None:
    """A gap among the new ones."""
    bench.publisher().publish(bench.append(range(5)))
    bench.append(range(10, 20))
    with bench.database.write() as session:
        session.execute(delete(LogLeaf).where(LogLeaf.index == 8))
    _require_blocked(bench, LogChangedError)


@pytest.mark.parametrize("values", [{"note": "x"}, {"root": "00" * 32}])
def test_an_edited_checkpoint_is_seen(bench: Bench, values: dict[str, str]) -> None:
    """What was signed is signed."""
    bench.publisher().publish(bench.append(range(5)))
    with bench.database.write() as session:
        session.execute(update(LogCheckpoint).values(**values))
    _require_blocked(bench, LogChangedError)


def test_an_edited_cosignature_is_asked_for_again(bench: Bench) -> None:
    """It is the witness's, not ours: no fault."""
    lines = bench.append(range(5))
    found = bench.publisher().publish(lines)[0].note.decode()
    with bench.database.write() as session:
        session.execute(update(LogCheckpoint).values(note=found[:-8] + "AAAA" + found[-4:]))
    assert _holds(bench, bench.publisher().publish(lines)[0], lines[0]) == 5


@pytest.mark.parametrize("damage", ["gone", "cut", "edited", "all", "size"])
def test_damaged_tiles_are_written_anew(bench: Bench, damage: str) -> None:
    """When the leaves still give the signed root it is the tiles that were hurt."""
    lines = bench.append(range(600))
    found = bench.publisher().publish(lines)
    tile = bench.config.log_path() / "tile/0/002.p/88"
    whole = tile.read_bytes()
    if damage == "gone":
        tile.unlink()
    elif damage == "cut":
        tile.write_bytes(whole[:-1])
    elif damage == "edited":
        tile.write_bytes(whole[::-1])
    elif damage == "all":
        for path in bench.config.log_path().rglob("*"):
            if path.is_file():
                path.unlink()
    else:
        (bench.config.log_path() / "size").write_bytes(b"300\n")
    more = bench.append(range(1000, 1010))
    assert _holds(bench, bench.publisher().publish(more)[0], more[0]) == 610
    assert _faults(bench) == []
    assert bench.publisher().publish(lines[:1])[0].index == found[0].index


def test_one_publisher_at_a_time(bench: Bench) -> None:
    """Others wait, and say so when they waited too long."""
    lines = bench.append([1])
    publisher = bench.publisher()
    publisher._wait_s = 0.2
    lock = bench.config.data_dir / "tlog.lock"
    with one_publisher(bench.database, lock, 1), pytest.raises(LogBusyError):
        publisher.publish(lines)
    results = []

    def publish(number: int) -> None:
        results.append(bench.publisher().publish(bench.append([number])))

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(2, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6
    assert _faults(bench) == []


def test_the_settings_make_a_publisher(bench: Bench) -> None:
    """With its own clock."""
    lines = bench.append([1])
    with open_publisher(bench.config, bench.database, bench.key.name, bench.key.private_key) as publisher:
        assert len(publisher.publish(lines)) == 1
    with bench.database.read() as session:
        assert isinstance(session.execute(select(LogCheckpoint.at)).scalar(), datetime)
