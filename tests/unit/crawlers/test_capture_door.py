"""The door of the capture service."""

import pytest

from crawlers import capture_door
from crawlers.capture_door import VARIABLE, is_over, knock, open_door


def test_a_call_waits_at_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is let in before anybody serves; the end of the other side is seen, its silence is not taken for it."""
    listener, name = open_door()
    monkeypatch.setenv(VARIABLE, name)
    wire = knock()
    assert wire is not None
    with listener, wire:
        other, _ = listener.accept()
        other.sendall(b"a")
        assert not is_over(wire)
        other.close()
        assert is_over(wire, 5)


def test_nobody_there_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address, an address of the past, another user's service: the caller helps himself."""
    monkeypatch.delenv(VARIABLE, raising=False)
    assert knock() is None
    monkeypatch.setenv(VARIABLE, "wangjian-capture-gone")
    assert knock() is None
    listener, name = open_door()
    with listener:
        monkeypatch.setenv(VARIABLE, name)
        monkeypatch.setattr(capture_door, "is_ours", lambda _wire: False)
        assert knock() is None
