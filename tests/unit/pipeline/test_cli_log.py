"""The commands of the log, as a person gives them."""

from pathlib import Path

import pytest
from sqlalchemy import update

from evidence.keys import ensure_keys
from evidence.log import entry, ledger
from kernel.clock import now
from kernel.config import Settings, settings
from kernel.models import LogLeaf
from pipeline.cli import main
from pipeline.wiring import check_log, open_database, open_log
from tests.servers.witnesses import witnessing

LINES = tuple(entry.package(f"{number:064x}", "0" * 64) for number in range(20))


@pytest.fixture
def witnessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation whose log was published once; its witness is gone again."""
    config = settings()
    key = ensure_keys(config, now()).log.vkey
    with witnessing(tmp_path / "witnesses", [key], ("court",)) as opened:
        for name, value in opened.options().items():
            monkeypatch.setenv(f"WANGJIAN_{name}", value)
        settings.cache_clear()
        database = open_database(settings())
        with database.write() as session:
            ledger.append_all(session, LINES)
        with open_log(settings(), database) as publisher:
            publisher.publish()
        assert main(["log", "audit"]) == 0
        database.close()
    return settings()


def test_show_says_where_the_log_is(witnessed: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Key, size, newest checkpoint with its witnesses."""
    capsys.readouterr()
    assert main(["log", "show"]) == 0
    said = capsys.readouterr().out
    assert "court" in said
    assert "20" in said
    assert ensure_keys(witnessed, now()).log.vkey in said


def test_an_empty_log(capsys: pytest.CaptureFixture[str]) -> None:
    """No checkpoint yet; without witnesses the audit looks at what is here."""
    assert main(["log", "show"]) == 0
    assert "无 none" in capsys.readouterr().out
    assert main(["log", "audit"]) == 0


def test_a_fault_is_told_everywhere(witnessed: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Found by the audit; shown by show; doctor says so; lifted only when witnesses can be asked."""
    database = open_database(witnessed)
    with database.write() as session:
        session.execute(update(LogLeaf).where(LogLeaf.index == 3).values(entry=LINES[3].replace("0", "1")))
    assert main(["log", "audit"]) == 1
    error = capsys.readouterr().err
    assert "evidence.log_changed" in error
    assert "wangjian log audit" in error
    assert main(["log", "show"]) == 1
    assert "evidence.log_changed" in capsys.readouterr().out
    check_log(witnessed, database)
    with database.write() as session:
        session.execute(update(LogLeaf).where(LogLeaf.index == 3).values(entry=LINES[3]))
    assert main(["log", "audit"]) == 1
    assert "too few witnesses" in capsys.readouterr().out
    database.close()
