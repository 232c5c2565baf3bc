"""Addresses of keys outside the key folder: in a token, or in a file of the bureau's own authority.

``pkcs11:token=…;object=…`` with an optional ``id=%xx…``; ``file:/path/to/key.pem``.
Spec: RFC 7512 section 2.3 (path attributes token, object, id).
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from evidence.errors import KeysError

_HINT = "Write pkcs11:token=NAME;object=LABEL or file:/path/to/key.pem."


@dataclass(frozen=True, slots=True)
class TokenUri:
    """A private key in a token. key_id: raw bytes of CKA_ID, or empty."""

    token: str
    label: str
    key_id: bytes = b""


def parse(text: str) -> TokenUri | Path:
    """Read the address of a key.

    Raises:
        KeysError: another form; a PIN or module in the address, which belong in settings of their own.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "file" and rest.startswith("/") and not rest.startswith("//"):
        return Path(rest)
    if scheme != "pkcs11" or "?" in rest:
        raise KeysError(f"expected the address of a key, got {text[:80]!r}", hint=_HINT)
    found: dict[str, bytes] = {}
    for part in rest.split(";"):
        name, _, value = part.partition("=")
        whole = value and not re.search(r"%(?![0-9A-Fa-f]{2})", value)
        if name not in {"token", "object", "id"} or name in found or not whole:
            raise KeysError(f"expected token, object and id in the address of a key, got {part[:80]!r}", hint=_HINT)
        found[name] = unquote_to_bytes(value)
    try:
        return TokenUri(found["token"].decode(), found["object"].decode(), found.get("id", b""))
    except (KeyError, UnicodeDecodeError) as error:
        raise KeysError(f"expected token and object in {text[:80]!r}, got {error}", hint=_HINT) from error
