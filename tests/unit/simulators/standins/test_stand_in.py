"""Kinds of stand-ins, and what is made of a server of the standard library."""

import threading
from importlib import import_module

import pytest

from kernel.clock import now
from simulators.standins.stand_in import KINDS, ThreadedServer, make


@pytest.mark.parametrize("module", KINDS.values())
def test_every_kind_can_be_made(module: str) -> None:
    """Its module has the function that makes one."""
    assert callable(import_module(module).stand_in)


def test_a_server_is_served_from_a_thread_and_closed() -> None:
    """It polls often, so that its end is quick."""
    seen: list[object] = []
    served = threading.Event()

    def serve(poll_interval: float) -> None:
        seen.append(poll_interval)
        served.set()

    one = ThreadedServer(serve, lambda: seen.append("closed"), {"url": "http://127.0.0.1:1"})
    assert one.start() == {"url": "http://127.0.0.1:1"}
    assert served.wait(120)
    one.close()
    assert seen == [0.05, "closed"]


def test_a_missing_option_is_named() -> None:
    """Before anything is served."""
    with pytest.raises(KeyError, match="name"):
        make("tsa", {}, now())
