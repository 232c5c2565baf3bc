"""Signed JSON: three header fields, one algorithm, one form of base64url."""

import pytest
from joserfc.jwk import ECKey

from identity_verify import signed_text
from identity_verify.errors import BadgeTokenError

KEY = ECKey.generate_key("P-256")


def test_what_is_signed_is_read() -> None:
    """Key and payload come back, Chinese and all."""
    text = signed_text.sign({"名": "值"}, kind="x", kid="k", key=KEY)
    assert signed_text.read(text, {"k": KEY}, kind="x") == ("k", {"名": "值"})


def test_a_payload_that_is_no_object_is_refused() -> None:
    """Even when it is signed."""
    text = signed_text.sign([1], kind="x", kid="k", key=KEY)  # type: ignore[arg-type]
    with pytest.raises(BadgeTokenError, match="JSON object"):
        signed_text.read(text, {"k": KEY}, kind="x")


def test_unused_bits_must_be_zero() -> None:
    """Else one signature would have four texts."""
    head, body, signature = signed_text.sign({}, kind="x", kid="k", key=KEY).split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = alphabet[alphabet.index(signature[-1]) ^ 1]
    with pytest.raises(BadgeTokenError) as caught:
        signed_text.read(f"{head}.{body}.{signature[:-1]}{twin}", {"k": KEY}, kind="x")
    assert caught.value.reason == "form"
