"""Entry lines."""

import hashlib

import pytest

from evidence.log import entry
from evidence.log.errors import LogFormError

A, B = "a1" * 32, "b2" * 32


def test_the_two_forms() -> None:
    """As the evidence format writes them."""
    assert entry.package(A, B) == f"wangjian/package/v1 {A} {B}"
    assert entry.custody(A) == f"wangjian/custody/v1 {A}"


def test_the_leaf_is_the_hash_of_the_line() -> None:
    """SHA-256 over 00 and the line, no line feed."""
    line = f"wangjian/custody/v1 {A}"
    assert entry.leaf(line) == hashlib.sha256(b"\x00" + line.encode()).digest()


@pytest.mark.parametrize("text", ["", A[:-1], A + "0", A.upper(), f" {A[1:]}", "g" * 64, f"{A[:-1]}\n"])
def test_other_digests_are_refused(text: str) -> None:
    """Nothing is trimmed or lowered."""
    with pytest.raises(LogFormError):
        entry.custody(text)
    with pytest.raises(LogFormError):
        entry.package(A, text)
    with pytest.raises(LogFormError):
        entry.package(text, A)


@pytest.mark.parametrize(
    "line",
    [
        "",
        A,
        f"wangjian/custody/v1  {A}",
        f"wangjian/custody/v2 {A}",
        f"wangjian/custody/v1 {A}\n",
        f"wangjian/package/v1 {A}",
        f"wangjian/custody/v1 {A} {B}",
    ],
)
def test_other_lines_have_no_leaf(line: str) -> None:
    """Only known entries are hashed."""
    with pytest.raises(LogFormError):
        entry.leaf(line)
