"""Digests of the files of a package: every byte read once, in constant memory, on more than one core.

SM3 is several times slower than SHA-256, so that of a large file is taken in a thread of its own;
small files are shared out among the cores. Digests are taken outside the interpreter's lock.
"""

import hashlib
import os
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from kernel.crypto import CHUNK_BYTES

BIG = 4 * CHUNK_BYTES
WORTH_SHARING = CHUNK_BYTES
AHEAD = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What else is wanted of one file.

    Attributes:
        salt: put before the content for the salted digest; empty for none.
        start: where a part begins, in bytes. marks: lengths of its beginnings whose SHA-256 is wanted, rising.
    """

    salt: bytes = b""
    start: int = 0
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of one file, hex.

    Attributes:
        crc: CRC-32 of the bytes as they are. salted: SHA-256(salt ‖ content), empty without salt.
        marks: SHA-256 of each beginning that the plan wants and the file has.
    """

    sha256: str
    sm3: str
    crc: int
    salted: str = ""
    marks: tuple[str, ...] = ()


class _Marks:
    """SHA-256 of several beginnings of one part of a file, in one pass."""

    def __init__(self, plan: Plan) -> None:
        self._hash = hashlib.sha256()
        self._place, self._start = 0, plan.start
        self._wanted = deque(plan.marks)
        self.found: list[str] = []

    def update(self, chunk: memoryview) -> None:
        """Take the next bytes of the file."""
        begin, self._place = self._place, self._place + len(chunk)
        at = max(begin, self._start)
        while self._wanted and self._place >= self._start:
            goal = self._start + self._wanted[0]
            stop = min(goal, self._place)
            self._hash.update(chunk[at - begin : max(at, stop) - begin])
            at = max(at, stop)
            if goal > self._place:
                return
            self.found.append(self._hash.copy().hexdigest())
            self._wanted.popleft()


def take(stream: BinaryIO, plan: Plan, side: ThreadPoolExecutor | None = None) -> Digests:
    """Digests of a stream read to its end.

    Args:
        side: one more thread, for SM3; none takes everything here.
    """
    sha256, sm3, crc = hashlib.sha256(), hashlib.new("sm3"), 0
    salted, marks = hashlib.sha256(plan.salt), _Marks(plan)
    behind: deque[Future[Any]] = deque()
    while chunk := stream.read(CHUNK_BYTES):
        if side is None:
            sm3.update(chunk)
        else:
            behind.append(side.submit(sm3.update, chunk))
            if len(behind) > AHEAD:
                behind.popleft().result()
        sha256.update(chunk)
        crc = zlib.crc32(chunk, crc)
        if plan.salt:
            salted.update(chunk)
        if plan.marks:
            marks.update(memoryview(chunk))
    while behind:
        behind.popleft().result()
    return Digests(
        sha256.hexdigest(), sm3.hexdigest(), crc, salted.hexdigest() if plan.salt else "", tuple(marks.found)
    )


def salted(path: Path, salt: bytes) -> str:
    """SHA-256(salt ‖ content) of a file, hex."""
    value = hashlib.sha256(salt)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            value.update(chunk)
    return value.hexdigest()


def take_all(
    sizes: Mapping[str, int], opened: Callable[[str], BinaryIO], plans: Mapping[str, Plan]
) -> dict[str, Digests]:
    """Digests of many files.

    Args:
        sizes: name to bytes. opened: gives the stream of a name. plans: what else is wanted of some.
    """

    def one(name: str, side: ThreadPoolExecutor | None = None) -> Digests:
        with opened(name) as stream:
            return take(stream, plans.get(name, Plan()), side)

    found: dict[str, Digests] = {}
    big = [name for name, size in sizes.items() if size >= BIG]
    small: Sequence[str] = [name for name, size in sizes.items() if size < BIG]
    cores = os.cpu_count() or 1
    if big:
        with ThreadPoolExecutor(1, thread_name_prefix="sm3") as side:
            found |= {name: one(name, side if cores > 1 else None) for name in big}
    if cores > 1 and sum(sizes[name] for name in small) >= WORTH_SHARING:
        with ThreadPoolExecutor(cores, thread_name_prefix="digests") as pool:
            return found | dict(zip(small, pool.map(one, small), strict=True))
    return found | {name: one(name) for name in small}
