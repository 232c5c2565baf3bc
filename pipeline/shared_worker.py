"""A place at the capture service of this command, instead of a capture worker of one's own."""

import contextlib
import json
import socket
from collections.abc import Mapping
from subprocess import TimeoutExpired
from typing import IO

from crawlers.capture_door import is_over


class SharedWorker:
    """The part of ``subprocess.Popen`` that the capture client uses, over a connection to the service.

    Args:
        wire: an open connection, as ``crawlers.capture_door.knock`` gives it.
        extra: environment that counts for it alone.

    Raises:
        OSError: the service is gone.

    Attributes:
        stdin, stdout: orders and answers, a JSON object a line.
    """

    def __init__(self, wire: socket.socket, extra: Mapping[str, str]) -> None:
        self._wire = wire
        self.stdin: IO[str] = wire.makefile("w", encoding="utf-8")
        self.stdout: IO[str] = wire.makefile("r", encoding="utf-8")
        self.stdin.write(json.dumps({"environment": dict(extra)}) + "\n")
        self.stdin.flush()

    def poll(self) -> int | None:
        """None while the service listens."""
        return 1 if is_over(self._wire) else None

    def wait(self, timeout: float | None = None) -> int:
        """Until the service has hung up, which it does when all is answered and the browser is gone.

        Raises:
            TimeoutExpired: it has not.
        """
        if not is_over(self._wire, timeout or 0):
            raise TimeoutExpired("capture service", timeout or 0)
        return 1

    def kill(self) -> None:
        """Hang up: what is under way is dropped."""
        with contextlib.suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)
        self._wire.close()
