import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from exchange.connectors.answer import Cursor
from exchange.connectors.errors import SourceFormError, SourceRefusedError, SourceUnavailableError
from exchange.connectors.row import SourceRow, keep_only
from exchange.connectors.source import MAX_ANSWER_BYTES, TRIES, Source
from simulators.linked.faults import Faults
from tests.unit.exchange.connectors.conftest import Linked

KEEP = keep_only(())
START = Cursor(datetime(1971, 1, 1, tzinfo=UTC))


def answering(handle: Callable[[], tuple[int, dict[str, str], bytes]]) -> tuple[Source, list[float]]:
    """A source whose server is a function (status, headers, body), and the waits it took."""
    waits: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        status, headers, body = handle()
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body), request=request)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    return Source("penalty", "http://127.0.0.1/x", "t", client, sleep=waits.append, chance=lambda: 0.5), waits


@contextlib.contextmanager
def always(status: int, body: object = b"", **headers: str) -> Iterator[tuple[Source, list[float]]]:
    """A source that always answers the same."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    source, waits = answering(lambda: (status, headers, data))
    yield source, waits
    source.client.close()


def test_pages_follow_one_another(linked: Linked) -> None:
    """All records come, each once, in the system's own order."""
    source = linked.source("registration")
    page = source.page(START, ("PriPID",), KEEP)
    assert len({row.key for row in page.rows}) == len(page.rows) == len(linked.server.books["registration"].entries())
    assert page.next is None
    assert "EntName" in page.new_fields


def test_one_record_and_none(linked: Linked) -> None:
    """By its key; none where the system has none."""
    source = linked.source("registration")
    entry = linked.server.books["registration"].entries()[0]
    found = source.one(entry.key, (), KEEP)
    assert isinstance(found, SourceRow)
    assert found.key == entry.key
    assert source.one("no/such key", (), KEEP) is None


def test_key_set(linked: Linked) -> None:
    """Keys with versions, and their digest."""
    source = linked.source("registration")
    keys = source.keys()
    assert source.key_digest()[0] == len(keys)
    assert set(keys.values()) == {1}


def test_faults_are_outlived(linked: Linked) -> None:
    """500 in one call of three, and rows lost on the way, end in whole pages."""
    linked.server.set_faults(Faults(error=0.3, drop=0.005, seed=4))
    source = linked.source("registration")
    done = 0
    for _ in range(10):
        with contextlib.suppress(SourceUnavailableError, SourceFormError):
            assert source.page(START, (), KEEP).rows
            done += 1
    assert done >= 7


def test_retries_wait_longer_each_time() -> None:
    """Twice as long, with jitter, and then no more."""
    with always(503) as (source, waits):
        with pytest.raises(SourceUnavailableError):
            source.key_digest()
        assert waits == [0.2, 0.4, 0.8]
    with always(429) as (source, waits):
        with pytest.raises(SourceUnavailableError):
            source.keys()
        assert len(waits) == TRIES - 1


def test_refusals_are_not_repeated(linked: Linked) -> None:
    """A wrong account stays wrong."""
    before = linked.server.asked
    with pytest.raises(SourceRefusedError):
        linked.source("registration", token="other").key_digest()
    assert linked.server.asked == before + 1


def test_redirects_are_not_followed() -> None:
    """A system that sends us elsewhere is refused."""
    with (
        always(302, location="http://169.254.0.1/") as (source, _),
        pytest.raises(SourceRefusedError),
    ):
        source.key_digest()


def test_nobody_there(linked: Linked) -> None:
    """A system that is down is named."""
    linked.server.server_close()
    with pytest.raises(SourceUnavailableError, match="registration"):
        linked.source("registration").key_digest()


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"count": true, "sha256": "x"}', b"x" * (MAX_ANSWER_BYTES + 1), b'{"count": 1}']
)
def test_answers_of_another_form(body: bytes) -> None:
    """Also ones without end."""
    with always(200, body) as (source, _), pytest.raises(SourceFormError):
        source.key_digest()


def test_cursors_that_go_back() -> None:
    """A system that leads us in a circle is stopped."""
    told = {
        "count": 0,
        "rows": [],
        "server_time": "2026-11-25T08:00:00Z",
        "next": {"since": "1970-01-01T00:00:00Z", "after": ""},
    }
    with always(200, told) as (source, _), pytest.raises(SourceFormError, match="read on"):
        source.page(START, (), KEEP)
    empty = {"count": 0, "keys": [], "more": True}
    with always(200, empty) as (source, _), pytest.raises(SourceFormError, match="empty part"):
        source.keys()


def test_posts_are_stored_once(linked: Linked) -> None:
    """The same id again gets the first receipt as a duplicate."""
    source = linked.source("registration")
    first, second = (source.post("lp-1", "note", {"a": 1}) for _ in range(2))
    assert (first["state"], second["state"]) == ("stored", "duplicate")
    assert first["receipt"] == second["receipt"]
    assert len(linked.server.books["registration"].posts) == 1


def test_receipts_that_are_none() -> None:
    """What came back must name the receipt."""
    with always(200, {"receipt": 1, "state": "stored"}) as (source, _), pytest.raises(SourceFormError):
        source.post("lp-1", "note", {})


def test_the_token_is_not_shown(linked: Linked) -> None:
    """Neither in text nor in representation."""
    source = replace(linked.source("registration"), token="very-secret")
    assert "very-secret" not in repr(source)
