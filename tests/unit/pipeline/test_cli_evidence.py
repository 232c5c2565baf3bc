"""Commands about evidence."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from evidence import custody
from evidence.errors import TrustError
from evidence.seal import Sealed
from evidence.store_files import FileStore
from kernel.config import settings
from kernel.db import Database
from kernel.models import AuditEntry, Evidence
from pipeline.cli import main
from pipeline.commands import action_of, command_line
from pipeline.errors import UsageError
from pipeline.wiring import open_database, open_evidence_store
from tests.data.evidence.workshop import Workshop, open_workshop

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


def _run(*words: str) -> int:
    options = command_line().parse_args(words)
    return action_of(options)(options)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Keys and two timestamp services of test trust."""
    with open_workshop(tmp_path_factory.mktemp("workshop")) as opened:
        yield opened


@pytest.fixture(scope="module")
def sealed(workshop: Workshop) -> Sealed:
    """A good package."""
    return workshop.seal("ev-cli")


@pytest.fixture
def trust(workshop: Workshop) -> str:
    """The published trust list."""
    return str(workshop.settings.trust_path())


def test_verify_says_each_step_and_the_verdict(sealed: Sealed, trust: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Test trust is a reservation, never a clean pass."""
    assert _run("verify", str(sealed.path), "--trust", trust) == 3
    said = capsys.readouterr().out
    assert "W320" in said
    assert said.rstrip().endswith("PASSED WITH RESERVATIONS")
    assert _run("verify", str(sealed.path), "--trust", trust, "--json") == 3
    assert json.loads(capsys.readouterr().out)["root_sha256"] == sealed.root_sha256


def test_a_changed_package_fails_and_a_cut_one_is_unreadable(
    sealed: Sealed, trust: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status one and two; what is not there is wrong usage."""
    data = bytearray(sealed.path.read_bytes())
    (tmp_path / "cut.zip").write_bytes(data[: len(data) // 2])
    data[len(data) // 2] ^= 1
    (tmp_path / "changed.zip").write_bytes(data)
    assert _run("verify", str(tmp_path / "changed.zip"), "--trust", trust) == 1
    assert _run("verify", str(tmp_path / "cut.zip"), "--trust", trust) == 2
    assert "UNREADABLE" in capsys.readouterr().out
    with pytest.raises(UsageError):
        _run("verify", str(tmp_path / "none.zip"), "--trust", str(tmp_path / "none"))
    with pytest.raises(TrustError):
        _run("verify", str(sealed.path), "--trust", str(tmp_path))


def test_what_cannot_be_verified_ends_with_two(
    sealed: Sealed, trust: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with the script: one is for a package that fails. The file is missed before the list."""
    assert main(["verify", str(tmp_path / "none.zip"), "--trust", str(tmp_path / "none")]) == 2
    assert "none.zip" in capsys.readouterr().err
    for folder in (tmp_path, tmp_path / "none"):
        assert main(["verify", str(sealed.path), "--trust", str(folder)]) == 2
        assert "封存单位另行公布" in capsys.readouterr().err


def test_advice_is_given_once(tmp_path: Path, trust: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And no arrow stands before nothing."""
    (tmp_path / "empty.zip").write_bytes(b"")
    assert _run("verify", str(tmp_path / "empty.zip"), "--trust", trust) == 2
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert not [line for line in lines if line == "→" or line.startswith(("→  [", "→  /"))]


def test_a_list_without_evidence_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """And how some is taken."""
    assert _run("evidence", "list") == 0
    assert "wangjian capture" in capsys.readouterr().out


@pytest.fixture
def records(sealed: Sealed) -> Iterator[Database]:
    """One sealed and one ordered piece of evidence in the installation's own records and store."""
    database, store = open_database(settings()), open_evidence_store(settings())
    assert isinstance(store, FileStore)
    key = store.put(sealed.path, sha256=sealed.sha256)
    with database.write() as session:
        for identifier, state in (("ev-cli", "sealed"), ("ev-new", "ordered")):
            session.add(
                Evidence(
                    id=identifier,
                    key=identifier,
                    url="http://a.example.test/1",
                    reason="order",
                    state=state,
                    store_key=key if state == "sealed" else "",
                    root_sha256=sealed.root_sha256 if state == "sealed" else "",
                    ordered_by="li",
                    ordered_at=AT,
                )
            )
    yield database
    database.close()


def test_an_export_as_stored_is_a_custody_event_with_its_purpose(
    records: Database, sealed: Sealed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bytes are the sealed ones; custody and audit say why."""
    target = tmp_path / "out.zip"
    assert _run("evidence", "list") == 0
    assert "ev-new" in capsys.readouterr().out
    assert _run("evidence", "export", "ev-cli", "--out", str(target), "--as-stored", "--purpose", "移送法院") == 0
    assert target.read_bytes() == sealed.path.read_bytes()
    with records.read() as session:
        assert "移送法院" in custody.render(custody.events(session, "ev-cli")).decode()
        assert session.execute(select(AuditEntry.action)).scalars().all() == ["evidence.export"]


@pytest.mark.parametrize("identifier", ["ev-new", "ev-none"])
def test_only_sealed_evidence_is_exported(records: Database, identifier: str, tmp_path: Path) -> None:
    """And nothing is written over."""
    there = tmp_path / "there.zip"
    shutil.copy(__file__, there)
    for target in (tmp_path / "out.zip", there):
        with pytest.raises(UsageError):
            _run("evidence", "export", identifier, "--out", str(target), "--purpose", "x")
    assert not (tmp_path / "out.zip").exists()
    with records.read() as session:
        assert session.execute(select(AuditEntry)).first() is None
