"""Who is at the other end of a Unix socket."""

import os
import socket

import pytest

from kernel.peer import is_ours


def test_our_own_user_is_known_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the user of the process that made the other end."""
    one, other = socket.socketpair()
    with one, other:
        assert is_ours(one)
        user = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: user + 1)
        assert not is_ours(other)
