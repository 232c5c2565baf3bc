"""A shared folder between two sides: order, receipts, half-written files, and runs killed at any point."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from exchange import front_box
from exchange.front_box import FrontBox, Piece, turn
from kernel.crypto import sha256_hex

WRITER = """
import sys
from pathlib import Path
from exchange.front_box import FrontBox
box = FrontBox(Path(sys.argv[1]), "310115", "310000")
for number in range(1, 100_000):
    box.put(number, f"message {number}".encode() * 2000)
"""


@pytest.fixture
def sides(tmp_path: Path) -> tuple[FrontBox, FrontBox]:
    """Both ends of one folder."""
    return FrontBox(tmp_path, "310115", "310000"), FrontBox(tmp_path, "310000", "310115")


def _receipt(data: bytes) -> bytes:
    return b"receipt of " + data


def _nothing(data: bytes) -> None:
    del data


def test_messages_go_and_receipts_come_back(sides: tuple[FrontBox, FrontBox], tmp_path: Path) -> None:
    """In order; at the end nothing lies in the folder."""
    left, right = sides
    taken: list[bytes] = []
    receipts: list[bytes] = []

    def take(data: bytes) -> bytes:
        taken.append(data)
        return _receipt(data)

    waiting = [(number, f"m{number}".encode()) for number in (3, 1, 2, 11)]
    assert turn(left, waiting, take, receipts.append) == (4, 0, 0)
    assert turn(right, [], take, receipts.append) == (0, 4, 0)
    assert taken == [b"m1", b"m2", b"m3", b"m11"]
    assert turn(right, [], take, receipts.append) == (0, 0, 0)
    assert turn(left, [], take, receipts.append) == (0, 0, 4)
    assert receipts == [_receipt(data) for data in taken]
    turn(right, [], take, receipts.append)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_both_ways_at_once(sides: tuple[FrontBox, FrontBox]) -> None:
    """A number of one side is not a number of the other."""
    left, right = sides
    turn(left, [(1, b"l")], _receipt, _nothing)
    assert turn(right, [(1, b"r")], _receipt, _nothing) == (1, 1, 0)
    assert turn(left, [(1, b"l")], _receipt, _nothing) == (1, 1, 1)
    assert turn(right, [], _receipt, _nothing) == (0, 0, 1)


def test_half_written_files_are_left_alone(sides: tuple[FrontBox, FrontBox]) -> None:
    """Whether written aside, or under its name without care; none overtakes them."""
    left, right = sides
    left.put(2, b"second")
    digest = sha256_hex(b"first one")
    half = left.mine() / f"{1:012d}-{digest}.msg"
    half.write_bytes(b"first")
    (left.mine() / f".{0:012d}-{digest}.msg.part").write_bytes(b"x")
    assert list(right.messages()) == []
    half.write_bytes(b"first one")
    assert [piece.data for piece in right.messages()] == [b"first one", b"second"]


def test_foreign_names_links_and_giants_are_left_alone(
    sides: tuple[FrontBox, FrontBox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read that is not a plain file of ours."""
    left, right = sides
    left.put(1, b"good")
    (tmp_path / "secret").write_bytes(b"secret")
    name = f"{2:012d}-{sha256_hex(b'secret')}.msg"
    (left.mine() / name).symlink_to(tmp_path / "secret")
    for foreign in ("note.txt", "1-2.msg", f"{3:012d}-{'z' * 64}.msg"):
        (left.mine() / foreign).write_bytes(b"x")
    os.mkfifo(left.mine() / f"{3:012d}-{sha256_hex(b'x')}.msg")
    assert [piece.data for piece in right.messages()] == [b"good"]
    monkeypatch.setattr(front_box, "MAX_BYTES", 3)
    assert list(right.messages()) == []


def test_a_kill_between_receipt_and_note_repeats_the_same(sides: tuple[FrontBox, FrontBox]) -> None:
    """Taken, and killed before the receipt was written: it comes again, and the taker knows it by its number."""
    left, right = sides
    left.put(1, b"m")
    first = next(iter(right.messages()))
    again = next(iter(right.messages()))
    assert first == again
    right.answer(again, _receipt(again.data))
    right.answer(again, _receipt(again.data))
    assert list(right.messages()) == []
    assert [piece.data for piece in left.receipts()] == [_receipt(b"m")]
    left.forget(Piece(1, first.digest, b""))
    left.forget(Piece(1, first.digest, b""))
    assert list(left.receipts()) == []


def test_a_killed_writer_leaves_only_whole_messages(sides: tuple[FrontBox, FrontBox], tmp_path: Path) -> None:
    """Killed with SIGKILL while it writes, several times: what is there is whole, in order, without a gap."""
    _, right = sides
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=Path.cwd()) as process:
            deadline = time.monotonic() + 120
            before = len(list(right.theirs().glob("*.msg"))) if right.theirs().exists() else 0
            while time.monotonic() < deadline and (
                not right.theirs().exists() or len(list(right.theirs().glob("*.msg"))) <= before + 2
            ):
                time.sleep(0.01)
            process.kill()
        found = [(piece.number, piece.data) for piece in right.messages()]
        assert len(found) > before
        assert found == [(number, f"message {number}".encode() * 2000) for number in range(1, len(found) + 1)]


def test_what_a_killed_run_left_is_tidied(sides: tuple[FrontBox, FrontBox]) -> None:
    """Only on our own side."""
    left, right = sides
    for box in (left, right):
        box.put(1, b"m")
        (box.mine() / ".x.part").write_bytes(b"x")
    left.tidy()
    assert not (left.mine() / ".x.part").exists()
    assert (right.mine() / ".x.part").exists()
