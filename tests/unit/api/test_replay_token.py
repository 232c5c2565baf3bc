"""Tokens of the replay origin."""

import stat
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import NotFoundError
from api.replay_token import LIFE, make_token, read_token, replay_key
from kernel.config import Settings
from tests.e2e.seeded_market import AT

KEY = b"k" * 32


def test_a_token_opens_one_archive_for_a_while() -> None:
    """And not a second longer."""
    token = make_token(KEY, "ev-1", AT)
    assert read_token(KEY, token, AT + LIFE - timedelta(seconds=1)) == "ev-1"
    for key, at in ((KEY, AT + LIFE), (b"other", AT)):
        with pytest.raises(NotFoundError):
            read_token(key, token, at)


@given(st.text(max_size=60), st.integers(min_value=0, max_value=80))
def test_no_other_text_is_a_token(text: str, place: int) -> None:
    """Neither made up nor changed in one place."""
    token = make_token(KEY, "ev-1", AT)
    changed = token[:place] + text + token[place + 1 :]
    if changed != token:
        with pytest.raises(NotFoundError):
            read_token(KEY, changed, AT)


def test_the_key_is_made_once_and_kept_close(config: Settings) -> None:
    """Both processes read the same one; nobody else reads it."""
    key = replay_key(config)
    assert len(key) == 32
    assert replay_key(config) == key
    path = config.keys_path() / "replay.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["replay.key"]
