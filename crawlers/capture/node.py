"""A capture node for others: ``python -m crawlers.capture.node --port N --token-file PATH``.

``POST /capture`` with ``{"id","url","options"}`` and ``Authorization: Bearer <token>`` makes one capture and answers
with its folder as a tar, signed by this node's key (``WANGJIAN_NODE_KEY_FILE``). Every capture goes out by this node's
own rules of the way out. One capture at a time; whoever comes meanwhile waits. It listens on loopback unless told
otherwise: put TLS in front of it where it leaves the machine.
"""

import argparse
import asyncio
import hmac
import io
import json
import shutil
import sys
import tarfile
import tempfile
import threading
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as FutureTimeoutError
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from crawlers.capture.order import parse_order
from crawlers.capture.session import Studio
from kernel.config import Settings, settings
from kernel.errors import WangjianError

MAX_BODY_BYTES = 100_000
MARGIN_S = 30.0


class Node(ThreadingHTTPServer):
    """The service.

    Args:
        config: settings of this node. address: host and port to listen on. token: what callers must show.

    Effects: a port; a browser at the first capture; a temporary folder a capture.
    """

    daemon_threads = True

    def __init__(self, config: Settings, address: tuple[str, int], token: str) -> None:
        super().__init__(address, _Handler)
        self.token = token
        self._config = config
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._studio = Studio(config)
        self._turn = threading.Lock()

    def capture(self, wish: dict[str, object]) -> bytes:
        """Make one capture; its folder as a tar.

        Raises:
            WangjianError: why there is none.
        """
        folder = Path(tempfile.mkdtemp(prefix="wangjian-node-"))
        try:
            order = parse_order(json.dumps({**wish, "op": "capture", "out": str(folder / "out")}).encode())
            with self._turn:
                self._run(self._studio.capture(order, lambda _event: None))  # type: ignore[arg-type]
            return pack(folder / "out")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Stop listening and end the browser."""
        self.server_close()
        self._run(self._studio.keeper.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(MARGIN_S)
        self._loop.close()

    def _run(self, action: Coroutine[Any, Any, object]) -> None:
        future = asyncio.run_coroutine_threadsafe(action, self._loop)
        try:
            future.result(self._config.capture_timeout_s + MARGIN_S)
        except FutureTimeoutError:
            future.cancel()
            raise


class _Handler(BaseHTTPRequestHandler):
    server: Node
    timeout = 60

    def do_POST(self) -> None:
        """``/capture``."""
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        if not hmac.compare_digest(shown, self.server.token.encode()):
            self._answer(401, _problem("node.token", "expected the token of this node"))
            return
        try:
            self._answer(200, self.server.capture(self._wish()), "application/x-tar")
        except ValueError as error:
            self._answer(400, _problem("node.request", str(error)))
        except WangjianError as error:
            self._answer(422, json.dumps(error.as_dict()).encode())
        except FutureTimeoutError:
            self._answer(504, _problem("capture.timeout", "expected the capture in time"))

    def _wish(self) -> dict[str, object]:
        length = int(self.headers.get("Content-Length", ""))
        if self.path != "/capture" or not 0 < length <= MAX_BODY_BYTES:
            raise ValueError("expected POST /capture with a small body")
        wish = json.loads(self.rfile.read(length))
        if not isinstance(wish, dict):
            raise ValueError("expected a JSON object")
        return wish

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """To standard error, without the addresses captured."""
        sys.stderr.write(f"node: {format.partition(' ')[0]} {len(args)}\n")

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _problem(code: str, message: str) -> bytes:
    return json.dumps({"code": code, "message": message}).encode()


def pack(folder: Path) -> bytes:
    """The files of a folder as a tar, sorted, without times or owners."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size = path.stat().st_size
                with path.open("rb") as stream:
                    archive.addfile(entry, stream)
    return target.getvalue()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m crawlers.capture.node", description="Capture node for others")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8620)
    parser.add_argument("--token-file", type=Path, required=True, help="what callers must show")
    parser.add_argument("--ready-file", type=Path, help="written when it listens: its address")
    arguments = parser.parse_args()
    token = arguments.token_file.read_text("utf-8").strip()
    if len(token) < 20:
        parser.error("expected a token of 20 characters or more")
    node = Node(settings(), (arguments.host, arguments.port), token)
    if arguments.ready_file:
        arguments.ready_file.write_text(f"http://{arguments.host}:{node.server_address[1]}\n")
    try:
        node.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        node.close()


if __name__ == "__main__":
    main()
