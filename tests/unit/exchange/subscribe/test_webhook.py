"""Webhooks: signed, one POST, no redirect, and only 2xx counts."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from exchange.subscribe.errors import DeliveryError
from exchange.subscribe.webhook import SIGNATURE_HEADER, Webhook, read_signature


class _Answering(http.server.BaseHTTPRequestHandler):
    """Answers with the status in its path, and notes what came."""

    got: list[tuple[str, str, bytes]] = []  # noqa: RUF012 - one list for all of a test

    def do_POST(self) -> None:
        """Note and answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, self.headers[SIGNATURE_HEADER], body))
        status = int(self.path.strip("/").split("/")[0])
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200/elsewhere")
        self.send_header("Content-Length", "100000" if status == 201 else "0")
        self.end_headers()
        if status == 201:
            self.wfile.write(b"x" * 100_000)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    """Its address."""
    _Answering.got.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """Signs with a name."""
    made = Webhook(lambda body: {"suite": "test", "kid": "k", "value": f"{len(body)}=="}, timeout_s=120)
    yield made
    made.close()


def test_a_delivery_is_signed(server: str, webhook: Webhook) -> None:
    """The signature is over the body and stands in the header."""
    webhook.post(f"{server}/200", b"body")
    ((path, header, body),) = _Answering.got
    assert (path, body) == ("/200", b"body")
    assert read_signature(header) == {"suite": "test", "kid": "k", "value": "4=="}


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_only_2xx_counts(server: str, webhook: Webhook, status: int) -> None:
    """A redirect is not followed: it would lead the data elsewhere."""
    with pytest.raises(DeliveryError, match=str(status)):
        webhook.post(f"{server}/{status}", b"body")
    assert [path for path, _, _ in _Answering.got] == [f"/{status}"]


def test_a_long_answer_is_cut(server: str, webhook: Webhook) -> None:
    """It was taken; what the subscriber says beyond a little is not read."""
    webhook.post(f"{server}/201", b"body")


def test_nobody_there(webhook: Webhook) -> None:
    """Nor an address that is none."""
    for target in ("http://127.0.0.1:9/", "http://127.0.0.1:99999/"):
        with pytest.raises(DeliveryError):
            webhook.post(target, b"body")
