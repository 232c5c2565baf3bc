"""Names to addresses, asked once, with what was answered kept whole."""

import socket
import threading
from collections.abc import Callable
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
    except (OSError, UnicodeError) as error:
        raise ResolveError(f"{host} has no address: {error}", hint="Check the name and the resolver.") from error
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return Lookup(host, tuple(Answer(address) for address in addresses), "system")


class OnceResolver:
    """A resolver that asks for each name once and then keeps the answer, also where it failed.

    Within one capture a name means one answer: what was judged is what is connected to, however
    fast the name server changes its mind. Safe to call from several threads.
    """

    def __init__(self, ask: Callable[[str], Lookup]) -> None:
        self._ask = ask
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._answers: dict[str, Lookup | ResolveError] = {}

    def __call__(self, host: str) -> Lookup:
        """The one answer for a name.

        Raises:
            ResolveError: the one question failed.
        """
        with self._guard:
            lock = self._locks.setdefault(host, threading.Lock())
        with lock:
            if host not in self._answers:
                try:
                    self._answers[host] = self._ask(host)
                except ResolveError as error:
                    self._answers[host] = error
            answer = self._answers[host]
        if isinstance(answer, ResolveError):
            raise answer
        return answer
