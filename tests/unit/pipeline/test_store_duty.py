"""The keeper's duties towards the store."""

from datetime import timedelta
from pathlib import Path

import pytest

from evidence import deletion, scrub
from evidence.errors import StoreError
from evidence.store_files import FileStore
from evidence.store_pair import open_pair
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Evidence, StoredObject
from pipeline import store_duty
from pipeline.store_duty import StoreDuty
from tests.data.evidence.people import enter_officer
from tests.data.evidence.stored import seal_away


@pytest.fixture
def paired(config: Settings, tmp_path: Path) -> Settings:
    """Settings with a second store."""
    (tmp_path / "copies").mkdir()
    return config.model_copy(update={"evidence_copy_url": str(tmp_path / "copies")})


def _keep(database: Database, config: Settings, folder: Path, name: str = "one") -> tuple[str, str]:
    at = now()
    with database.write() as session:
        evidence_id = seal_away(session, open_pair(config).store, folder, name, at=at.replace(year=at.year - 6, day=1))
        return evidence_id, session.get_one(Evidence, evidence_id).store_key


def test_an_empty_store_is_not_opened(database: Database, config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its client would cost memory for nothing."""
    monkeypatch.setattr(store_duty, "open_pair", lambda _: pytest.fail("opened"))
    StoreDuty(config, database).turn()


def test_one_turn_registers_copies_and_hashes(database: Database, paired: Settings, tmp_path: Path) -> None:
    """A new package is in both stores and looked at; the next turn has nothing to do."""
    _, key = _keep(database, paired, tmp_path)
    duty = StoreDuty(paired, database)
    duty.turn()
    with database.read() as session:
        row = session.get_one(StoredObject, key)
        assert row.copied_to == paired.evidence_copy_url
        assert row.checked_at is not None
        assert row.retained_until is not None
        assert scrub.due(session, now(), paired.scrub_days) == []
    duty.turn()


def test_an_agreed_deletion_is_ended(database: Database, paired: Settings, tmp_path: Path) -> None:
    """Also one whose command was killed after the second officer agreed."""
    evidence_id, key = _keep(database, paired, tmp_path)
    duty = StoreDuty(paired, database)
    duty.turn()
    with database.write() as session:
        for account in ("li", "wang"):
            enter_officer(session, account, at=now())
        deletion.ask(session, evidence_id, account="li", reason="期满", basis="档案规定", at=now(), years=5)
        deletion.agree(session, evidence_id, account="wang", at=now(), years=5)
    duty.turn()
    with database.read() as session:
        row = deletion.of_evidence(session, evidence_id)
        assert row is not None
        assert row.state == "done"
    assert not open_pair(paired).store.exists(key)
    assert not FileStore(tmp_path / "copies", at=now()).exists(key)


def test_a_finding_is_looked_at_again(
    database: Database, config: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every ten minutes; what was put back by hand closes it."""
    _, key = _keep(database, config, tmp_path)
    store = open_pair(config).store
    assert isinstance(store, FileStore)
    good = store.path(key).read_bytes()
    store.path(key).unlink()
    duty = StoreDuty(config, database)
    duty.turn()
    with database.read() as session:
        assert [one.kind for one in scrub.open_findings(session)] == ["missing"]
    store.path(key).write_bytes(good)
    duty.turn()
    with database.read() as session:
        assert scrub.open_findings(session) != []
    monkeypatch.setattr(store_duty, "RECHECK_EVERY", timedelta(0))
    duty.turn()
    with database.read() as session:
        assert scrub.open_findings(session) == []


def test_hashing_is_bounded_and_stops_when_asked(
    database: Database, config: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without time nothing is hashed; when the keeper closes, nothing more is begun."""
    for name in ("one", "two"):
        _keep(database, config, tmp_path, name)
    monkeypatch.setattr(store_duty, "SCRUB_SECONDS", -1.0)
    StoreDuty(config, database).turn()
    StoreDuty(config, database).turn(lambda: False)
    with database.read() as session:
        assert len(scrub.due(session, now(), 30)) == 2


def test_a_store_that_is_away_is_opened_anew(
    database: Database, paired: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The turn says so and the next one goes on."""
    _keep(database, paired, tmp_path)
    away = paired.model_copy(update={"evidence_copy_url": str(tmp_path / "not-there")})
    duty = StoreDuty(away, database)
    with pytest.raises(StoreError):
        duty.turn()
    duty.turn_or_log()
    assert "evidence.store" in caplog.text
    (tmp_path / "not-there").mkdir()
    duty.turn()
    assert len(list(FileStore(tmp_path / "not-there", at=now()).keys())) == 1
