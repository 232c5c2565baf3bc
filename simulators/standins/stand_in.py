"""A stand-in for an outside service, and where each kind is made."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module
from typing import Protocol

KINDS: Mapping[str, str] = {
    "linked": "simulators.linked.stand_in",
    "market": "simulators.market.stand_in",
    "national": "simulators.national.stand_in",
    "tsa": "simulators.tsa.stand_in",
    "witness": "simulators.witness.stand_in",
}
"""Kind to the module whose function ``stand_in(options, at)`` makes one; loaded when one is asked for.

One that is an ASGI application is ``AppServer(application, told, port=…)`` of ``simulators.standins.app_server``.
"""

POLL_SECONDS = 0.05


class StandIn(Protocol):
    """Something that serves on loopback."""

    def start(self) -> Mapping[str, object]:
        """Serve from a thread; what the ready file is to say of it, its ``url`` above all."""
        ...

    def close(self) -> None:
        """Stop serving."""
        ...


class ThreadedServer:
    """A stand-in made of a server of the standard library, which listens already.

    Args:
        serve: answers calls until it is closed. close: stops that. told: what the ready file is to say.
    """

    def __init__(self, serve: Callable[[float], None], close: Callable[[], None], told: Mapping[str, object]) -> None:
        self._serve, self._close, self._told = serve, close, told

    def start(self) -> Mapping[str, object]:
        """As the protocol says."""
        threading.Thread(target=self._serve, args=(POLL_SECONDS,), daemon=True).start()
        return self._told

    def close(self) -> None:
        """As the protocol says."""
        self._close()


def make(kind: str, options: Mapping[str, str], at: datetime) -> StandIn:
    """A stand-in that is not started yet.

    Args:
        kind: one of ``KINDS``. options: what its module takes; ``dir`` is its own folder for keys and memory, ``port``
            0 or left out for a free one. at: aware UTC.

    Raises:
        KeyError: no such kind, or an option is missing.
    """
    made: StandIn = import_module(KINDS[kind]).stand_in(options, at)
    return made
