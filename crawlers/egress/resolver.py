"""Names to addresses, asked once, with what was answered kept whole."""

import socket
from dataclasses import dataclass

from crawlers.egress.errors import ResolveError


@dataclass(frozen=True, slots=True)
class Answer:
    """One address of an answer. ``ttl`` is seconds, None where the resolver does not say."""

    address: str
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """All a resolver said of a name.

    Attributes:
        host: the name asked for, in normal form.
        answers: in the order they came, each address once.
        resolver: who answered: ``system``, ``settings``, ``literal``, a server address, or ``none``.
    """

    host: str
    answers: tuple[Answer, ...]
    resolver: str

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses alone."""
        return tuple(answer.address for answer in self.answers)


def system_lookup(host: str) -> Lookup:
    """Ask the system's resolver (hosts file, then DNS). Blocks.

    Args:
        host: name in normal form.

    Raises:
        ResolveError: no address.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise ResolveError(f"{host} has no address: {error}", hint="Check the name and the resolver.") from error
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return Lookup(host, tuple(Answer(address) for address in addresses), "system")
