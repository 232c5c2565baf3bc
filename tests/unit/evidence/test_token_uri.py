"""Addresses of keys."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import token_uri
from evidence.errors import KeysError
from evidence.token_uri import TokenUri


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkcs11:token=bureau;object=seal", TokenUri("bureau", "seal")),
        ("pkcs11:object=%E5%8D%B0;token=a%20b;id=%01%ff", TokenUri("a b", "印", b"\x01\xff")),
        ("file:/etc/seal.pem", Path("/etc/seal.pem")),
    ],
)
def test_read(text: str, expected: object) -> None:
    """Token, label and id, percent-encoded where they must be; or a file."""
    assert token_uri.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "seal.pem",
        "file:seal.pem",
        "file://host/seal.pem",
        "pkcs11:",
        "pkcs11:token=a",
        "pkcs11:object=a",
        "pkcs11:token=a;object=",
        "pkcs11:token=a;token=b;object=c",
        "pkcs11:token=a;object=c;slot=1",
        "pkcs11:token=a;object=c?pin-value=1234",
        "pkcs11:token=%zz;object=c",
        "pkcs11:token=%ff;object=c",
    ],
)
def test_refused(text: str) -> None:
    """What is not understood is refused, a PIN in the address above all."""
    with pytest.raises(KeysError):
        token_uri.parse(text)


@given(st.text())
def test_never_breaks(text: str) -> None:
    """Any text is read or refused."""
    for candidate in (text, f"pkcs11:{text}", f"pkcs11:token={text};object=x"):
        try:
            token_uri.parse(candidate)
        except KeysError:
            continue
