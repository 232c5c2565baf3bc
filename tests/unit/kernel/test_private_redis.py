"""The private redis-server: started once, found by others, nothing lost when it ends."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel import private_redis
from kernel.errors import QueueUnavailableError
from kernel.private_redis import PrivateRedis


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrivateRedis]:
    """A private server that is ended after the test."""
    server = PrivateRedis(tmp_path)
    yield server
    server.stop()


def test_start_twice_runs_once(server: PrivateRedis) -> None:
    """A second start finds the first."""
    server.start()
    pid = server.pid_path.read_text()
    PrivateRedis(server.folder.parent).start()
    assert server.pid_path.read_text() == pid
    assert server.is_up()


def test_a_kill_is_survived(server: PrivateRedis) -> None:
    """After kill -9 the next start comes up on the same files."""
    server.start()
    os.kill(int(server.pid_path.read_text()), signal.SIGKILL)
    while server.is_up():
        time.sleep(0.01)
    server.start()
    assert server.is_up()
    assert (server.folder / "appendonlydir").is_dir() or list(server.folder.glob("appendonly*"))


def test_a_long_path_is_moved(tmp_path: Path) -> None:
    """A data directory too deep for a Unix socket gets its socket elsewhere."""
    server = PrivateRedis(tmp_path / ("d" * 120))
    assert len(os.fsencode(server.socket_path)) <= private_redis.SOCKET_PATH_BYTES
    assert server.url == f"unix://{server.socket_path}"


def test_no_program_is_a_clear_error(server: PrivateRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any redis-server the error says what to do."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(QueueUnavailableError) as caught:
        server.start()
    assert "WANGJIAN_REDIS_URL" in caught.value.hint


def test_a_server_that_cannot_start_is_a_clear_error(server: PrivateRedis) -> None:
    """A broken append-only file is told, not hidden."""
    folder = server.folder / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof.manifest").write_text("nonsense\n")  # Redis 7
    (server.folder / "appendonly.aof").write_text("nonsense\n" * 10)  # Redis 6
    with pytest.raises(QueueUnavailableError, match="come up"):
        server.start()


def test_loading_is_not_yet_serving(server: PrivateRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says it is loading and then dies did not come up; one that gets through it did."""
    server.start()
    answers = iter([b"-LOADING Redis is loading\r\n"] * 3 + [b"+PONG\r\n"])
    monkeypatch.setattr(server, "_answer", lambda: next(answers))
    server.start()
    assert not list(answers)

    monkeypatch.undo()
    server.stop()
    answers = iter([b"-LOADING Redis is loading\r\n"] * 3)
    monkeypatch.setattr(server, "_answer", lambda: next(answers, b""))
    server.pid_path.write_text(str(2**22 - 1))  # no such process
    with pytest.raises(QueueUnavailableError, match="come up"):
        server.start()


def test_stop_without_start_is_quiet(server: PrivateRedis) -> None:
    """Ending what does not run does nothing."""
    server.stop()
    assert not server.is_up()
