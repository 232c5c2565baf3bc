"""The running hash: its one form, and a file that fits it or not."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from evidence import running
from evidence.errors import MalformedError
from evidence.running import Mark, Running

WARC = b"warc" * 500
MEMBER = "archive/data.warc.gz"


def archive(*more: str, warc: bytes = WARC) -> bytes:
    """A WACZ with pages, the WARC, and more members."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as made:
        for name, data in (("pages/pages.jsonl", b"x"), (MEMBER, warc), *((name, b"more") for name in more)):
            made.writestr(ZipInfo(name), data)
    return buffer.getvalue()


MARKS = tuple(
    Mark(f"2026-11-25T08:00:0{place}.000000Z", cut, hashlib.sha256(WARC[:cut]).hexdigest())
    for place, cut in enumerate((10, 700, 2000))
)
GOOD = Running("data/capture.wacz", MEMBER, archive().index(WARC), len(WARC), MARKS)


def test_comes_back() -> None:
    """Written and read again it is the same."""
    assert running.parse(GOOD.render()) == GOOD


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        GOOD.render()[:-1],
        GOOD.render().splitlines(keepends=True)[0],
        GOOD.render().replace(b"data/", b"meta/"),
        GOOD.render().replace(b"capture.wacz", b"other.wacz"),
        GOOD.render().replace(b"archive/", b"../"),
        GOOD.render().replace(b"archive/", b"pages/"),
        GOOD.render().replace(b".000000Z", b"Z", 1),
        replace(GOOD, size=1).render(),
        replace(GOOD, marks=MARKS[:2]).render(),
        replace(GOOD, marks=(MARKS[1], MARKS[0], MARKS[2])).render(),
        replace(GOOD, marks=(replace(MARKS[0], at="2026-11-25T09:00:00.000000Z"), *MARKS[1:])).render(),
        replace(GOOD, marks=(MARKS[0], MARKS[0], MARKS[2])).render(),
    ],
)
def test_another_form_is_refused(bad: bytes) -> None:
    """Cut, falling, not whole, elsewhere."""
    with pytest.raises(MalformedError):
        running.parse(bad)


def test_file_fits_or_not(tmp_path: Path) -> None:
    """Digests and the member's header are those of the file."""
    path = tmp_path / "capture.wacz"
    good = archive("indexes/index.cdxj")
    path.write_bytes(good)
    running.check_file(GOOD, path)
    for bad in (
        good.replace(b"PK", b"PX"),
        good.replace(b"warcwarcwarc", b"warcWarcwarc", 1),
        good[:2000],
        b"",
        good + b"x",
        archive("archive/more.warc.gz"),
        archive(MEMBER.replace("data", "datb")),
    ):
        path.write_bytes(bad)
        with pytest.raises(MalformedError):
            running.check_file(GOOD, path)
