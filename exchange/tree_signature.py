"""One signature for a group of messages, with which each of them can still be verified alone.

The digests of a group are the leaves of a tree; its root is signed once, and every message carries that signature
with its own place and path. Whoever has one message and the sender's public key needs nothing of the others.

The written form is ``tree.<index>.<size>.<path>.<signature>`` (the last two in base64) where a single signature is
plain base64, so that it stands in the same field of every way a message takes.

Spec: RFC 6962 section 2.1 (leaves and nodes are hashed with different first bytes), with the hash of the suite.
"""

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache

from exchange.errors import ForgedError
from exchange.keys import NodeKeys
from exchange.suite import suite

MARK = "tree."
PREFIX = b"wangjian-exchange/1 message group\n"
DIGEST_BYTES = 32
MAX_DEPTH = 20
"""Longest path that is looked at: a group has a million messages at most."""


def sign_group(keys: NodeKeys, name: str, digests: Sequence[str]) -> tuple[str, list[str]]:
    """Sign a group of messages at once.

    Args:
        name: of the suite. digests: of two or more messages, hex, by the suite's hash.

    Returns:
        number of the key, and the written form for each message in the order given.

    Raises:
        SuiteError: no key of that suite.
    """
    levels = _levels(name, [_leaf(name, digest) for digest in digests])
    size = len(digests)
    kid, value = keys.sign(name, _signed(size, levels[-1][0]))
    tail = base64.b64encode(value).decode()
    paths = (base64.b64encode(b"".join(_path(levels, index))).decode() for index in range(size))
    return kid, [f"{MARK}{index}.{size}.{path}.{tail}" for index, path in enumerate(paths)]


def is_group(value: str) -> bool:
    """True for the written form of a group's signature."""
    return value.startswith(MARK)


def verify_in_group(name: str, public: bytes, digest: str, value: str) -> None:
    """Check the signature that a message has with its group.

    Args:
        name: of the suite. public: the sender's key, PEM. digest: of the message, hex, computed from its bytes.

    Raises:
        ForgedError: not of the written form, or it does not hold for this message.
    """
    index, size, path, signature = _read(value)
    root = _leaf(name, digest)
    last, rest = size - 1, iter(path)
    try:
        while last:
            if index & 1:
                root = _node(name, next(rest), root)
            elif index < last:
                root = _node(name, root, next(rest))
            index, last = index >> 1, last >> 1
    except StopIteration as error:
        raise ForgedError("expected a path to the root of its group, got a shorter one") from error
    if next(rest, None) is not None:
        raise ForgedError("expected a path to the root of its group, got a longer one")
    _require_root(name, public, _signed(size, root), signature)


def _read(value: str) -> tuple[int, int, list[bytes], bytes]:
    parts = value.removeprefix(MARK).split(".")
    try:
        index, size = (int(part) if part.isascii() and part.isdecimal() else -1 for part in parts[:2])
        path, signature = (base64.b64decode(part, validate=True) for part in parts[2:])
    except (ValueError, binascii.Error) as error:
        raise ForgedError("expected tree.<index>.<size>.<path>.<signature>, got another form") from error
    if not 0 <= index < size <= 1 << MAX_DEPTH or len(path) % DIGEST_BYTES or len(path) > MAX_DEPTH * DIGEST_BYTES:
        raise ForgedError("expected the place of a message in its group, got one that cannot be")
    # One message has one written form: what is not written as we would write it is another's work.
    if value != f"{MARK}{index}.{size}.{parts[2]}.{parts[3]}":
        raise ForgedError("expected whole numbers without signs or zeros before them, got others")
    return index, size, [path[at : at + DIGEST_BYTES] for at in range(0, len(path), DIGEST_BYTES)], signature


def _signed(size: int, root: bytes) -> bytes:
    return PREFIX + f"{size}\n{root.hex()}".encode()


def _leaf(name: str, digest: str) -> bytes:
    return bytes.fromhex(suite(name).digest(b"\x00" + bytes.fromhex(digest)))


@lru_cache(maxsize=4_096)
def _node(name: str, left: bytes, right: bytes) -> bytes:
    """Messages of one group share most of their nodes."""
    return bytes.fromhex(suite(name).digest(b"\x01" + left + right))


@lru_cache(maxsize=1_024)
def _require_root(name: str, public: bytes, signed: bytes, signature: bytes) -> None:
    """Check a root's signature; one that holds is not computed again for the others of its group."""
    suite(name).verify(public, signed, signature)


def _levels(name: str, leaves: list[bytes]) -> list[list[bytes]]:
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_node(name, below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        levels.append(above + below[len(above) * 2 :])
    return levels


def _path(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    found = []
    for level in levels[:-1]:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        index >>= 1
    return found
