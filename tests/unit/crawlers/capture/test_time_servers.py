"""The clock against time servers on loopback."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.capture import time_servers
from crawlers.capture.time_servers import TimeServers, judge, read_answer
from crawlers.egress.policy import Policy
from crawlers.egress.resolver import Answer, Lookup

EPOCH = 2_208_988_800
Reply = Callable[[bytes], bytes]


def _stamp(seconds: float) -> bytes:
    whole = int(seconds)
    return struct.pack(">2I", (whole + EPOCH) & 0xFFFF_FFFF, int((seconds - whole) * (1 << 32)))


def honest(offset_s: float = 0.0, stratum: int = 2, mode: int = 4, leap: int = 0) -> Reply:
    """A server whose clock is that far ahead."""

    def reply(question: bytes) -> bytes:
        now = time.time() + offset_s  # noqa: TID251 - a server has a clock of its own
        head = bytes((leap << 6 | 4 << 3 | mode, stratum, 0, 0)) + bytes(8) + b"TEST"
        return head + _stamp(now) + question[40:48] + _stamp(now) + _stamp(now)

    return reply


@contextmanager
def serving(*replies: Reply) -> Iterator[list[int]]:
    """Time servers on loopback; gives their ports."""
    channels = []
    for reply in replies:
        channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        channel.bind(("127.0.0.1", 0))
        channels.append(channel)

        def serve(channel: socket.socket = channel, reply: Reply = reply) -> None:
            while True:
                try:
                    question, sender = channel.recvfrom(512)
                    channel.sendto(reply(question), sender)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
    try:
        yield [channel.getsockname()[1] for channel in channels]
    finally:
        for channel in channels:
            channel.close()


def _servers(ports: list[int]) -> TimeServers:
    names = [f"127.0.0.1:{port}" for port in ports]
    return TimeServers(names, Policy(allow=tuple(names)))


def test_three_that_agree_check_the_clock() -> None:
    """The median offset of those that agree; one that is wrong does not matter; asked once within a minute."""
    with serving(honest(2.0), honest(2.0), honest(2.0), honest(500.0)) as ports:
        servers = _servers(ports)
        found = servers.reading()
        assert found["state"] == "CHECKED"
        assert found["agreeing"] == 3
        assert 1_900_000 < int(str(found["offset_us"])) < 2_100_000
        assert servers.reading() is found


@pytest.mark.parametrize(
    "replies",
    [
        (honest(), honest()),
        (honest(), honest(30), honest(60)),
        (honest(stratum=0), honest(), honest()),
        (honest(mode=3), honest(), honest()),
        (honest(leap=3), honest(), honest()),
        (lambda _question: b"short", honest(), honest()),
        (lambda question: honest()(question[:40] + b"forged!!"), honest(), honest()),
    ],
)
def test_fewer_than_three_check_nothing(replies: tuple[Reply, ...]) -> None:
    """Too few, too far apart, not set, or not an answer to our question: not checked, with the samples."""
    with serving(*replies) as ports:
        found = _servers(ports).reading()
    assert found["state"] == "NOT_CHECKED"
    assert "3 time servers" in str(found["reason"])
    assert len(found["samples"]) == len(replies)  # type: ignore[arg-type]


def test_none_set_none_reachable_none_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of nothing says its reason."""
    monkeypatch.setattr(time_servers, "TIMEOUT_S", 0.1)
    assert "WANGJIAN_NTP_SERVERS" in str(TimeServers((), Policy()).reading()["reason"])
    closed = TimeServers(("127.0.0.1:9", "10.0.0.1", "127.0.0.1:x"), Policy()).reading()
    assert all("error" in sample for sample in closed["samples"])  # type: ignore[attr-defined]
    asked = []

    def resolver(host: str) -> Lookup:
        asked.append(host)
        return Lookup(host, (Answer("192.168.0.1"),), "test")

    found = TimeServers(("time.example.test",), Policy(), resolver).reading()
    assert asked == ["time.example.test"]
    assert "not a public address" in str(found["samples"])


@given(st.binary(max_size=80), st.binary(min_size=8, max_size=8))
def test_any_bytes_are_read_or_refused(answer: bytes, mark: bytes) -> None:
    """Garbage is refused by a ValueError and nothing else."""
    try:
        read_answer(answer, mark)
    except ValueError:
        return
    assert answer[24:32] == mark


def test_times_after_2036_are_read() -> None:
    """The count begins anew in 2036; both eras are read."""
    for year_seconds in (1_800_000_000.0, 2_500_000_000.0):
        answer = bytes((0x24, 1)) + bytes(22) + b"markmark" + _stamp(year_seconds) + _stamp(year_seconds)
        assert read_answer(answer, b"markmark")[0] == int(year_seconds) * 1_000_000


def test_the_largest_group_counts() -> None:
    """Samples without an offset are listed, not counted."""
    found = judge([{"offset_us": 0}, {"offset_us": 5}, {"error": "x"}, {"offset_us": 9}])
    assert (found["state"], found["offset_us"], len(found["samples"])) == ("CHECKED", 5, 4)  # type: ignore[arg-type]
