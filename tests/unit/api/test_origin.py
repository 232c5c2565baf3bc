"""Which origin an archived page gets: its own wherever names cost nothing."""

import pytest

from api.origin import bracketed, is_loopback, replay_origin_of
from kernel.config import Settings


@pytest.mark.parametrize(
    ("settings", "origin"),
    [
        ({}, "http://ev-1.localhost:8601"),
        ({"web_host": "localhost"}, "http://ev-1.localhost:8601"),
        ({"web_host": "::1", "replay_port": 9000}, "http://ev-1.localhost:9000"),
        ({"web_host": "10.8.0.1"}, "http://10.8.0.1:8601"),
        ({"web_host": "fd00::1"}, "http://[fd00::1]:8601"),
        ({"public_url": "https://wangjian.example/"}, "https://wangjian.example:8601"),
        ({"public_url": "https://wangjian.example", "web_host": "10.8.0.1"}, "https://wangjian.example:8601"),
        ({"replay_url": "https://replay.example/x"}, "https://replay.example"),
        ({"replay_url": "https://*.replay.example"}, "https://ev-1.replay.example"),
        ({"replay_url": "https://*.replay.example:8443/"}, "https://ev-1.replay.example:8443"),
    ],
)
def test_the_origin_of_an_archive(config: Settings, settings: dict[str, object], origin: str) -> None:
    """A star stands for the evidence; on loopback there is one without a setting."""
    assert replay_origin_of(config.model_copy(update=settings), "ev-1") == origin


def test_hosts_as_they_are_written() -> None:
    """Loopback in every form, and brackets around IPv6 only."""
    assert [host for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1") if not is_loopback(host)] == []
    assert [host for host in ("10.8.0.1", "wangjian.example", "") if is_loopback(host)] == []
    assert (bracketed("::1"), bracketed("a.example")) == ("[::1]", "a.example")
