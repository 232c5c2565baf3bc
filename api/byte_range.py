"""One byte range of a file. Spec: RFC 9110 section 14.1.2."""

import re
from dataclasses import dataclass

ONE_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes ``start`` to ``start + length`` of ``total``; ``partial`` when a range was asked for."""

    start: int
    length: int
    total: int
    partial: bool


def read_range(header: str, total: int) -> Range | None:
    """The wanted part of a file of ``total`` bytes.

    A header of another form (several ranges, other units) means the whole, as the standard allows.

    Returns:
        the part, or None when no byte of it exists (status 416).
    """
    match = ONE_RANGE.fullmatch(header.strip())
    if match is None or not (match["first"] or match["last"]):
        return Range(0, total, total, partial=False)
    if not match["first"]:
        length = min(int(match["last"]), total)
        return Range(total - length, length, total, partial=True) if length else None
    first = int(match["first"])
    last = min(int(match["last"]), total - 1) if match["last"] else total - 1
    if first >= total or last < first:
        return None
    return Range(first, last - first + 1, total, partial=True)
