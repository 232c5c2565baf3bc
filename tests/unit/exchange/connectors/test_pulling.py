from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from exchange.connectors import fault, pulling, source, state
from exchange.connectors.errors import SourceFormError
from kernel.models import AuditEntry, LinkedFault, LinkedRecord, LinkedState
from simulators.linked.faults import Faults
from tests.unit.exchange.connectors.conftest import Linked

SYSTEM = "registration"


def turn(linked: Linked) -> Counter[str]:
    """One turn with the registry."""
    return pulling.turn(linked.database, linked.connector(), clock=linked.clock)


def standing(linked: Linked) -> dict[str, int]:
    """Keys and versions that we have."""
    with linked.database.read() as session:
        query = select(LinkedRecord.key, LinkedRecord.version).where(LinkedRecord.deleted_at.is_(None))
        return {key: version for key, version in session.execute(query)}  # noqa: C416 - dict() would take the rows for a mapping


def theirs(linked: Linked) -> dict[str, int]:
    """Keys and versions the system has."""
    return {entry.key: entry.version for entry in linked.server.books[SYSTEM].entries() if not entry.deleted}


def how_far(linked: Linked) -> LinkedState:
    """The state of the system."""
    with linked.database.read() as session:
        return state.read(session, SYSTEM)


def test_all_of_it_and_then_what_changes(linked: Linked) -> None:
    """The first turn takes everything, the next ones what changed, once."""
    assert turn(linked)["new"] == len(theirs(linked))
    linked.clock.pass_by(seconds=30)
    book = linked.server.books[SYSTEM]
    first = book.entries()[0]
    book.put(first.key, {**first.fields, "EntName": "上海改名（测试）有限公司"}, linked.clock())
    linked.clock.pass_by(seconds=4)
    assert turn(linked)["changed"] == 1
    assert turn(linked)["changed"] == 0
    assert standing(linked) == theirs(linked)
    assert how_far(linked).lags == [4000]
    with linked.database.read() as session:
        actions = set(session.execute(select(AuditEntry.action)).scalars())
        assert "linked.pull" in actions


def test_small_pages_and_a_run_that_is_cut_short(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run goes on where it stopped, also when the watermark stands in the middle."""
    monkeypatch.setattr(source, "PAGE_ROWS", 7)
    pulling.pull(linked.database, linked.connector(), clock=linked.clock, pages=2)
    assert len(standing(linked)) == 14
    assert how_far(linked).cursor_at is not None
    assert not pulling.keys_due(linked.database, linked.connector(), linked.clock())
    turn(linked)
    assert standing(linked) == theirs(linked)
    assert how_far(linked).cursor_at is None


def test_deletions_are_found(linked: Linked) -> None:
    """Told ones at once, silent ones when the key sets are compared; a lost change is found as well."""
    turn(linked)
    book = linked.server.books[SYSTEM]
    told, silent, lost = (entry.key for entry in book.entries()[-3:])
    linked.clock.pass_by(minutes=1)
    book.take_back(told, linked.clock())
    book.erase(silent)
    book.put(lost, book.entry(lost).fields, linked.clock() - timedelta(days=40))
    assert turn(linked)["gone"] == 1
    assert silent in standing(linked)
    linked.clock.pass_by(days=1)
    assert turn(linked)["gone"] == 1
    assert standing(linked) == theirs(linked)
    assert how_far(linked).keys_differ == 2
    linked.clock.pass_by(minutes=1)
    turn(linked)
    assert how_far(linked).keys_differ == 0


def test_a_key_set_that_is_cut_off_deletes_nothing(linked: Linked) -> None:
    """So many gone at once is not believed."""
    turn(linked)
    before = standing(linked)
    book = linked.server.books[SYSTEM]
    for entry in book.entries()[5:]:
        book.erase(entry.key)
    for number in range(60):
        book.put(f"x{number:03d}", {}, linked.clock() - timedelta(days=40))
    with linked.database.write() as session:
        for number in range(60):
            session.add(
                LinkedRecord(
                    system=SYSTEM, key=f"y{number}", version=1, source_at=linked.clock(), fetched_at=linked.clock()
                )
            )
    with pytest.raises(SourceFormError, match="gone"):
        pulling.compare_keys(linked.database, linked.connector(), clock=linked.clock, due=True)
    assert standing(linked).keys() >= before.keys()


def test_a_system_that_fails_is_left_alone(linked: Linked) -> None:
    """The breaker opens; when the system is back, so are we."""
    linked.server.set_faults(Faults(error=1.0))
    for _ in range(5):
        assert turn(linked)["failed"] == 1
    asked = linked.server.asked
    assert turn(linked) == Counter()
    assert linked.server.asked == asked
    linked.server.set_faults(Faults())
    linked.clock.pass_by(seconds=20)
    assert turn(linked)["new"] == len(theirs(linked))
    assert how_far(linked).failures == 0


def test_wrong_rows_are_quarantined_and_mended(linked: Linked) -> None:
    """With field and reason; when the system mends them, the fault is closed."""
    book = linked.server.books[SYSTEM]
    entry = book.entries()[0]
    book.put(entry.key, {**entry.fields, "EstDate": "很久以前"}, linked.clock())
    turn(linked)
    assert entry.key not in standing(linked)
    with linked.database.read() as session:
        fault = session.execute(select(LinkedFault)).scalar_one()
    assert (fault.key, fault.problems[0]["field"], fault.problems[0]["reason"]) == (entry.key, "EstDate", "form")
    linked.clock.pass_by(minutes=1)
    book.put(entry.key, entry.fields, linked.clock())
    turn(linked)
    assert standing(linked) == theirs(linked)
    with linked.database.read() as session:
        open_now = select(func.count()).select_from(LinkedFault).where(LinkedFault.state == "open")
        assert session.execute(open_now).scalar_one() == 0


def test_one_record_that_is_gone(linked: Linked) -> None:
    """Asked for by its key: gone here as well, with its faults, once."""
    turn(linked)
    key = linked.server.books[SYSTEM].entries()[0].key
    linked.server.books[SYSTEM].erase(key)
    assert pulling.fetch_one(linked.database, linked.connector(), key, clock=linked.clock)["gone"] == 1
    assert pulling.fetch_one(linked.database, linked.connector(), key, clock=linked.clock)["gone"] == 0


def test_what_an_officer_asked_for_is_fetched(linked: Linked) -> None:
    """A row that was spoilt on the way is mended by asking for it once more."""
    linked.server.set_faults(Faults(wrong=0.2, seed=2))
    turn(linked)
    linked.server.set_faults(Faults())
    with linked.database.write() as session:
        for row in session.execute(select(LinkedFault).where(LinkedFault.key != "")).scalars():
            fault.try_again(session, row, actor="li", at=linked.clock())
    pulling.fetch_asked(linked.database, linked.connector(), clock=linked.clock)
    with linked.database.read() as session:
        assert not fault.asked_again(session, SYSTEM, 9)
    assert standing(linked) == theirs(linked)
