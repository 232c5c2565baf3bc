"""Personal fields travel sealed: one content key a message, sealed for the receiver; each field bound to its place.

Spec: 个人信息保护法 51 (encryption); GB/T 35273-2020 6.3 (transmission of sensitive personal information).
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from exchange.envelope import read_json
from exchange.errors import PlainTextError, SealError
from exchange.suite import Suite
from kernel.crypto import canonical_json

MARK = "$sealed"
Change = Callable[[Any, str], Any]


def _changed(value: Any, parts: tuple[str, ...], at: str, change: Change) -> Any:
    """A copy of a JSON value with what a pointer leads to changed; what is not there is left out."""
    if not parts:
        return change(value, at)
    head, rest = parts[0], parts[1:]
    if head == "*" and isinstance(value, list):
        return [_changed(item, rest, f"{at}/{number}", change) for number, item in enumerate(value)]
    if isinstance(value, dict) and head in value:
        return {**value, head: _changed(value[head], rest, f"{at}/{head}", change)}
    return value


def _each(payload: Mapping[str, Any], pointers: Iterable[str], change: Change) -> dict[str, Any]:
    value: Any = dict(payload)
    for pointer in pointers:
        value = _changed(value, tuple(pointer.split("/")[1:]), "", change)
    return dict(value)


def is_sealed(value: object) -> bool:
    """True for what :func:`seal_fields` puts in a field's place."""
    return isinstance(value, dict) and value.keys() == {MARK}


def require_sealed(payload: Mapping[str, Any], pointers: Iterable[str]) -> None:
    """Refuse plain personal data.

    Raises:
        PlainTextError: naming the field, never the value.
    """

    def look(value: Any, at: str) -> Any:
        if value not in ("", None) and not is_sealed(value):
            raise PlainTextError(f"expected {at} to be sealed, got plain text", context={"field": at})
        return value

    _each(payload, pointers, look)


def has_any(payload: Mapping[str, Any], pointers: Iterable[str]) -> bool:
    """True when there is something to seal."""
    found: list[str] = []

    def look(value: Any, at: str) -> Any:
        if value not in ("", None):
            found.append(at)
        return value

    _each(payload, pointers, look)
    return bool(found)


def seal_fields(
    payload: Mapping[str, Any], pointers: Iterable[str], used: Suite, card: Mapping[str, str], message_id: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """The payload with its personal fields sealed, and the sealed content key.

    Args:
        pointers: JSON pointers, ``*`` for every item of a list. card: the receiver's sealing key.
        message_id: binds key and fields to this message.
    """
    key = secrets.token_bytes(used.content_key_bytes)

    def seal(value: Any, at: str) -> Any:
        if value in ("", None):
            return value
        sealed = used.encrypt(key, canonical_json(value), f"{message_id}{at}".encode())
        return {MARK: base64.b64encode(sealed).decode()}

    wrapped = used.seal(card["public"].encode(), key, message_id.encode())
    value = {"suite": used.name, "kid": card["kid"], "value": base64.b64encode(wrapped).decode()}
    return _each(payload, pointers, seal), value


def open_fields(
    payload: Mapping[str, Any],
    pointers: Iterable[str],
    used: Suite,
    *,
    private: bytes,
    key: Mapping[str, str],
    message_id: str,
) -> dict[str, Any]:
    """The payload in plain text.

    Raises:
        SealError: another key, another place, or other bytes. EnvelopeError: what was sealed is not JSON.
    """
    try:
        content_key = used.open(private, base64.b64decode(key["value"], validate=True), message_id.encode())
    except (KeyError, binascii.Error) as error:
        raise SealError("expected a sealed content key, got none") from error

    def open_one(value: Any, at: str) -> Any:
        if not is_sealed(value):
            return value
        try:
            data = base64.b64decode(value[MARK], validate=True)
        except (TypeError, ValueError) as error:
            raise SealError(f"expected base64 in {at}, got something else") from error
        return read_json(used.decrypt(content_key, data, f"{message_id}{at}".encode()))

    return _each(payload, pointers, open_one)
