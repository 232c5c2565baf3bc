"""Commands about the store's long life."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from evidence.errors import DeletionError, OfficerTwiceError, RetainedTermError
from evidence.store_files import FileStore
from kernel.clock import now
from kernel.config import settings
from kernel.db import Database
from kernel.models import Evidence, Job, StoredObject, User
from pipeline.commands import action_of, command_line
from pipeline.errors import UsageError
from pipeline.job_run import JobRun
from pipeline.wiring import open_database, open_evidence_store
from tests.data.evidence.people import enter_officer
from tests.data.evidence.stored import seal_away

PASSWORD = "correct horse battery"


def _run(*words: str) -> int:
    options = command_line().parse_args(words)
    return action_of(options)(options)


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Database]:
    """The installation's own records, a second store, two officers with passwords, and no witness."""
    (tmp_path / "copies").mkdir()
    monkeypatch.setenv("WANGJIAN_EVIDENCE_COPY_URL", str(tmp_path / "copies"))
    monkeypatch.setenv("WANGJIAN_WITNESS_QUORUM", "0")
    settings.cache_clear()
    database = open_database(settings())
    with database.write() as session:
        for account in ("li", "wang"):
            enter_officer(session, account, at=now())
            session.add(User(name=account, password_hash=PasswordHasher().hash(PASSWORD), roles=[], created_at=now()))
    yield database
    database.close()
    settings.cache_clear()


def _keep(records: Database, folder: Path, years: int = 6) -> tuple[str, Path]:
    """Sealed evidence of some years ago: its id and its file."""
    store = open_evidence_store(settings())
    assert isinstance(store, FileStore)
    at = now().replace(day=1)
    with records.write() as session:
        evidence_id = seal_away(session, store, folder, "one", at=at.replace(year=at.year - years))
        return evidence_id, store.path(session.get_one(Evidence, evidence_id).store_key)


def _with_password(monkeypatch: pytest.MonkeyPatch, *words: str, password: str = PASSWORD) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    return _run(*words)


def test_scrub_and_restore(records: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A scrub that finds nothing is good; damage is told with its copy and restored."""
    evidence_id, path = _keep(records, tmp_path)
    assert _run("evidence", "scrub") == 0
    copy = FileStore(tmp_path / "copies", at=now())
    copy.put(path, sha256=path.name)
    with records.write() as session:
        row = session.get_one(StoredObject, path.name)
        assert row.checked_at is not None
        row.copied_to = settings().evidence_copy_url
    path.chmod(0o644)
    path.write_bytes(b"other")
    assert _run("evidence", "scrub") == 1
    said = capsys.readouterr().out
    assert f"damaged  store  {evidence_id}" in said
    assert str(tmp_path / "copies") in said
    assert _run("evidence", "retention", evidence_id) == 0
    assert "异常 damaged store" in capsys.readouterr().out
    assert _run("evidence", "restore", evidence_id) == 0
    assert "quarantine" in capsys.readouterr().out
    assert _run("evidence", "scrub") == 0


def test_a_scrub_can_be_stopped(records: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command says so; what was done stays done."""
    _keep(records, tmp_path)
    real = JobRun.report

    def report(run: JobRun, **progress: object) -> None:
        with run.database.write() as session:
            session.get_one(Job, run.id).cancel_asked = True
        real(run, **progress)

    monkeypatch.setattr(JobRun, "report", report)
    with pytest.raises(UsageError, match="cancelled"):
        _run("evidence", "scrub")


def test_hold_and_release(
    records: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the officer's own password; the state is told."""
    evidence_id, _ = _keep(records, tmp_path)
    words = (evidence_id, "--account", "li", "--reason", "诉讼")
    with pytest.raises(UsageError, match="password"):
        _with_password(monkeypatch, "evidence", "hold", *words, password="wrong password")
    assert _with_password(monkeypatch, "evidence", "hold", *words) == 0
    assert _run("evidence", "retention", evidence_id) == 0
    assert "evidence.retained_hold" in capsys.readouterr().out
    assert _with_password(monkeypatch, "evidence", "release", *words) == 0
    assert _run("evidence", "retention", evidence_id) == 0
    assert "可申请销毁" in capsys.readouterr().out
    with pytest.raises(UsageError):
        _run("evidence", "retention", "ev-none")


def test_two_officers_delete_and_a_certificate_stays(
    records: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked, refused to the same, agreed by another; the certificate is written and verified."""
    evidence_id, path = _keep(records, tmp_path)
    asked = ("evidence", "delete", evidence_id, "--reason", "期满", "--basis", "档案规定", "--account")
    assert _with_password(monkeypatch, *asked, "li") == 3
    with pytest.raises(OfficerTwiceError):
        _with_password(monkeypatch, *asked, "li")
    with pytest.raises(DeletionError):
        _run("evidence", "deletion-certificate", evidence_id, "--out", str(tmp_path / "out"))
    assert path.exists()
    assert _with_password(monkeypatch, "evidence", "delete", evidence_id, "--account", "wang") == 0
    assert not path.exists()
    assert _run("evidence", "deletion-certificate", evidence_id, "--out", str(tmp_path / "out")) == 0
    assert _run("evidence", "deletion-verify", str(tmp_path / "out")) == 0
    assert capsys.readouterr().out.count("签名与保管链成立") == 2
    assert _with_password(monkeypatch, "evidence", "delete", evidence_id, "--account", "wang") == 0


def test_the_term_is_held(records: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its end nobody deletes."""
    evidence_id, path = _keep(records, tmp_path, years=4)
    with pytest.raises(RetainedTermError):
        _with_password(
            monkeypatch, "evidence", "delete", evidence_id, "--account", "li", "--reason", "x", "--basis", "y"
        )
    assert path.exists()
