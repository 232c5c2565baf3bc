"""Digests and canonical JSON."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto import canonical_json, digest_file, random_token, same_secret, sha256_hex, sm3_hex

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
