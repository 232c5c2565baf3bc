"""Commands about the history of a badge, end to end."""

from pathlib import Path

import pytest
from sqlalchemy import select

from identity_verify.badge_keys import open_keys
from identity_verify.errors import BadgeUnknownError, HistoryBrokenError
from identity_verify.registry_extract import RegistryExtract
from kernel.clock import now
from kernel.config import settings
from kernel.db import Database
from kernel.models import Badge
from kernel.schema import upgrade
from pipeline.commands import action_of, command_line
from pipeline.errors import UsageError
from tests.data.badges.issuing import add_subject
from tests.unit.identity_verify.merchant_case import Case


def _run(*words: str) -> int:
    options = command_line().parse_args(("badge", *words))
    return action_of(options)(options)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No witness has to cosign here."""
    monkeypatch.setenv("WANGJIAN_WITNESS_QUORUM", "0")
    settings.cache_clear()


@pytest.fixture
def badge_id() -> str:
    """The badge of a merchant who applied for it."""
    database, at = Database(settings().sqlalchemy_url()), now()
    upgrade(database)
    extract = RegistryExtract(
        code="91310115XX0000019T", registration_number="", name="上海青禾(测试)商贸有限公司", former_names=(),
        kind="company", status="active", region="310115", address="", scope="", websites=(),
        persons=(("legal-representative", "测试甲"),), established_on=None, approved_on=None, authority="",
        capital_fen=None, source_ref="r", source_at=at,
    )  # fmt: skip
    case = Case(database, open_keys(settings()), extract, at)
    case.issued()
    database.close()
    return case.application().badge_id


def test_a_history_is_written_and_checked(badge_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the proof of each step; a changed one is refused, and so is another folder's trust."""
    out = tmp_path / "history.json"
    assert _run("history", badge_id, "--out", str(out)) == 0
    assert _run("verify-history", str(out)) == 0
    told = capsys.readouterr().out
    assert "site-proven" in told
    assert "均在日志中" in told
    with pytest.raises(FileExistsError):
        _run("history", badge_id, "--out", str(out))
    out.write_bytes(out.read_bytes().replace(b'"submit"', b'"return"'))
    with pytest.raises(HistoryBrokenError):
        _run("verify-history", str(out))
    with pytest.raises(HistoryBrokenError, match="readable file"):
        _run("verify-history", str(tmp_path / "none"))


def test_badges_without_an_application(badge_id: str, tmp_path: Path) -> None:
    """Of the bureau's own the audit trail knows; a number that is none is refused."""
    database = Database(settings().sqlalchemy_url())
    add_subject(database, 7, at=now())
    database.close()
    assert _run("issue", "7", "--site", "bureau.example.test") == 0
    with database.read() as session:
        numbers = set(session.execute(select(Badge.id)).scalars()) - {badge_id}
    with pytest.raises(UsageError):
        _run("history", numbers.pop(), "--out", str(tmp_path / "a"))
    with pytest.raises(BadgeUnknownError):
        _run("history", "XX", "--out", str(tmp_path / "b"))
