"""A stand-in that is an ASGI application."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import uvicorn

from kernel.clock import monotonic

START_SECONDS = 120.0


class AppServer:
    """Serves an ASGI application on loopback from a thread.

    Args:
        app: the application. told: from its URL what the ready file is to say. port: 0 takes a free one.
    """

    def __init__(
        self, app: Callable[..., Any], told: Callable[[str], Mapping[str, object]] | None = None, port: int = 0
    ) -> None:
        self._told = told or (lambda url: {"url": url})
        self._socket = socket.create_server(("127.0.0.1", port))
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="auto", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def url(self) -> str:
        """Prefix of its addresses."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _run(self) -> None:
        # One that fails to start has said so in the log; who started it is told below.
        with contextlib.suppress(SystemExit, OSError, RuntimeError):
            self._server.run([self._socket])

    def start(self) -> Mapping[str, object]:
        """Serve; returns what the ready file is to say.

        Raises:
            RuntimeError: the application did not come up.
        """
        url = self.url()
        self._thread.start()
        deadline = monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or monotonic() > deadline:
                raise RuntimeError(f"expected an application to come up at {url}, it did not")
            time.sleep(0.01)
        return self._told(url)

    def close(self) -> None:
        """Stop serving, once the answers under way are given."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(START_SECONDS)
        self._socket.close()
