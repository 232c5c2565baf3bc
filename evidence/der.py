"""Strict DER: one value has one byte form, so that a changed byte cannot hide in an encoding.

Spec: ITU-T X.690 (2021) clauses 8.1, 10 and 11 as far as they concern lengths, booleans, integers,
bit strings and SET OF.
"""

from evidence.errors import MalformedError

CONSTRUCTED = 0x20
TAG_BOOLEAN = 0x01
TAG_INTEGER = 0x02
TAG_BIT_STRING = 0x03
TAG_IDENTIFIER = 0x06
TAG_OCTETS = 0x04
TAG_UTC_TIME = 0x17
TAG_GENERALIZED_TIME = 0x18
TAG_SEQUENCE = 0x30
TAG_SET = 0x31
PRIMITIVE_ONLY = frozenset((*range(0x01, 0x07), 0x0A, 0x0C, 0x0D, *range(0x12, 0x1F)))
MAX_DEPTH = 40
MAX_IDENTIFIER = 63
"""Bytes of an object identifier: the longest that readers of certificates take; decoders need its square in time."""
MAX_BYTES = 100_000
"""Of a signature or a timestamp: a service's answer is no longer when it is asked either."""


def _refuse(what: str, offset: int) -> MalformedError:
    return MalformedError(f"expected strict DER, got {what} at byte {offset}")


def _header(data: bytes, offset: int, end: int) -> tuple[int, int, int]:
    """Tag, start of the value and end of the value."""
    if offset + 2 > end:
        raise _refuse("a cut header", offset)
    tag, first = data[offset], data[offset + 1]
    if tag & 0x1F == 0x1F or tag == 0:
        raise _refuse("a tag of more than one byte or none", offset)
    start = offset + 2
    length = first
    if first & 0x80:
        count = first & 0x7F
        if count in {0, 0x7F} or start + count > end:
            raise _refuse("an indefinite or cut length", offset)
        length = int.from_bytes(data[start : start + count])
        if length < 0x80 or data[start] == 0:
            raise _refuse("a length that is not the shortest", offset)
        start += count
    if start + length > end:
        raise _refuse("a value that runs out of its container", offset)
    return tag, start, start + length


def _check_primitive(tag: int, value: bytes, offset: int) -> None:
    if tag == TAG_BOOLEAN and value not in {b"\x00", b"\xff"}:
        raise _refuse("a boolean other than 00 or FF", offset)
    if tag == TAG_INTEGER:
        padded = len(value) > 1 and ((value[0] == 0 and value[1] < 0x80) or (value[0] == 0xFF and value[1] >= 0x80))
        if not value or padded:
            raise _refuse("an integer that is empty or padded", offset)
    if tag == TAG_IDENTIFIER and len(value) > MAX_IDENTIFIER:
        raise _refuse(f"an object identifier of more than {MAX_IDENTIFIER} bytes", offset)
    if tag == TAG_BIT_STRING:
        unused = value[0] if value else 8
        if unused > 7 or (unused and (len(value) < 2 or value[-1] & ((1 << unused) - 1))):
            raise _refuse("a bit string with set or too many unused bits", offset)


def _walk(data: bytes, span: tuple[int, int], depth: int) -> list[bytes]:
    offset, end = span
    if depth > MAX_DEPTH:
        raise _refuse("too deep a nesting", offset)
    children: list[bytes] = []
    while offset < end:
        tag, start, stop = _header(data, offset, end)
        if tag & CONSTRUCTED:
            if tag & ~CONSTRUCTED in PRIMITIVE_ONLY:
                raise _refuse("a constructed form of a primitive type", offset)
            inner = _walk(data, (start, stop), depth + 1)
            if tag == TAG_SET and inner != sorted(inner):
                raise _refuse("a set out of order", offset)
        elif tag in {TAG_SEQUENCE & ~CONSTRUCTED, TAG_SET & ~CONSTRUCTED}:
            raise _refuse("a primitive sequence or set", offset)
        else:
            _check_primitive(tag, data[start:stop], offset)
        children.append(data[offset:stop])
        offset = stop
    return children


def require_strict(data: bytes) -> None:
    """Refuse bytes that are not exactly one value in strict DER, or too many of them.

    Raises:
        MalformedError: says what and at which byte.
    """
    if len(data) > MAX_BYTES:
        raise _refuse(f"more than {MAX_BYTES} bytes", MAX_BYTES)
    if len(_walk(data, (0, len(data)), 0)) != 1:
        raise _refuse("not exactly one value", 0)


def value_end(data: bytes) -> int:
    """Where the first value ends, in bytes; what follows is padding to the caller.

    Raises:
        MalformedError: no whole value there.
    """
    return _header(data, 0, len(data))[2]


def encoded(tag: int, value: bytes) -> bytes:
    """One value: tag, shortest length, bytes."""
    size = len(value)
    if size < 0x80:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + value


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of encoded values."""
    return encoded(TAG_SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """A SET OF encoded values, in the order that DER asks for."""
    return encoded(TAG_SET, b"".join(sorted(parts)))


def integer(value: int) -> bytes:
    """A whole number from 0."""
    return encoded(TAG_INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def identifier(dotted: str) -> bytes:
    """An object identifier."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    value = b""
    for number in (first * 40 + second, *rest):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.insert(0, number & 0x7F | 0x80)
        value += bytes(groups)
    return encoded(TAG_IDENTIFIER, value)
