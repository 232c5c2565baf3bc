import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from simulators.linked.faults import Faults
from simulators.linked.server import TOKEN, LinkedServer
from simulators.linked.world import books
from simulators.market.model import Ports

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[LinkedServer]:
    """All stand-ins on a free port."""
    server = LinkedServer(books(Ports(), at=AT), clock=lambda: AT)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.close()
    thread.join()


def ask(server: LinkedServer, path: str, *, token: str = TOKEN, data: bytes | None = None, key: str = "") -> Any:
    """Status and answer."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    request = urllib.request.Request(f"{server.url('registration')}{path}", data, headers)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310 - loopback
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_changes_and_keys(server: LinkedServer) -> None:
    """All of it, a part of it, one, none."""
    status, page = ask(server, "/records?since=1970-01-01T00:00:00Z&limit=2")
    assert (status, page["count"], len(page["rows"])) == (200, 2, 2)
    assert page["next"]["after"] == page["rows"][-1]["key"]
    key = page["rows"][0]["key"]
    assert ask(server, f"/records/{key}")[1]["rows"][0]["key"] == key
    assert ask(server, "/records/none")[1]["rows"] == []
    assert ask(server, "/keys?limit=3")[1]["more"] is True
    assert ask(server, "/keys?digest=1")[1]["count"] == len(server.books["registration"].entries())


@pytest.mark.parametrize(
    ("path", "status"),
    [("/records?since=x", 400), ("/records?since=1970-01-01T00:00:00Z&limit=x", 400), ("/what", 404)],
)
def test_wrong_questions(server: LinkedServer, path: str, status: int) -> None:
    """Are refused."""
    assert ask(server, path)[0] == status


def test_accounts_and_systems(server: LinkedServer) -> None:
    """Who is not known, and what is not there."""
    assert ask(server, "/keys?digest=1", token="x")[0] == 401
    assert ask(server, "/../none/keys")[0] == 404


def test_posts(server: LinkedServer) -> None:
    """Stored under their id; without one they are refused."""
    body = json.dumps({"id": "p", "kind": "note", "payload": {}}).encode()
    assert ask(server, "/posts", data=body, key="p")[1]["state"] == "stored"
    assert ask(server, "/posts", data=body, key="q")[0] == 422
    assert ask(server, "/posts", data=b"[]", key="p")[0] == 422


def test_faults_of_calls(server: LinkedServer) -> None:
    """A call may be late or end in 500, before or after the work."""
    server.set_faults(Faults(delay=1.0, delay_s=0.001, error=1.0))
    told = {ask(server, "/keys?digest=1")[1]["error"] for _ in range(20)}
    assert told == {"planted before the work", "planted after the work"}
