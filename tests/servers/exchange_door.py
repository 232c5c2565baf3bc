"""The door of the exchange alone, for processes that are to be killed: without pages, which take long to load."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kernel.errors import WangjianError


def serve(port: int, answer: Callable[[bytes], tuple[int, bytes]]) -> None:
    """Serve until killed.

    Args:
        answer: status and body for what was posted; status 0 breaks the line without an answer. An error of ours is
            told with 403.
    """

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer goes out whole and at once: else its second part waits 40 ms for the first to be acknowledged.
        disable_nagle_algorithm = True
        wbufsize = 1 << 16

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                status, told = answer(body)
            except WangjianError as error:
                status, told = 403, error.message.encode()
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Door).serve_forever(0.05)
