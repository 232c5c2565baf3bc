"""An installation's door of the exchange as a process of its own, to be killed: ``… matter_side FOLDER PORT ORG``.

With the handlers of the product; without its pages, which take far longer to load than the exchange.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import WangjianError
from pipeline.exchange_node import open_gateway


def serve(folder: Path, port: int, org: str) -> None:
    """Serve until killed."""
    config = Settings(data_dir=folder, web_port=port, exchange_org=org, exchange_suites=("ed25519-sha256",))
    gateway = open_gateway(config, Database(config.sqlalchemy_url()))

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                status, answer = 200, gateway.answer(body, at=now())
            except WangjianError as error:
                status, answer = 403, error.message.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Door).serve_forever(0.05)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
