"""A redis-server on a TCP port, as an operator would run one."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kernel import private_redis
from pipeline.process import free_port

START_S = 120.0
TRIES = 3


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run one with its files in ``folder`` until the block ends; gives its address."""
    server, port = _start(folder)
    with server:
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def _start(folder: Path) -> tuple["subprocess.Popen[bytes]", int]:
    for _ in range(TRIES):
        port = free_port()
        command = [private_redis._binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        server = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while server.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return server, port
            time.sleep(0.02)
        server.kill()
        server.wait()
    raise AssertionError(f"expected a redis-server within {TRIES} tries, got none")
