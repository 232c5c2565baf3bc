import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from exchange.connectors import snapshot, state
from exchange.connectors.roster import MAKERS
from exchange.connectors.snapshot import Difference, difference
from kernel.db import Database
from kernel.models import LinkedFault, LinkedRecord
from simulators.linked import complaints, credit
from simulators.linked.files import as_csv, as_xlsx, as_xml, drop
from simulators.market.model import Ports
from tests.unit.exchange.connectors.conftest import AT, Clock

TODAY = AT.date()


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """Marks of the credit system."""
    return [dict(fields) for _, fields in credit.entries(TODAY, extra=70)]


def take(database: Database, folder: Path, clock: Clock, system: str = "credit") -> Counter[str]:
    """Take what was dropped."""
    keep = folder.parent / "keep"
    return snapshot.take_dropped(database, MAKERS[system](None), folder, keep, clock=clock)


def standing(database: Database) -> dict[str, int]:
    """Keys and versions we have."""
    with database.read() as session:
        query = select(LinkedRecord.key, LinkedRecord.version).where(LinkedRecord.deleted_at.is_(None))
        return {key: version for key, version in session.execute(query)}  # noqa: C416 - dict() would take the rows for a mapping


def test_a_file_and_the_next_one(database: Database, tmp_path: Path, clock: Clock, rows: list[dict[str, Any]]) -> None:
    """What is new, changed and gone; each form; the same file again is nothing."""
    folder = tmp_path / "drop"
    drop(folder, "full-1.csv", as_csv(rows))
    assert take(database, folder, clock) == Counter(new=78)
    assert take(database, folder, clock) == Counter()
    rows[0]["SpeCause"] = "另一事由"
    gone = str(rows.pop()["MarkNO"])
    drop(folder, "full-2.xlsx", as_xlsx(rows))
    assert take(database, folder, clock) == Counter(changed=1, gone=1)
    assert standing(database)[str(rows[0]["MarkNO"])] == 2
    assert gone not in standing(database)
    drop(folder, "part-3.xml", as_xml([{**rows[1], "SpeCause": "再一事由"}]))
    assert take(database, folder, clock) == Counter(changed=1)
    assert len(standing(database)) == 77
    with database.read() as session:
        how_far = state.read(session, "credit")
        assert not state.is_stale(how_far, clock())
        assert how_far.counts["gone"] == 1
    kept = [json.loads(line) for line in (tmp_path / "keep" / "snapshot.jsonl").read_text().splitlines()]
    before = (tmp_path / "keep" / "snapshot-before.jsonl").read_text()
    assert (len(kept), "再一事由" in before) == (77, False)


def test_only_a_full_file_compares_the_keys(
    database: Database, tmp_path: Path, clock: Clock, rows: list[dict[str, Any]]
) -> None:
    """Of a file of changes nobody can say what is missing."""
    folder = tmp_path / "drop"
    for name, compared in (("part-1.csv", False), ("full-2.csv", True)):
        drop(folder, name, as_csv(rows))
        take(database, folder, clock)
        with database.read() as session:
            how_far = state.read(session, "credit")
            assert how_far.good_at is not None
            assert (how_far.keys_at is not None) is compared


def test_a_reading_that_was_cut_short(
    database: Database, tmp_path: Path, clock: Clock, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goes on and does nothing twice."""
    folder = tmp_path / "drop"
    monkeypatch.setattr(snapshot, "AT_ONCE", 10)
    drop(folder, "full-1.csv", as_csv(rows, "utf-8"))
    monkeypatch.setattr(snapshot, "_store", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        take(database, folder, clock)
    monkeypatch.undo()
    assert take(database, folder, clock) == Counter(same=78)
    assert set(standing(database).values()) == {1}


def test_contradicting_and_keyless_rows(
    database: Database, tmp_path: Path, clock: Clock, rows: list[dict[str, Any]]
) -> None:
    """Are quarantined, and what we have of that key stays."""
    folder = tmp_path / "drop"
    drop(folder, "full-1.csv", as_csv(rows))
    take(database, folder, clock)
    twice = {**rows[0], "SpeCause": "矛盾"}
    drop(folder, "full-2.csv", as_csv([*rows, rows[1], twice, {**rows[2], "MarkNO": ""}]))
    assert take(database, folder, clock) == Counter(quarantined=2)
    assert len(standing(database)) == 78
    with database.read() as session:
        reasons = {row.problems[0]["reason"] for row in session.execute(select(LinkedFault)).scalars()}
    assert reasons == {"contradiction", "missing"}


def test_a_file_that_is_cut_off_deletes_nothing(
    database: Database, tmp_path: Path, clock: Clock, rows: list[dict[str, Any]]
) -> None:
    """It is refused with a row in quarantine, and looked at again only when it is put there again."""
    folder = tmp_path / "drop"
    drop(folder, "full-1.csv", as_csv(rows))
    take(database, folder, clock)
    drop(folder, "full-2.csv", as_csv(rows[:5]))
    assert take(database, folder, clock) == Counter(failed=1)
    assert take(database, folder, clock) == Counter()
    assert len(standing(database)) == 78
    with database.read() as session:
        row = session.execute(select(LinkedFault)).scalar_one()
    assert (row.source, row.problems[0]["field"]) == ("full-2.csv", "file")


def test_persons_are_not_in_kept_snapshots(database: Database, tmp_path: Path, clock: Clock) -> None:
    """Neither in the records."""
    found = [dict(fields) for _, fields in complaints.entries(Ports(), TODAY, extra=5)]
    drop(tmp_path / "drop", "full-1.csv", as_csv(found))
    assert take(database, tmp_path / "drop", clock, "complaint12315")["new"] == len(found)
    kept = (tmp_path / "keep" / "snapshot.jsonl").read_text("utf-8")
    assert not [row for row in found if str(row["CONSNAME"]) in kept or str(row["CONSTEL"]) in kept]


@given(*[st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xy"))] * 2)
def test_differences_lead_from_one_to_the_other(before: dict[str, str], after: dict[str, str]) -> None:
    """Doing them to the first gives the second."""
    found = difference(before, after)
    made = {key: value for key, value in before.items() if key not in found.gone}
    made |= {key: after[key] for key in (*found.new, *found.changed)}
    assert made == after
    assert difference(after, after) == Difference((), (), ())
