"""The reading room: facts through a process, and what becomes of pages when that process dies."""

import asyncio
import sys
import time
from pathlib import Path

import psutil
import pytest

from crawlers.errors import PageReaderError
from crawlers.extraction import extract
from crawlers.spiders import reading_room
from crawlers.spiders.reading_room import ReadingRoom, Unreadable
from kernel.config import ROOT
from kernel.facts import PageFacts

HTML = "<html><title>茶</title><h1>明前龙井</h1><div class='price'>¥<b>88.00</b></div><a href='/2'>红茶</a></html>"
PAGE = HTML.encode()
WHERE = {"url": "https://shop.example/1", "content_type": "text/html; charset=utf-8", "platform": "generic"}
READER = """
import os, sys, time
sys.path.insert(0, {root!r})
from crawlers.page_reader import serve
from kernel.facts import PageFacts
def read(body, **where):
    if body == b"die" or (body == b"once" and not os.path.exists({mark!r})):
        open({mark!r}, "w").close()
        os._exit(9)
    if body == b"hang": time.sleep(60)
    if body == b"lie": answers.write(b"\\0\\0\\0\\1x"); answers.flush()
    if body == b"odd": raise KeyError("odd")
    return PageFacts("list", notes=(body.decode(),))
answers = os.fdopen(1, "wb", closefd=False)
serve(sys.stdin.buffer, answers, read)
"""


def _command(folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-c", READER.format(root=str(ROOT), mark=str(folder / "mark")))


def _children() -> set[psutil.Process]:
    """Other tests may have left some."""
    return set(psutil.Process().children())


def _words(folder: Path, *bodies: bytes, page_s: float = 60) -> list[PageFacts | Unreadable]:
    """What a room with the odd reader says of pages that are all given at once."""

    async def scene() -> list[PageFacts | Unreadable]:
        room = ReadingRoom(_command(folder), page_s)
        try:
            return list(await asyncio.gather(*(room.read(body, **WHERE) for body in bodies)))
        finally:
            await room.close()
            await room.close()

    return asyncio.run(asyncio.wait_for(scene(), 240))


def _read(word: str) -> PageFacts:
    return PageFacts("list", notes=(word,))


def test_the_real_reader_reads_what_the_extractor_reads() -> None:
    """All but the visible text; and it is gone when the room is closed."""

    async def scene() -> tuple[PageFacts | Unreadable, set[psutil.Process]]:
        others = _children()
        room = ReadingRoom()
        facts = await room.read(PAGE, **WHERE)
        children = _children() - others
        await room.close()
        return facts, children

    facts, children = asyncio.run(scene())
    whole = extract(PAGE, **WHERE)
    assert isinstance(facts, PageFacts)
    assert (facts.kind, facts.listings, facts.shop) == (whole.kind, whole.listings, whole.shop)
    assert [(link.url, link.kind) for link in facts.links] == [(link.url, link.kind) for link in whole.links]
    assert children
    assert not any(child.is_running() for child in children)


def test_odd_pages_are_told_and_others_read(tmp_path: Path) -> None:
    """The reader's error in words."""
    assert _words(tmp_path, b"a", b"odd", b"b") == [_read("a"), Unreadable("KeyError: 'odd'"), _read("b")]


def test_a_page_that_ends_readers_is_unreadable_and_the_others_are_read(tmp_path: Path) -> None:
    """The guilty one gets a second reader and no third; who stood behind it loses nothing."""
    words = _words(tmp_path, b"a", b"die", b"b", b"c")
    assert words == [_read("a"), Unreadable("the page reader ended over it, twice"), _read("b"), _read("c")]


def test_a_reader_that_dies_by_chance_costs_no_page(tmp_path: Path) -> None:
    """As when memory was short for a moment."""
    assert _words(tmp_path, b"once", b"b") == [_read("once"), _read("b")]


def test_a_reader_that_hangs_or_lies_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One page holds up the others for a while, not for ever; what is no answer is taken for none."""
    monkeypatch.setattr(reading_room, "WATCH_SECONDS", 0.1)
    words = _words(tmp_path, b"hang", b"b", page_s=2)
    assert words == [Unreadable("the page reader ended over it, twice"), _read("b")]
    words = _words(tmp_path, b"lie", b"b")
    assert words == [Unreadable("the page reader ended over it, twice"), _read("b")]


def test_a_crawl_without_a_reader_fails_loudly() -> None:
    """Pages are not called unreadable because nobody came to read them."""

    async def scene(*command: str) -> None:
        room = ReadingRoom(command)
        try:
            await room.read(PAGE, **WHERE)
        finally:
            await room.close()

    with pytest.raises(PageReaderError, match="got its end"):
        asyncio.run(scene(sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(PageReaderError, match="No such file"):
        asyncio.run(scene("/nowhere/python"))


def test_it_can_be_started_before_the_first_page(tmp_path: Path) -> None:
    """So that its start is over when the first page comes; started once."""

    async def scene() -> int:
        others = _children()
        room = ReadingRoom(_command(tmp_path))
        await asyncio.gather(room.start(), room.start())
        count = len(_children() - others)
        await room.close()
        return count

    began = time.monotonic()
    assert asyncio.run(scene()) == 1
    assert time.monotonic() - began < 30
