"""The tape: what is on disk while a capture runs."""

import hashlib
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.capture import tape as tape_module
from crawlers.capture.bundle import Seen
from crawlers.capture.exchange import Exchange, Veil
from crawlers.capture.tape import Tape, put_aside, running_file, running_lines, tape_of, torn_of
from crawlers.capture.wacz import ReplayPage

AT = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)
PAGE = ReplayPage("http://shop.example.test/", "", AT)


def exchange(number: int) -> Exchange:
    """An answered exchange."""
    found = Exchange(str(number), f"http://shop.example.test/{number}", "GET", "Document", AT, status=200)
    found.body, found.finished, found.settled, found.mime = b"x" * number, True, True, "text/html"
    return found


def seen(*exchanges: Exchange) -> Seen:
    """What was seen."""
    return Seen(exchanges, (), (), {("shop.example.test", 80): "203.0.113.9"}, PAGE)


def make(out: Path) -> Tape:
    """A tape that has begun."""
    tape = Tape(out, AT, {"id": "ev-1", "url": PAGE.url}, Veil(b"salt"))
    tape.begin((("software", "test"),))
    return tape


def test_every_snapshot_is_the_digest_of_a_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many records and at the end; rising; the last is of the whole archive."""
    monkeypatch.setattr(tape_module, "SNAPSHOT_RECORDS", 4)
    tape = make(tmp_path / "out")
    items = [exchange(number) for number in range(7)]
    told = tape.write(items[:5], seen())
    assert len(told) == 2
    told += tape.finish(seen(*items), ())
    data = (tape_of(tmp_path / "out") / "data.warc.gz").read_bytes()
    sizes = [snapshot.size for snapshot in told]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == len(data)
    for snapshot in told:
        assert hashlib.sha256(data[: snapshot.size]).hexdigest() == snapshot.sha256
    assert running_lines(tape.folder) == [snapshot.line() for snapshot in told]
    assert all(item.taped for item in items)
    first = zlib.decompressobj(31).decompress(data)
    assert b"software: test" in first


def test_time_too_makes_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When something was written and the time is over; nothing new, no snapshot."""
    monkeypatch.setattr(tape_module, "SNAPSHOT_S", 0.0)
    tape = make(tmp_path / "out")
    assert len(tape.write([exchange(1)], seen())) == 1
    assert tape.write([], seen()) == []
    assert tape.finish(seen(), ()) == []


def test_the_longer_of_two_torn_tapes_is_kept(tmp_path: Path) -> None:
    """A try that got less far does not push out one that got further; a whole capture needs neither."""
    out = tmp_path / "out"
    for count in (3, 1, 5):
        tape = make(out)
        tape.write([exchange(number) for number in range(count)], seen())
        tape.drop(keep=True)
    put_aside(out)
    last = make(out)
    assert (torn_of(out) / "data.warc.gz").stat().st_size > 1500
    assert len({path.name for path in tmp_path.iterdir()}) == 2
    last.done()
    last.drop()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("keep", "answers", "left"), [(True, 1, True), (True, 0, False), (False, 1, False)])
def test_only_what_holds_an_answer_is_left(tmp_path: Path, keep: bool, answers: int, left: bool) -> None:  # noqa: FBT001 - a table
    """After an error that is no interruption, or without an answer, nothing is left."""
    tape = make(tmp_path / "out")
    tape.write([exchange(number) for number in range(answers)], seen())
    tape.keep("data/x.txt", b"x")
    tape.drop(keep=keep)
    assert tape_of(tmp_path / "out").exists() is left


def test_running_file_names_the_place_first(tmp_path: Path) -> None:
    """The first line says where the archive lies; a cut last line of a tape is left out."""
    lines = [{"at": "2026-11-25T00:00:00Z", "bytes": 1, "sha256": "00"}]
    first, second = running_file((50, 99), lines).splitlines()
    assert json.loads(first) == {
        "file": "data/capture.wacz",
        "member": "archive/data.warc.gz",
        "offset": 50,
        "size": 99,
    }
    (tmp_path / "running.jsonl").write_bytes(second + b'\n{"at":"20')
    assert running_lines(tmp_path) == lines
