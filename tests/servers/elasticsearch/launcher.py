"""Start a real Elasticsearch node for tests, or join the one that runs already.

All test processes that use the same folder share one node. Each holds a shared lock on its lease
file; when the last lock is gone (a process ended, however), the node stops by itself.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from kernel.pid import is_over
from tests.servers.elasticsearch.jars import HERE, ensure_jars, make_home

START_TIMEOUT_S = 300.0
TRIES = 2
_POLL_S = 0.1
_started: list[subprocess.Popen[bytes]] = []
"""Nodes this process started: they end by their lease, not with us, so nobody waits for them here."""


class NodeFailedError(Exception):
    """The node did not come up."""


def shared_folder(base: Path) -> Path:
    """Where the node of this test run lives: one for all its workers, each of which has a base folder of its own."""
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "elasticsearch"


@contextmanager
def elasticsearch_node(folder: Path) -> Iterator[str]:
    """The URL of a node with its files below ``folder``, kept alive within the block.

    Raises:
        NodeFailedError, JarsMissingError: it cannot be started; a test run must fail then, not skip.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lease = folder / "lease"
    lease.touch()
    with lease.open("r") as held:
        with (folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # The lease is taken under the start lock, so that a node cannot end between look and use.
            url = _running(folder, held) or _start(folder, held)
        yield url


def _running(folder: Path, held: TextIO) -> str:
    address = folder / "url"
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        # A node that is just ending has the exclusive lock: wait for it, then start another.
        fcntl.flock(held, fcntl.LOCK_SH)
        return ""
    url, pid = address.read_text().split() if address.is_file() else ("", "")
    deadline = time.monotonic() + START_TIMEOUT_S
    while url and not is_over(int(pid)) and time.monotonic() < deadline:
        if _answers(url):  # not always within its time: the node may be at work for others
            return url
        time.sleep(_POLL_S)
    return ""


def _start(folder: Path, held: TextIO) -> str:
    del held  # only shows that the lease is taken: the node looks for it as soon as it is up
    for _ in range(TRIES):  # its ports may be another process's by the time it wants them
        http_port, transport_port = _free_ports()
        home = folder / f"home-{http_port}"
        make_home(ensure_jars(), home)
        command = [sys.executable, str(HERE / "node.py"), str(home), str(http_port), str(transport_port)]
        with (folder / "node.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, str(folder / "lease")], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        url = f"http://127.0.0.1:{http_port}"
        deadline = time.monotonic() + START_TIMEOUT_S
        while process.poll() is None and time.monotonic() < deadline:
            if _answers(url):
                _started.append(process)
                (folder / "url").write_text(f"{url} {process.pid}")
                return url
            time.sleep(_POLL_S)
        process.kill()
        process.wait()
    tail = (folder / "node.log").read_text(errors="replace")[-3_000:]
    raise NodeFailedError(f"expected a node to answer, got this log:\n{tail}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_cluster/health", timeout=2) as answer:  # noqa: S310 - loopback http
            return bool(json.load(answer)["status"] in ("green", "yellow"))
    except (OSError, ValueError, urllib.error.URLError):
        return False


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]
