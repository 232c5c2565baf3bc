"""The witness over HTTP. Spec: C2SP tlog-witness (HTTP Interface)."""

import sys
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from kernel.clock import now
from simulators.witness.notary import Answer, Notary

MAX_REQUEST_BYTES = 100_000
HANG_S = 30.0


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness on loopback.

    Args:
        port: 0 chooses a free one.
    """

    daemon_threads = True

    def __init__(self, notary: Notary, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.notary = notary
        self.fixed_time: datetime | None = None
        self.released = threading.Event()
        self.asked = 0

    def url(self) -> str:
        """Prefix of its addresses."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that was killed in the middle is no news; other errors are."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def close(self) -> None:
        """Stop serving; answers that hang are let go."""
        self.released.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float] = 60
    # Head and body leave in one piece: no wait for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_REQUEST_BYTES:
            self.close_connection = True
            self._send(Answer(413))
            return
        body = self.rfile.read(int(length))
        self.server.asked += 1
        if self._is_spoiled():
            return
        known = self.path == "/add-checkpoint"
        at = self.server.fixed_time or now()
        self._send(self.server.notary.add_checkpoint(body, at) if known else Answer(404))

    def do_GET(self) -> None:
        if self._is_spoiled():
            return
        parts = self.path.split("/")
        known = len(parts) == 3 and parts[2] == "checkpoint" and self.server.notary.fault != "silent"
        self._send(self.server.notary.checkpoint(parts[1]) if known else Answer(404))

    def _is_spoiled(self) -> bool:
        """Whether a fault took the place of an answer."""
        if self.server.notary.fault == "hang":
            self.server.released.wait(HANG_S)
            self.close_connection = True
            return True
        if self.server.notary.fault == "500":
            self._send(Answer(500))
            return True
        return False

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Quiet: the caller reports failures."""
