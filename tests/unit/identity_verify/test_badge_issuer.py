"""Addresses of the issuer."""

import pytest

from identity_verify.badge_issuer import LIST_SIZE, Issuer, issuer_of
from kernel.config import Settings


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ({}, "http://127.0.0.1:8600"),
        ({"web_host": "::1"}, "http://[::1]:8600"),
        ({"public_url": "https://badge.example.test/anything"}, "https://badge.example.test"),
    ],
)
def test_origin_is_the_public_one(given: dict[str, str], origin: str) -> None:
    """Else where the interface listens."""
    assert issuer_of(Settings.model_validate(given)).origin == origin


def test_addresses_in_tokens() -> None:
    """Each is below the origin; tokens share lists by their numbers."""
    issuer = Issuer("https://a.example.test")
    assert issuer.place_of(LIST_SIZE + 7) == (7, "https://a.example.test/badge-status/1")
    assert issuer.page("X") == "https://a.example.test/v/X"
    assert issuer.frame("X") == "https://a.example.test/badge/X"
    assert issuer.jwks.startswith(issuer.origin)
    assert issuer.vct.startswith(issuer.origin)
