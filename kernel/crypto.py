"""Digests, canonical JSON and random tokens. All digests of the product are made here."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

CHUNK_BYTES = 1 << 20
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_OPTIONS |= orjson.OPT_PASSTHROUGH_SUBCLASS
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256_hex(data: bytes) -> str:
    """SHA-256 of bytes, 64 lower-case hex digits. Spec: FIPS 180-4."""
    return hashlib.sha256(data).hexdigest()


def sm3_hex(data: bytes) -> str:
    """SM3 of bytes, 64 lower-case hex digits. Spec: GB/T 32905-2016 (GM/T 0004)."""
    return hashlib.new("sm3", data).hexdigest()


def digest_file(path: Path, names: Iterable[str] = ("sha256",)) -> dict[str, str]:
    """Digests of a file read once in constant memory.

    Args:
        path: a regular file.
        names: hashlib names, for example ``sha256`` and ``sm3``.

    Returns:
        name to lower-case hex digest.
    """
    hashes = {name: hashlib.new(name) for name in names}
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            for value in hashes.values():
                value.update(chunk)
    return {name: value.hexdigest() for name, value in hashes.items()}


def canonical_json(value: object) -> bytes:
    """One byte form for a JSON value, so that equal values have equal digests.

    Keys sorted by code point, no white space, UTF-8, no NaN. Numbers must be integers or short
    decimals written as text by the caller: RFC 8785 number forms for floats are not produced.

    Spec: RFC 8785 for objects, arrays, strings, integers, true, false, null.

    Raises:
        ValueError: NaN, infinity or a float.
    """
    refuse_floats(value)
    return canonical_json_of_read(value)


def canonical_json_of_read(value: object) -> bytes:
    """The same for what :func:`refuse_floats` has been through already, as everything that was read from JSON."""
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        # What orjson leaves to others: whole numbers beyond 64 bits, named tuples, deep nesting.
        return _CANONICAL.encode(value).encode("utf-8")


_PLAIN = frozenset((str, int, bool, type(None)))


def refuse_floats(value: object) -> None:
    """Require JSON values without floats, whose written form is not the same everywhere.

    Raises:
        ValueError: a float, or a key that is no text.
    """
    # Without recursion and with one look at each plain value: messages are made of many.
    waiting: list[Any] = [(value,)] if not isinstance(value, dict | list | tuple) else [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict):
            for key in inner:
                if not isinstance(key, str):
                    raise ValueError(f"expected text keys in canonical JSON, got {key!r}")
            inner = inner.values()
        for item in inner:
            if type(item) in _PLAIN:
                continue
            if isinstance(item, float):
                raise ValueError(f"expected integers or text in canonical JSON, got the float {item!r}")
            if isinstance(item, dict | list | tuple):
                waiting.append(item)
            elif not isinstance(item, str | int):
                raise TypeError(f"expected JSON values in canonical JSON, got {type(item).__name__}")


def random_token(size: int = 32) -> str:
    """URL-safe random text from the system's generator; ``size`` is bytes of entropy."""
    return secrets.token_urlsafe(size)


def same_secret(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return secrets.compare_digest(left.encode(), right.encode())
