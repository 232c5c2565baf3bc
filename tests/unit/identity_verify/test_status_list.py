"""Status lists: packing against the standard's own example, sizes, and what is refused."""

import json
import zlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from identity_verify import signed_text, status_list
from identity_verify.errors import BadgeTokenError
from tests.data.badges.issuing import AT
from tests.data.badges.token_corpus import b64

URI = "https://badge.example.test/badge-status/0"
KEY = ECKey.generate_key("P-256")
KEYS = {"k": KEY}


def test_bits_lie_as_the_standard_says() -> None:
    """The two worked examples of the draft, 4.1: one bit and two bits a status."""
    one_bit = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert status_list.pack(16, dict(enumerate(one_bit)), bits=1) == bytes([0xB9, 0xA3])
    two_bits = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    assert status_list.pack(12, dict(enumerate(two_bits))) == bytes([0xC9, 0x44, 0xF9])


@given(st.dictionaries(st.integers(0, 4_999), st.integers(0, 3)), st.sampled_from([2, 4, 8]))
def test_what_is_packed_is_read(statuses: dict[int, int], bits: int) -> None:
    """Every place, also those that were not named."""
    array = status_list.decode(status_list.encode(status_list.pack(5_000, statuses, bits)))
    assert all(status_list.status_at(array, idx, bits) == statuses.get(idx, 0) for idx in range(5_000))


def test_a_list_is_signed_and_read() -> None:
    """With its address, its term and how long it may be kept: at most a minute."""
    text = status_list.sign(
        status_list.pack(100_000, {7: status_list.INVALID, 8: status_list.SUSPENDED}), uri=URI, at=AT, kid="k", key=KEY
    )
    read = status_list.read(text, KEYS, uri=URI, at=AT)
    assert [read.status(idx) for idx in (6, 7, 8, 99_999)] == [0, 1, 2, 0]
    assert (read.uri, read.ttl <= 60, read.issued_at) == (URI, True, AT)
    assert len(text) < 1_000
    with pytest.raises(BadgeTokenError, match="place in the list"):
        read.status(100_000)


def test_a_list_stays_small() -> None:
    """A hundred thousand tokens of which one in a hundred does not count: a few kilobytes."""
    array = status_list.pack(100_000, {idx * 97 % 100_000: 1 for idx in range(1_000)})
    assert len(status_list.encode(array)) < 6_000


def _signed(**changes: object) -> str:
    lst = status_list.encode(bytes(25))
    seconds = int(AT.timestamp())
    body: dict[str, object] = {
        "sub": URI, "iat": seconds, "exp": seconds + 600, "ttl": 30, "status_list": {"bits": 2, "lst": lst}, **changes,
    }  # fmt: skip
    return signed_text.sign(body, kind=status_list.TYPE, kid="k", key=KEY)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"sub": URI + "0"}, "status-uri"),
        ({"sub": None}, "status-uri"),
        ({"exp": int(AT.timestamp())}, "expired"),
        ({"exp": "soon"}, "claims"),
        ({"ttl": None}, "claims"),
        ({"status_list": []}, "claims"),
        ({"status_list": {"bits": 3, "lst": ""}}, "claims"),
        ({"status_list": {"bits": 2, "lst": 7}}, "claims"),
        ({"status_list": {"bits": 2, "lst": "AAAA"}}, "form"),
        ({"status_list": {"bits": 2, "lst": "ü"}}, "form"),
        ({"status_list": {"bits": 2, "lst": b64(zlib.compress(bytes(9_000_000)))}}, "form"),
        ({"status_list": {"bits": 2, "lst": b64(zlib.compress(bytes(900))[:-6])}}, "form"),
    ],
)
def test_lists_that_are_refused(changes: dict[str, object], reason: str) -> None:
    """Another list's address, an old one, one that is not understood, one that would fill the memory."""
    found = ""
    try:
        status_list.read(_signed(**changes), KEYS, uri=URI, at=AT)
    except BadgeTokenError as error:
        found = error.reason
    assert found == reason


def test_a_token_is_no_list() -> None:
    """Type and key are checked as for tokens."""
    body = json.loads(json.dumps({"sub": URI}))
    with pytest.raises(BadgeTokenError) as caught:
        status_list.read(signed_text.sign(body, kind="dc+sd-jwt", kid="k", key=KEY), KEYS, uri=URI, at=AT)
    assert caught.value.reason == "type"
    with pytest.raises(BadgeTokenError):
        status_list.read(_signed(), {}, uri=URI, at=AT + timedelta(seconds=1))
