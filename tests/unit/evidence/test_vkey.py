"""Verifier keys of signed notes."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from evidence import vkey
from evidence.errors import TrustError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()


def test_published_example() -> None:
    """The verifier key that Go's checksum database has published since 2019."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    read = vkey.parse(text)
    assert (read.name, read.algorithm, read.key_id.hex()) == ("sum.golang.org", 1, "033de0ae")
    assert vkey.render(read.name, read.public_key, read.algorithm) == text


@given(
    st.from_regex(vkey.NAME, fullmatch=True).filter(str.isascii),
    st.binary(min_size=32, max_size=32),
    st.sampled_from([1, 4]),
)
def test_round_trip(name: str, raw: bytes, algorithm: int) -> None:
    """What is rendered is read, for every name, key and type."""
    key = Ed25519PublicKey.from_public_bytes(raw)
    read = vkey.parse(vkey.render(name, key, algorithm))
    assert (read.name, read.algorithm, read.public_key) == (name, algorithm, key)


@given(st.data())
def test_one_changed_character_is_refused(data: st.DataObject) -> None:
    """The key id binds name, type and key."""
    text = vkey.render("wangjian/log/1", KEY, 1)
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.characters(codec="ascii")) + text[place + 1 :]
    if changed != text:
        with pytest.raises(TrustError):
            vkey.parse(changed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log",
        "a b+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "log+033de0ae+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        "log+033de0ae+" + "=" * 44,
    ],
)
def test_refused(text: str) -> None:
    """Another form or type is no verifier key."""
    with pytest.raises(TrustError):
        vkey.parse(text)


def test_name_that_is_not_allowed() -> None:
    """A plus or a space would split the line elsewhere."""
    with pytest.raises(TrustError, match="key name"):
        vkey.render("a+b", KEY, 1)
