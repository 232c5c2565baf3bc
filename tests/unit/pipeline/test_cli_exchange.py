"""Commands of the exchange."""

import json
from pathlib import Path

import pytest

from exchange.errors import PeerError
from kernel.config import settings
from pipeline.commands import action_of, command_line
from pipeline.errors import UsageError


def _run(*words: str) -> int:
    options = command_line().parse_args(["exchange", *words])
    return action_of(options)(options)


def test_two_installations_get_to_know_each_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One prints its card, the other enters it and lists it."""
    assert _run("card") == 0
    card = tmp_path / "card.json"
    card.write_text(capsys.readouterr().out, "utf-8")
    monkeypatch.setenv("WANGJIAN_DATA_DIR", str(tmp_path / "national"))
    monkeypatch.setenv("WANGJIAN_EXCHANGE_ORG", "000000")
    settings.cache_clear()
    assert _run("peer-add", str(card)) == 0
    said = capsys.readouterr().out
    assert all(key["kid"] in said for key in json.loads(card.read_text("utf-8"))["keys"])
    assert _run("peers") == 0
    assert "310000  active  ed25519-sha256" in capsys.readouterr().out
    assert _run("turn") == 0
    assert "sent: 0" in capsys.readouterr().out


def test_what_is_no_card_is_said(tmp_path: Path) -> None:
    """No file, no JSON, no card."""
    with pytest.raises(UsageError):
        _run("peer-add", str(tmp_path / "none"))
    (tmp_path / "x").write_text("{", "utf-8")
    with pytest.raises(UsageError):
        _run("peer-add", str(tmp_path / "x"))
    (tmp_path / "x").write_text("{}", "utf-8")
    with pytest.raises(PeerError):
        _run("peer-add", str(tmp_path / "x"))
