"""Salts that only their holder can make, and the list of what is withheld."""

import hashlib
import hmac

import pytest

from evidence import redaction
from evidence.errors import MalformedError
from evidence.redaction import Derived, Redactions, Withheld

TOLD = Redactions(
    at="2026-11-25T08:00:00.000000Z",
    evidence_id="ev-1",
    officer="officer-1",
    root_sha256="0" * 64,
    withheld=(Withheld("data/a", "隐私"), Withheld("data/b", '"x"')),
    derived=(Derived("derived/a.png", "blurred", "data/a"),),
)


def test_salts_are_as_the_format_says() -> None:
    """HMAC-SHA-256 over evidence, name and digest; another for any other of them."""
    digest = hashlib.sha256(b"x").hexdigest()
    message = b"ev-1\0data/x\0" + bytes.fromhex(digest)
    assert redaction.salt_of(b"k" * 32, "ev-1", "data/x", digest) == hmac.digest(b"k" * 32, message, "sha256")
    others = {
        redaction.salt_of(key, evidence_id, name, digest)
        for key in (b"k" * 32, b"l" * 32)
        for evidence_id in ("ev-1", "ev-2")
        for name in ("data/x", "data/y")
    }
    assert len(others) == 8


def test_list_comes_back() -> None:
    """Written and read again it is the same."""
    assert redaction.parse(TOLD.render()) == TOLD


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]\n",
        b"{}\n",
        TOLD.render()[:-1],
        TOLD.render().replace(b",", b", ", 1),
        TOLD.render().replace(b"data/b", b"data/a"),
        TOLD.render().replace("隐私".encode(), b""),
        TOLD.render().replace(b"officer-1", b""),
        TOLD.render().replace(b".000000Z", b"Z"),
        TOLD.render().replace(b'"reason"', b'"why"'),
        TOLD.render().replace("隐私".encode(), b"\xff"),
        TOLD.render().replace(b'"withheld":[', b'"withheld":[5,'),
    ],
)
def test_another_form_is_refused(data: bytes) -> None:
    """Cut, spaced, doubled, without reason or officer."""
    with pytest.raises(MalformedError):
        redaction.parse(data)
