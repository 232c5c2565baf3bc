"""The running hash: its one form, and a file that fits it or not."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from evidence import running
from evidence.errors import MalformedError
from evidence.running import Mark, Running

WARC = b"warc" * 500
HEADER = b"PK\x03\x04" + bytes(22) + (4).to_bytes(2, "little") + b"\0\0warc"
MARKS = tuple(
    Mark(f"2026-11-25T08:00:0{place}.000000Z", cut, hashlib.sha256(WARC[:cut]).hexdigest())
    for place, cut in enumerate((10, 700, 2000))
)
GOOD = Running("data/capture.wacz", "warc", len(HEADER) + 5, len(WARC), MARKS)


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
        GOOD.render().replace(b'"warc"', b'"../w"'),
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
    good = b"start" + HEADER + WARC + b"end"
    path.write_bytes(good)
    running.check_file(GOOD, path)
    for bad in (good.replace(b"PK", b"PX"), good.replace(b"warcwarcwarc", b"warcWarcwarc", 1), good[:2000], b""):
        path.write_bytes(bad)
        with pytest.raises(MalformedError):
            running.check_file(GOOD, path)
