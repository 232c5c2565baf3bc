"""Commands of the exchange."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from exchange.errors import KeyChangeError, PeerError
from kernel.config import settings
from kernel.models import Peer
from pipeline.commands import action_of, command_line
from pipeline.errors import UsageError
from pipeline.wiring import open_database


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


def test_scopes_are_entered_with_the_card(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a file; one that is not understood enters nobody."""
    _run("card")
    card, scopes = tmp_path / "card.json", tmp_path / "scopes.json"
    card.write_text(capsys.readouterr().out, "utf-8")
    monkeypatch.setenv("WANGJIAN_DATA_DIR", str(tmp_path / "national"))
    monkeypatch.setenv("WANGJIAN_EXCHANGE_ORG", "000000")
    settings.cache_clear()
    for text, error in (('{"out": ["NONE"]}', PeerError), ("{", UsageError)):
        scopes.write_text(text, "utf-8")
        with pytest.raises(error):
            _run("peer-add", str(card), "--scopes", str(scopes))
    scopes.write_text('{"out": ["LEAD"], "fields": {"LEAD": ["title", "description", "found_at"]}}', "utf-8")
    assert _run("peer-add", str(card), "--scopes", str(scopes)) == 0
    with closing(open_database(settings())) as database, database.read() as session:
        assert session.query(Peer).one().scopes["out"] == ["LEAD"]


def test_a_change_of_keys_from_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun, listed, and finished even though a peer does not know it."""
    _run("card")
    card = tmp_path / "card.json"
    card.write_text(capsys.readouterr().out.replace("310000", "320000"), "utf-8")
    monkeypatch.setenv("WANGJIAN_DATA_DIR", str(tmp_path / "here"))
    settings.cache_clear()
    _run("peer-add", str(card))
    assert _run("keys", "rotate", "--days", "10") == 0
    kid = capsys.readouterr().out.splitlines()[-1].split()[0]
    assert _run("keys", "list") == 0
    said = capsys.readouterr().out
    assert f"{kid}  ed25519-sha256 sign  下一把 next" in said
    assert "not yet 320000" in said
    with pytest.raises(KeyChangeError):
        _run("keys", "finish")
    assert _run("keys", "finish", "--even-so") == 0
    _run("keys", "list")
    assert f"{kid}  ed25519-sha256 sign  使用中 in force" in capsys.readouterr().out
