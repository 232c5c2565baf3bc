"""The other end of a Unix socket: an abstract name can be taken by every user of the machine."""

import os
import socket
import struct


def is_ours(wire: socket.socket) -> bool:
    """Whether the process at the other end of a connection runs as our user."""
    peer = wire.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return bool(struct.unpack("3i", peer)[1] == os.geteuid())
