"""A port on loopback that is held from the moment it is chosen until it is served.

Chosen and let go, it may be another process's when it is wanted.
"""

import socket


def hold_port() -> tuple[socket.socket, int]:
    """A bound socket, for ``uvicorn.Server.run(sockets=[…])``, which closes it; and its number."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    return held, int(held.getsockname()[1])
