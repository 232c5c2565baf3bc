"""Digests taken in one pass agree with digests taken one by one."""

import hashlib
import io
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from evidence import digests
from evidence.digests import Plan


@given(
    data=st.binary(max_size=300),
    salt=st.binary(max_size=32),
    start=st.integers(0, 320),
    cuts=st.sets(st.integers(1, 320)),
)
def test_one_pass_is_as_good_as_many(data: bytes, salt: bytes, start: int, cuts: set[int]) -> None:
    """SHA-256, SM3, CRC, salted digest, and each beginning that is there."""
    marks = tuple(sorted(cuts))
    found = digests.take(io.BytesIO(data), Plan(salt, start, marks))
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.sm3 == hashlib.new("sm3", data).hexdigest()
    assert found.crc == zlib.crc32(data)
    assert found.salted == (hashlib.sha256(salt + data).hexdigest() if salt else "")
    inside = [cut for cut in marks if start + cut <= len(data)]
    assert list(found.marks) == [hashlib.sha256(data[start : start + cut]).hexdigest() for cut in inside]


def test_large_files_cross_chunks() -> None:
    """Marks and a thread beside, over several chunks."""
    data = bytes(range(251)) * 20_000
    plan = Plan(b"salt", 1_000_003, (1, 47_572, 48_573, 3_000_000))
    with ThreadPoolExecutor(1) as side:
        found = digests.take(io.BytesIO(data), plan, side)
    assert found == digests.take(io.BytesIO(data), plan)
    assert found.marks == tuple(hashlib.sha256(data[plan.start : plan.start + cut]).hexdigest() for cut in plan.marks)
    assert found.sm3 == hashlib.new("sm3", data).hexdigest()


def test_many_files(tmp_path: Path) -> None:
    """Small ones shared out, large ones one after the other: each gets its own digests."""
    sizes = {f"f{number}": number * 100_000 for number in range(12)} | {"big": digests.BIG + 1}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(name.encode()[:1] * size)
    found = digests.take_all(sizes, lambda name: (tmp_path / name).open("rb"), {"f3": Plan(b"s")})
    assert {name: one.sha256 for name, one in found.items()} == {
        name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in sizes
    }
    assert found["f3"].salted == digests.salted(tmp_path / "f3", b"s")
