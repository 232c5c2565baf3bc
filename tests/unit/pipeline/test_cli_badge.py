"""Commands about badges, end to end: issue, look, check offline with files alone, suspend, revoke, keys."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select, update

from identity_verify import status_list
from identity_verify.badge_issuer import issuer_of
from identity_verify.badge_keys import key_set, open_keys
from identity_verify.errors import BadgeUnknownError, SiteError
from kernel.clock import now
from kernel.config import settings
from kernel.db import Database
from kernel.models import Badge, BadgeKey
from kernel.schema import upgrade
from pipeline.commands import action_of, command_line, plain_words
from pipeline.errors import UsageError
from tests.data.badges.issuing import add_subject


def _run(*words: str) -> int:
    options = command_line().parse_args(plain_words(("badge", *words)))
    return action_of(options)(options)


@pytest.fixture
def badge(capsys: pytest.CaptureFixture[str]) -> Badge:
    """A badge that the command issued."""
    database = Database(settings().sqlalchemy_url())
    upgrade(database)
    add_subject(database, 1, at=now())
    assert (
        _run(
            "issue",
            "1",
            "--site",
            "shop.example.test",
            "--site",
            "*.more.example.test:8443",
            "--site",
            "mall.example.test/s/7",
        )
        == 0
    )
    assert "mall.example.test/s/7" in capsys.readouterr().out
    with database.read() as session:
        found = session.execute(select(Badge)).scalar_one()
    database.close()
    return found


def _files(folder: Path, badge: Badge, status: int) -> tuple[str, ...]:
    """Key set and status list as a reader downloads them, with the token's place set so."""
    database, issuer = Database(settings().sqlalchemy_url()), issuer_of(settings())
    with database.write() as session:
        (folder / "jwks.json").write_text(json.dumps(key_set(session)))
        signing = open_keys(settings()).signing(session, at=now())
    database.close()
    place, uri = issuer.place_of(badge.token_idx)
    array = status_list.pack(1_000, {place: status})
    text = status_list.sign(array, uri=uri, at=now(), kid=signing.kid, key=signing.key)
    (folder / "list.jwt").write_text(text)
    return "--keys", str(folder / "jwks.json"), "--status", str(folder / "list.jwt"), "--issuer", issuer.origin


def test_a_token_is_checked_with_files_alone(badge: Badge, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No database and no network; without a list it says that revocation was not checked."""
    good = _files(tmp_path, badge, status_list.VALID)
    assert _run("verify", badge.token, *good[:2], *good[4:]) == 0
    assert "NOT CHECKED" in capsys.readouterr().out
    assert _run("verify", badge.token, *good, "--shown-on", "https://a.more.example.test:8443/") == 0
    assert "NOT CHECKED" not in capsys.readouterr().out
    assert _run("verify", badge.token, *good, "--shown-on", "https://copy.example.test/", "--json") == 1
    assert json.loads(capsys.readouterr().out)["word"] == "place"
    for status, word in ((status_list.INVALID, "revoked"), (status_list.SUSPENDED, "suspended"), (3, "suspended")):
        assert _run("verify", badge.token, *_files(tmp_path, badge, status), "--json") == 1
        assert json.loads(capsys.readouterr().out)["word"] == word
    assert _run("verify", badge.token, *good[:4], "--issuer", "https://else.example.test") == 1
    assert "issuer" in capsys.readouterr().out


def test_files_that_are_not_what_they_should_be(badge: Badge, tmp_path: Path) -> None:
    """Another key set or list is wrong usage, never a verdict on the badge."""
    good = _files(tmp_path, badge, 0)
    (tmp_path / "odd").write_text("{")
    with pytest.raises(UsageError):
        _run("verify", badge.token, "--keys", str(tmp_path / "odd"))
    with pytest.raises(UsageError):
        _run("verify", badge.token, *good[:2], "--status", str(tmp_path / "odd"), *good[4:])
    with pytest.raises(SiteError):
        _run("issue", "1", "--site", "shop.example.test:x")


def test_states_and_numbers(badge: Badge, capsys: pytest.CaptureFixture[str]) -> None:
    """A number is looked up in the records; each state shows at once."""
    assert _run("verify", badge.id) == _run("verify", badge.token) == _run("list") == 0
    assert badge.name in capsys.readouterr().out
    for verb, word in (("suspend", "suspended"), ("restore", "valid"), ("revoke", "revoked")):
        assert _run(verb, badge.id.lower(), "--reason", "测试") == 0
        capsys.readouterr()
        assert _run("verify", badge.id, "--json") == (0 if word == "valid" else 1)
        assert json.loads(capsys.readouterr().out)["word"] == word
    with pytest.raises(BadgeUnknownError):
        _run("revoke", "123456789012", "--reason", "x")
    assert _run("verify", "123456789012") == 1


def test_a_compromise_from_the_command_line(badge: Badge, capsys: pytest.CaptureFixture[str]) -> None:
    """The drill: the old token is refused, the badge goes on under the next key."""
    assert _run("keys", "compromise", badge.kid) == 0
    assert "signed anew: 1" in capsys.readouterr().out
    assert _run("verify", badge.token) == 1
    assert _run("verify", badge.id) == 0
    assert _run("keys", "list") == 0
    said = capsys.readouterr().out
    assert f"{badge.kid}  compromised" in said
    assert said.count("  signing ") == said.count("  next ") == 1


def test_rotation_from_the_command_line(badge: Badge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The waiting key signs; the badge still verifies."""
    later = now().replace(year=now().year + 1)
    database = Database(settings().sqlalchemy_url())
    with database.write() as session:
        session.execute(update(BadgeKey).values(created_at=later.replace(year=later.year - 2)))
    database.close()
    assert _run("keys", "rotate") == 0
    assert _run("verify", badge.token) == 0
