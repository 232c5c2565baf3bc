"""The authority over HTTP. Spec: RFC 3161 section 3.4."""

import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from kernel.clock import now
from simulators.tsa.authority import Authority, answer

MAX_REQUEST_BYTES = 4096
HANG_S = 30.0


class TsaServer(ThreadingHTTPServer):
    """Serves one authority on loopback.

    Args:
        port: 0 chooses a free one. fault: one of ``authority.FAULTS``.
    """

    daemon_threads = True

    def __init__(self, authority: Authority, port: int = 0, fault: str = "") -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.authority = authority
        self.fault = fault
        self.fixed_time: datetime | None = None
        self.released = threading.Event()
        self.asked = 0

    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}/tsa"

    def close(self) -> None:
        """Stop serving; answers that hang are let go."""
        self.released.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: TsaServer
    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float] = 60
    # Head and body leave in one piece: no wait for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """The revocation list at ``/crl``; nothing else."""
        if self.path == "/crl" and self.server.authority.crl:
            self._send(200, self.server.authority.crl, "application/pkix-crl")
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_REQUEST_BYTES:
            self._send(413, b"", "text/plain")
            return
        body = self.rfile.read(int(length))
        self.server.asked += 1
        if self.server.fault == "hang":
            self.server.released.wait(HANG_S)
            self.close_connection = True
            return
        if self.server.fault == "500":
            self._send(500, b"", "text/plain")
            return
        at = self.server.fixed_time or now()
        self._send(200, answer(self.server.authority, body, at, self.server.fault), "application/timestamp-reply")

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Quiet: the caller reports failures."""
