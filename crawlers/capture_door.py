"""The door of the capture service: where a command's processes find the one browser driver they share.

The service (``python -m crawlers.capture.service``) speaks the lines of ``crawlers.capture`` over an abstract
Unix socket, a caller a connection. Who finds no service starts a capture worker of its own.
"""

import os
import secrets
import select
import socket

from kernel.peer import is_ours

VARIABLE = "WANGJIAN_CAPTURE_SERVICE"
"""Tells a command's children the address. No setting: set by the command, never by people."""
CONNECT_SECONDS = 5.0


def open_door() -> tuple[socket.socket, str]:
    """A listening socket to be the standard input of the service, and its address.

    Whoever opens it keeps it: calls that come while the service is started again wait for the next one.
    """
    name = f"wangjian-capture-{secrets.token_hex(16)}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(f"\0{name}")
    listener.listen()
    return listener, name


def knock() -> socket.socket | None:
    """A connection to the service; None where there is none, or where another user answers in its name."""
    name = os.environ.get(VARIABLE, "")
    if not name:
        return None
    wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    wire.settimeout(CONNECT_SECONDS)
    try:
        wire.connect(f"\0{name}")
        ours = is_ours(wire)
    except OSError:
        ours = False
    if not ours:
        wire.close()
        return None
    wire.settimeout(None)
    return wire


def is_over(wire: socket.socket, seconds: float = 0) -> bool:
    """Whether the other end is gone for good, not only silent; waits at most so long for it."""
    watch = select.poll()
    watch.register(wire, 0)  # a hang-up is told in any case
    return bool(watch.poll(seconds * 1000))
