"""Command ``evidence export``."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from evidence import custody
from evidence.errors import OfficerUnknownError
from kernel.config import Settings
from kernel.models import Evidence
from pipeline import cli_export
from pipeline.commands import action_of, command_line
from pipeline.errors import UsageError
from pipeline.wiring import open_database, open_evidence_store
from tests.data.evidence.people import enter_officer
from tests.data.evidence.workshop import Workshop, open_workshop

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


def _run(*words: str) -> int:
    options = command_line().parse_args(words)
    return action_of(options)(options)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """An installation with one sealed piece of evidence of case c."""
    with open_workshop(tmp_path_factory.mktemp("house")) as opened:
        sealed = opened.seal("ev-cli")
        database, store = open_database(opened.settings), open_evidence_store(opened.settings)
        with database.write() as session:
            session.add(
                Evidence(
                    id="ev-cli",
                    key="k",
                    url="http://a.example.test/1",
                    reason="order",
                    state="sealed",
                    store_key=store.put(sealed.path, sha256=sealed.sha256),
                    root_sha256=sealed.root_sha256,
                    case_number="c",
                    ordered_by="li",
                    ordered_at=AT,
                    sealed_at=AT,
                )
            )
        database.close()
        yield opened


@pytest.fixture(autouse=True)
def _settings(house: Workshop) -> Iterator[None]:
    def own() -> Settings:
        return house.settings

    with patch.object(cli_export, "settings", own):
        yield


def test_one_and_a_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each says root and verdict; a case says how far it is and where the index lies."""
    out, folder = tmp_path / "a.zip", tmp_path / "case"
    assert _run("evidence", "export", "ev-cli", "--out", str(out), "--purpose", "移送") == 0
    assert "RESERVED" in capsys.readouterr().out
    assert _run("evidence", "export", "--case", "c", "--out", str(folder), "--purpose", "移送") == 0
    said = capsys.readouterr().out
    assert said.startswith("1/1  ev-cli.evidence.zip  root ")
    assert "index.csv" in said
    assert (folder / "ev-cli.evidence.zip").is_file()


def test_either_one_or_a_case(tmp_path: Path) -> None:
    """Not both, not neither."""
    for words in ((), ("ev-cli", "--case", "c")):
        with pytest.raises(UsageError, match="either"):
            _run("evidence", "export", *words, "--out", str(tmp_path / "x"), "--purpose", "x")


def test_a_redacted_export_and_its_proof(house: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An officer withholds a file; it is proved with the salt from the store, and then with file and salt alone."""
    database = open_database(house.settings)
    with database.write() as session:
        enter_officer(session, "li", days=30_000)
    out, name = tmp_path / "out.zip", "data/dom.html"
    words = ("evidence", "export", "ev-cli", "--purpose", "公开", "--withhold", f"{name}=个人隐私", "--officer")
    with pytest.raises(OfficerUnknownError):
        _run(*words, "nobody", "--out", str(out))
    assert _run(*words, "li", "--out", str(out)) == 0
    with database.read() as session:
        last = custody.events(session, "ev-cli")[-1]
        assert (last.actor, last.detail["redacted_by"]) == ("li", "测试li TEST-LI")
    database.close()
    for wrong in (("--case", "c"), ("ev-cli", "--as-stored")):
        with pytest.raises(UsageError):
            _run("evidence", "export", *wrong, *words[3:], "li", "--out", str(tmp_path / "x"))
    trust = str(house.settings.trust_path())
    prove = ("evidence", "prove", "--package", str(out), "--name", name, "--trust", trust)
    capsys.readouterr()
    assert _run(*prove, "--id", "ev-cli") == 0
    salt = capsys.readouterr().out.split()[-1]
    original = tmp_path / "dom.html"
    original.write_text("<html><title>样品</title></html>", "utf-8")
    assert _run(*prove, "--file", str(original), "--salt", salt) == 0
    original.write_text("other", "utf-8")
    assert _run(*prove, "--file", str(original), "--salt", salt) == 1
    for more in ((), ("--file", str(original), "--salt", "xy")):
        with pytest.raises(UsageError):
            _run(*prove, *more)
    out.write_bytes(b"cut")
    assert _run(*prove, "--id", "ev-cli") == 1
