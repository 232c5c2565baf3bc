"""Digests and canonical JSON."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto import (
    canonical_json,
    canonical_json_of_read,
    digest_file,
    random_token,
    same_secret,
    sha256_hex,
    sm3_hex,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def test_sm3_standard_vector() -> None:
    """GB/T 32905 example: the digest of abc."""
    assert sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_digest_file_agrees_with_memory(tmp_path: Path) -> None:
    """A file read in pieces has the digest of its bytes."""
    data = bytes(range(256)) * 9000
    path = tmp_path / "data"
    path.write_bytes(data)
    assert digest_file(path, ("sha256", "sm3")) == {"sha256": sha256_hex(data), "sm3": sm3_hex(data)}
    assert sha256_hex(data) == hashlib.sha256(data).hexdigest()


@given(JSON)
def test_canonical_json_round_trip(value: object) -> None:
    """Canonical bytes read back as the same value and are stable."""
    data = canonical_json(value)
    assert json.loads(data) == value
    assert canonical_json(json.loads(data)) == data


PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


@given(JSON)
def test_canonical_json_is_what_the_standard_library_writes(value: object) -> None:
    """The fast encoder changes no byte: old digests hold."""
    assert canonical_json(value) == canonical_json_of_read(value) == PLAIN.encode(value).encode()


class _Word(str):
    __slots__ = ()


class _Pair(NamedTuple):
    left: int
    right: str


@pytest.mark.parametrize(
    "value",
    [
        1 << 80,
        -(1 << 70),
        {"b": _Word("x"), "a": _Pair(1, "y")},
        (1, (2, 3)),
        {'\x7f\x1f\u2028\U0001f600/\\"': "\b\t\n\f\r\x00"},
        {"\U00010000": 1, "\uffff": 2},
        json.loads("[" * 300 + "]" * 300),
    ],
)
def test_canonical_json_of_what_the_fast_encoder_leaves(value: object) -> None:
    """Large numbers, kinds of text and lists, control characters, order of rare keys, deep nesting."""
    assert canonical_json(value) == PLAIN.encode(value).encode()


@pytest.mark.parametrize("value", [b"x", {"a": {1, 2}}, [datetime(2026, 1, 1, tzinfo=UTC)], [UUID(int=0)], Path()])
def test_canonical_json_takes_json_values_only(value: object) -> None:
    """Nothing is turned into text on the way."""
    with pytest.raises(TypeError, match="expected JSON values"):
        canonical_json(value)


def test_canonical_json_refuses_half_a_character() -> None:
    """A lone surrogate has no UTF-8."""
    with pytest.raises(ValueError, match="surrogates"):
        canonical_json("\ud800")


@pytest.mark.parametrize("value", [1.5, {"a": [float("nan")]}, {1: 2}, [[0.0]]])
def test_canonical_json_refuses(value: object) -> None:
    """Floats and keys that are not text have no canonical form here."""
    with pytest.raises(ValueError, match="expected"):
        canonical_json(value)


def test_tokens_differ_and_compare() -> None:
    """Tokens are random; comparison is by value."""
    left, right = random_token(), random_token()
    assert left != right
    assert same_secret(left, left)
    assert not same_secret(left, right)
