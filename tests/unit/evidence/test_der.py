"""Strict DER."""

import pytest
from asn1crypto import core  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from evidence.der import (
    MAX_BYTES,
    MAX_IDENTIFIER,
    TAG_OCTETS,
    encoded,
    identifier,
    integer,
    require_strict,
    sequence,
    set_of,
    value_end,
)
from evidence.errors import MalformedError

GOOD = bytes.fromhex("30090201010101ff0401aa")


@pytest.mark.parametrize(
    "text",
    [
        "",  # nothing
        "30",  # cut
        "30800000",  # indefinite
        "308103020101",  # length not the shortest
        "30820003020101",
        "300302010100",  # more than one value
        "30030201",  # runs out
        "02020001",  # padded integer
        "0202ff80",
        "0200",  # empty integer
        "010101",  # boolean other than 00 or FF
        "03020801",  # too many unused bits
        "03020101",  # unused bit set
        "030101",  # unused bits of nothing
        "0300",
        "3106020102020101",  # set out of order
        "2203020101",  # constructed integer
        "2403040101",  # constructed octet string
        "1000",  # primitive sequence
        "1f0100",  # long tag
        "0000",  # no tag
        "30ff" + "00" * 10,
    ],
)
def test_refuses_what_is_not_strict(text: str) -> None:
    """One value has one form; all others are refused."""
    with pytest.raises(MalformedError):
        require_strict(bytes.fromhex(text))


def test_accepts_strict() -> None:
    """Booleans, integers, strings, sets in order."""
    require_strict(GOOD)
    require_strict(bytes.fromhex("3106020101020102"))
    require_strict(bytes.fromhex("03020780"))


def test_refuses_deep_nesting() -> None:
    """A tower of sequences ends in an error, not in a crash."""
    data = b""
    for _ in range(60):
        data = b"\x30" + bytes((len(data),)) + data
    with pytest.raises(MalformedError, match="deep"):
        require_strict(data)


@given(st.recursive(st.integers() | st.binary(max_size=200), lambda inner: st.lists(inner, max_size=4), max_leaves=8))
def test_accepts_what_an_encoder_makes(value: object) -> None:
    """Whatever another encoder writes in DER is accepted, and nothing may follow it."""

    def encode(item: object) -> bytes:
        if isinstance(item, int):
            return bytes(core.Integer(item).dump())
        if isinstance(item, bytes):
            return bytes(core.OctetString(item).dump())
        assert isinstance(item, list)
        body = b"".join(encode(part) for part in item)
        return _sequence(body)

    der = encode(value)
    require_strict(der)
    assert value_end(der + b"\0\0") == len(der)
    with pytest.raises(MalformedError):
        require_strict(der + b"\0")


def _sequence(body: bytes) -> bytes:
    if len(body) < 128:
        return b"\x30" + bytes((len(body),)) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return b"\x30" + bytes((0x80 | len(size),)) + size + body


@given(st.binary(max_size=60))
def test_never_crashes(data: bytes) -> None:
    """Any bytes: accepted or the one typed refusal."""
    try:
        require_strict(data)
    except MalformedError:
        return
    assert value_end(data) == len(data)


@given(st.integers(0, 2**200), st.binary(max_size=70_000))
def test_what_is_written_is_what_the_library_writes(number: int, data: bytes) -> None:
    """Whole numbers and lengths of any size, strict."""
    assert integer(number) == core.Integer(number).dump()
    assert encoded(0x04, data) == core.OctetString(data).dump()
    require_strict(sequence(integer(number), set_of(encoded(0x04, data), integer(number))))


@pytest.mark.parametrize(
    "dotted", ["1.2.840.113549.1.9.16.2.47", "2.16.840.1.101.3.4.2.1", "2.999.3", "0.0", "1.39.127"]
)
def test_identifiers(dotted: str) -> None:
    """As the library writes them."""
    assert identifier(dotted) == core.ObjectIdentifier(dotted).dump()


def test_more_than_a_signature_may_be_is_refused() -> None:
    """One byte too many; nobody is kept busy by megabytes."""
    whole = encoded(TAG_OCTETS, bytes(MAX_BYTES - 5))
    assert len(whole) == MAX_BYTES
    require_strict(whole)
    with pytest.raises(MalformedError, match="more than"):
        require_strict(encoded(TAG_OCTETS, bytes(MAX_BYTES - 4)))


def test_long_identifiers_are_refused() -> None:
    """What a decoder would need the square of its length for is not given to one."""
    require_strict(encoded(6, b"\x2a" + bytes([1]) * (MAX_IDENTIFIER - 1)))
    with pytest.raises(MalformedError, match="identifier"):
        require_strict(encoded(6, b"\x2a" + bytes([1]) * MAX_IDENTIFIER))
