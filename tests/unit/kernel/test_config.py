"""Settings: environment in, typed values out; each one is described."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from kernel.config import Settings, settings


def test_defaults_need_nothing(tmp_path: Path) -> None:
    """With a data directory alone everything has a place."""
    config = Settings(data_dir=tmp_path)
    assert config.sqlalchemy_url() == f"sqlite:///{tmp_path}/wangjian.db"
    assert config.keys_path() == tmp_path / "keys"
    assert config.trust_path() == tmp_path / "keys" / "trust"
    assert config.pages_path() == tmp_path / "pages"


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """``a,b`` is two values; blanks do not count."""
    monkeypatch.setenv("WANGJIAN_EGRESS_ALLOW", "127.0.0.1:80, a.example:8000 ,")
    settings.cache_clear()
    assert settings().egress_allow == ("127.0.0.1:80", "a.example:8000")


def test_wrong_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget of zero or an unknown setting is an error, not a guess."""
    monkeypatch.setenv("WANGJIAN_VISIT_MAX_PAGES", "0")
    with pytest.raises(ValidationError):
        Settings()
    with pytest.raises(ValidationError):
        Settings(no_such_setting="x")  # type: ignore[call-arg]


def test_every_setting_is_described() -> None:
    """The class text names each setting."""
    text = Settings.__doc__ or ""
    missing = [name for name in Settings.model_fields if name not in text and not name.startswith("s3_")]
    assert not missing


def test_secrets_do_not_show() -> None:
    """Printing settings prints no secret."""
    assert "hunter2" not in repr(Settings(s3_secret_key=SecretStr("hunter2")))
