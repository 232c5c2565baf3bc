"""Commands about people and their grounds."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from evidence import approval, mandate
from evidence.errors import ApprovalStateError, AuthorisationError, OfficerRevokedError, OfficerTwiceError
from kernel.clock import now
from kernel.config import settings
from kernel.db import Database
from kernel.models import Evidence, User
from pipeline.commands import action_of, command_line
from pipeline.errors import UsageError
from pipeline.wiring import open_database
from tests.data.evidence.people import CASE, enter_capture

PASSWORD = "correct horse battery"


def _run(*words: str) -> int:
    options = command_line().parse_args(words)
    return action_of(options)(options)


@pytest.fixture
def records() -> Iterator[Database]:
    """The installation's own records."""
    database = open_database(settings())
    yield database
    database.close()


def _register(account: str, number: str) -> int:
    return _run(
        "officer", "add", f"测试{account}", "--certificate", number, "--unit", "测试局", "--account", account,
        "--from", "2026-01-01", "--to", "2099-12-31",
    )  # fmt: skip


def test_officers_and_grounds_are_entered_listed_and_taken_back(
    records: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was entered stands in the list, with the days as they were given."""
    assert _register("li", "TEST-1") == 0
    words = ("--basis", "第五十四条", "--issued-by", "局", "--from", "2026-01-01", "--to", "2099-12-31")
    assert _run("authorise", "add", "授权1号", "--case", CASE, *words) == 0
    assert _run("authorise", "add", "任务1号", *words) == 0
    assert _run("officer", "list") == _run("authorise", "list") == 0
    said = capsys.readouterr().out
    assert "TEST-1  测试li  测试局  li  2026-01-01–2099-12-31" in said
    assert f"授权1号  case  {CASE}" in said
    assert "任务1号  task  -" in said
    assert _run("officer", "revoke", "TEST-1") == _run("authorise", "revoke", "任务1号") == 0
    assert _run("officer", "list") == _run("authorise", "list") == 0
    assert capsys.readouterr().out.count("  撤销 revoked") == 2
    with pytest.raises(OfficerRevokedError):
        _run("officer", "revoke", "TEST-1")


def test_days_the_wrong_way_round(records: Database) -> None:
    """The answer has the days as they were given, and says what to turn."""
    words = ("--basis", "第五十四条", "--issued-by", "局", "--from", "2026-12-31", "--to", "2026-01-01")
    with pytest.raises(AuthorisationError, match="got 2026-12-31 to 2026-01-01") as caught:
        _run("authorise", "add", "任务2号", *words)
    assert "--from" in caught.value.hint


def test_the_hint_names_a_command_that_is_understood() -> None:
    """Its options are those of the command line."""
    words = mandate._ADD.split()[1:]
    assert command_line().parse_args(words).case == "CASE"


def test_a_day_that_is_none(records: Database) -> None:
    """Days have one form."""
    with pytest.raises(UsageError, match="a day"):
        _run(
            "officer",
            "add",
            "某",
            "--certificate",
            "TEST-2",
            "--unit",
            "局",
            "--account",
            "li",
            "--from",
            "x",
            "--to",
            "y",
        )


def test_each_officer_approves_with_the_own_password(
    records: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong password, or an account without one, approves nothing."""
    _register("li", "TEST-1")
    _register("wang", "TEST-2")
    words = ("--basis", "第五十四条", "--issued-by", "局", "--from", "2026-01-01", "--to", "2099-12-31")
    _run("authorise", "add", "授权1号", "--case", CASE, *words)
    with records.write() as session:
        for name, password in (("li", PASSWORD), ("wang", PASSWORD), ("zhao", "")):
            digest = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password) if password else ""
            session.add(User(name=name, password_hash=digest, roles=["investigator"], created_at=now()))
        evidence_id = enter_capture(session, at=now() - timedelta(minutes=1)).id

    def approve(account: str, password: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return _run("evidence", "approve", evidence_id, "--account", account)

    with pytest.raises(ApprovalStateError, match="unknown"):  # before the password is looked at
        _run("evidence", "approve", "ev-none", "--account", "nobody")
    for account, password in (("li", "wrong"), ("zhao", ""), ("nobody", "x")):
        with pytest.raises(UsageError, match="password"):
            approve(account, password)
    assert approve("li", PASSWORD) == 0
    with pytest.raises(OfficerTwiceError):
        approve("li", PASSWORD)
    assert approve("wang", PASSWORD) == 0
    assert "测试li, 测试wang" in capsys.readouterr().out
    with records.read() as session:
        assert approval.is_ready(session, session.get_one(Evidence, evidence_id), now())
