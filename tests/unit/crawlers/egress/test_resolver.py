"""Names to addresses, asked once."""

import pytest

from crawlers.egress.errors import ResolveError
from crawlers.egress.resolver import Answer, Lookup, OnceResolver, system_lookup


def test_the_system_answers() -> None:
    """Loopback's name has an address, each once."""
    found = system_lookup("localhost")
    assert "127.0.0.1" in found.addresses
    assert len(set(found.addresses)) == len(found.addresses)
    assert found.resolver == "system"


def test_a_name_the_system_refuses() -> None:
    """No address is our own error."""
    with pytest.raises(ResolveError):
        system_lookup("a" * 64 + ".localhost")


def test_answers_and_failures_are_kept() -> None:
    """The second question is never asked."""
    asked: list[str] = []

    def ask(host: str) -> Lookup:
        asked.append(host)
        if host == "gone":
            raise ResolveError("gone")
        return Lookup(host, (Answer("8.8.8.8"),), "fake")

    once = OnceResolver(ask)
    assert once("a") is once("a")
    for _ in range(2):
        with pytest.raises(ResolveError):
            once("gone")
    assert asked == ["a", "gone"]
