"""Answers read: what is kept, what goes back, where it ends."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from crawlers.archive import Archive, read_body
from crawlers.egress.policy import Policy
from crawlers.frontier import Claim, Previous
from crawlers.record import Answer
from crawlers.robots import RobotsRules
from crawlers.spiders.fetch import Fetched
from crawlers.spiders.outcome import Trouble
from crawlers.spiders.permission import Permission, RobotsResult
from crawlers.spiders.reading import Reader, Result, Retry, read_aside
from crawlers.spiders.reading_room import ReadingRoom, Unreadable
from crawlers.spiders.visiting import Visiting
from kernel.crypto import sha256_hex
from kernel.facts import PageFacts, PageKind

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
URL = "https://shop.example/a"
CLAIM = Claim(1, 1, 1, URL, "k", "detail", 1, "http", 0)
BODY = "<html>茶</html>".encode()


class Room:
    """A reading room that says what it is told to."""

    def __init__(self) -> None:
        self.kind: PageKind = "other"
        self.needs_browser = False
        self.breaks = False
        self.calls: list[dict[str, str]] = []

    async def read(self, body: bytes, **options: str) -> PageFacts | Unreadable:
        """The facts it is told to find."""
        del body
        self.calls.append(options)
        if self.breaks:
            return Unreadable("RuntimeError: odd page")
        return PageFacts(self.kind, needs_browser=self.needs_browser, notes=("seen",))


@pytest.fixture
def room() -> Room:
    """A reading room under the test's control."""
    return Room()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader with an archive of its own."""
    with Archive(tmp_path, at=AT, software="test") as archive:
        yield Reader(archive, Policy())


def _fetched(status: int = 200, body: bytes = BODY, **headers: str) -> Fetched:
    named = {
        "content-type": "text/html; charset=utf-8",
        **{key.replace("_", "-"): value for key, value in headers.items()},
    }
    pairs = [(name.encode(), value.encode()) for name, value in named.items()]
    return Fetched(URL, AT, 12, b"GET /a HTTP/1.1\r\n\r\n", status, pairs, body, "192.0.2.1:443")


def _read(reader: Reader, room: Room, visit: Visiting, fetched: Fetched, claim: Claim = CLAIM) -> Answer | Retry:
    return reader.read(asyncio.run(read_aside(Result(visit, claim, fetched), cast("ReadingRoom", room))), AT)


def _answer(reader: Reader, room: Room, visit: Visiting, fetched: Fetched, claim: Claim = CLAIM) -> Answer:
    item = _read(reader, room, visit, fetched, claim)
    assert isinstance(item, Answer)
    return item


def test_a_page_is_archived_and_read(reader: Reader, visiting: Visiting, room: Room, tmp_path: Path) -> None:
    """Facts, digest, place, validators."""
    room.kind = "detail"
    answer = _answer(reader, room, visiting, _fetched(etag='"v"', last_modified="now"))
    assert (answer.state, answer.outcome, answer.kind, answer.notes) == ("done", "ok", "detail", ("seen",))
    assert (answer.etag, answer.last_modified, answer.mime) == ('"v"', "now", "text/html")
    assert answer.place is not None
    assert read_body(tmp_path, answer.place.file, answer.place.offset) == BODY
    assert room.calls == [{"url": URL, "content_type": "text/html; charset=utf-8", "platform": "generic"}]


@pytest.mark.parametrize("status", [200, 304])
def test_unchanged_is_neither_kept_nor_read(reader: Reader, visiting: Visiting, room: Room, status: int) -> None:
    """Same digest, or 304: no record, no extraction."""
    claim = replace(CLAIM, previous=Previous(7, sha256_hex(BODY), "", "", "detail"))
    answer = _answer(reader, room, visiting, _fetched(status), claim)
    assert (answer.outcome, answer.unchanged, answer.place, answer.kind) == ("unchanged", True, None, "detail")
    assert room.calls == []


def test_a_304_nobody_asked_for_is_a_failure(reader: Reader, room: Room, visiting: Visiting) -> None:
    """There is nothing it could be the same as."""
    assert _answer(reader, room, visiting, _fetched(304)).outcome == "http-304"


@pytest.mark.parametrize(
    ("location", "ends"),
    [
        ("/b", ("done", "redirect")),
        ("https://www.shop.example/", ("done", "redirect")),
        ("https://other.example/", ("refused", "off-site")),
        ("http://10.0.0.1/", ("refused", "egress")),
        ("http://[::1]/", ("refused", "egress")),
        ("http://2130706433/", ("refused", "egress")),
        ("https://93.184.216.34/", ("refused", "off-site")),
        ("file:///etc/passwd", ("failed", "redirect-broken")),
    ],
)
def test_redirects(reader: Reader, room: Room, visiting: Visiting, location: str, ends: tuple[str, str]) -> None:
    """A redirect on the site is a new address; elsewhere is refused."""
    answer = _answer(reader, room, visiting, _fetched(302, b"", location=location))
    assert (answer.state, answer.outcome) == ends
    assert len(answer.links) == (ends[1] == "redirect")


def test_what_passes_goes_back_a_few_times(reader: Reader, visiting: Visiting) -> None:
    """Retry-After and backoff; after the third time the page is kept as failed; not beyond the visit's time."""
    first = reader.read(Result(visiting, CLAIM, _fetched(429, retry_after="7")), AT)
    assert isinstance(first, Retry)
    assert (first.not_before, first.outcome) == (AT + timedelta(seconds=7), "http-429")
    last = reader.read(Result(visiting, replace(CLAIM, attempts=2), _fetched(503)), AT)
    assert isinstance(last, Answer)
    assert (last.state, last.outcome, last.status) == ("failed", "http-503", 503)
    late = reader.read(Result(visiting, CLAIM, _fetched(429, retry_after="3000")), AT)
    assert isinstance(late, Answer)
    trouble = Trouble("timeout", "slow", again=True)
    assert isinstance(reader.read(Result(visiting, CLAIM, trouble=trouble), AT), Retry)
    assert isinstance(reader.read(Result(visiting, CLAIM, trouble=replace(trouble, again=False)), AT), Answer)
    with pytest.raises(ValueError, match="answer or a trouble"):
        reader.read(Result(visiting, CLAIM), AT)
    with pytest.raises(ValueError, match="page that was read"):
        reader.read(Result(visiting, CLAIM, _fetched()), AT)


def test_not_found_and_other_things(reader: Reader, visiting: Visiting, room: Room) -> None:
    """404 fails; a picture is kept unread; a page nobody understands is set aside with the reason."""
    assert _answer(reader, room, visiting, _fetched(404)).outcome == "http-404"
    assert _answer(reader, room, visiting, _fetched(content_type="image/png")).outcome == "not-a-page"
    room.breaks = True
    answer = _answer(reader, room, visiting, replace(_fetched(), truncated=True))
    assert (answer.outcome, answer.detail, answer.notes) == (
        "unreadable",
        "RuntimeError: odd page",
        ("truncated", "unreadable"),
    )


def test_empty_pages_go_to_the_browser(reader: Reader, visiting: Visiting, room: Room) -> None:
    """Over HTTP to the browser; from the browser they are tried again, then kept."""
    room.needs_browser = True
    room.kind = "empty"
    item = _read(reader, room, visiting, _fetched())
    assert isinstance(item, Retry)
    assert (item.via, item.not_before) == ("browser", AT)
    rendered = replace(_fetched(), rendered=True)
    by_browser = replace(CLAIM, via="browser")
    assert isinstance(_read(reader, room, visiting, rendered, by_browser), Retry)
    assert _answer(reader, room, visiting, rendered, replace(by_browser, attempts=2)).outcome == "empty"


def test_walls_are_said(reader: Reader, visiting: Visiting, room: Room) -> None:
    """A login wall is done, with its word."""
    room.kind = "login"
    assert _answer(reader, room, visiting, _fetched()).outcome == "login"


def test_robots_is_archived_once(reader: Reader, visiting: Visiting) -> None:
    """Two visits keep one record; without an answer there is none."""
    rules = RobotsRules("https://shop.example/robots.txt", 200, sha256_hex(b""))
    result = RobotsResult(
        visiting, "https://shop.example", Permission(rules, fetched=replace(_fetched(body=b""), certificate="ab"))
    )
    first, second = reader.robots(result, AT), reader.robots(result, AT)
    assert first.place == second.place is not None
    assert first.rules["certificate_sha256"] == "ab"
    nothing = reader.robots(RobotsResult(visiting, "https://b.example", Permission(rules)), AT)
    assert (nothing.place, nothing.body_size) == (None, 0)
