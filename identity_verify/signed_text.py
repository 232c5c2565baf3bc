"""Signed JSON in compact form, of one algorithm and with three header fields, no more: what tokens and lists share."""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from functools import lru_cache

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jws
from joserfc.jwk import ECKey

from identity_verify.errors import BadgeTokenError

ALGORITHM = "ES256"
CURVE = "P-256"
_HEADER = {"alg", "kid", "typ"}
_HALF = 32
_FROM_URL, _TO_URL = bytes.maketrans(b"-_", b"+/"), bytes.maketrans(b"+/", b"-_")
_PADDING = (b"", b"=", b"==", b"===")
_ES256 = ec.ECDSA(hashes.SHA256())
_REGISTRY = jws.JWSRegistry(algorithms=[ALGORITHM])
_REGISTRY.max_payload_length = 4_000_000

PublicKeys = Mapping[str, ECKey]


def sign(payload: Mapping[str, object], *, kind: str, kid: str, key: ECKey) -> str:
    """Sign a JSON object.

    Spec: RFC 7515 7.1; RFC 7518 3.4 (ES256).

    Args:
        kind: the header's ``typ``. key: private.
    """
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return jws.serialize_compact({"alg": ALGORITHM, "kid": kid, "typ": kind}, body, key, registry=_REGISTRY)


def read(text: str, keys: PublicKeys, *, kind: str) -> tuple[str, dict[str, object]]:
    """Check form, header and signature of a signed JSON object.

    The algorithm is ours and never the text's choice; keys come from ``keys`` alone, never from the text.

    Spec: RFC 7515 5.2; RFC 8725 3.1, 3.2, 3.11 (algorithm and type are checked by the reader).

    Returns:
        the key's id, the payload.

    Raises:
        BadgeTokenError: reason ``form``, ``algorithm``, ``type``, ``key`` or ``signature``.
    """
    try:
        data = text.encode("ascii")
    except UnicodeEncodeError as error:
        raise BadgeTokenError("form", "expected plain letters, got others") from error
    parts = data.split(b".")
    if len(parts) != 3:
        raise BadgeTokenError("form", f"expected three parts, got {len(parts)}")
    head, body, signature = parts
    kid = _key_named(head, kind)
    key = keys.get(kid)
    if key is None:
        raise BadgeTokenError("key", f"expected a published key of the issuer, got {kid[:43]}")
    _verify(key, data[: -len(signature) - 1], _canonical(signature))
    return kid, _json(body)


@lru_cache(maxsize=64)
def _key_named(head: bytes, kind: str) -> str:
    """The key that a header names. A header is the same for all texts of a key, so it is read once."""
    header = _json(head)
    if header.get("alg") != ALGORITHM:
        raise BadgeTokenError("algorithm", f"expected {ALGORITHM}, got {str(header.get('alg'))[:20]}")
    if header.get("typ") != kind:
        raise BadgeTokenError("type", f"expected {kind}, got {str(header.get('typ'))[:40]}")
    kid = header.get("kid")
    if set(header) != _HEADER or not isinstance(kid, str):
        raise BadgeTokenError("form", f"expected the header fields alg, kid, typ, got {', '.join(sorted(header))[:80]}")
    _canonical(head)
    return kid


def _verify(key: ECKey, signed: bytes, signature: bytes) -> None:
    """ES256, and nothing else: no choice is left to the text.

    Spec: RFC 7518 3.4 (the signature is R and S, 32 bytes each).
    """
    if len(signature) != 2 * _HALF:
        raise BadgeTokenError("signature", f"expected a signature of {2 * _HALF} bytes, got {len(signature)}")
    pair = encode_dss_signature(int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:]))
    try:
        key.public_key.verify(pair, signed, _ES256)
    except InvalidSignature as error:
        raise BadgeTokenError("signature", "expected the issuer's signature, got another") from error


def _json(part: bytes) -> dict[str, object]:
    """What a part says; that it is written the one way follows from the signature, or is checked by the caller."""
    try:
        value = orjson.loads(_decoded(part))
    except ValueError as error:
        raise BadgeTokenError("form", "expected JSON, got something else") from error
    if type(value) is not dict:
        raise BadgeTokenError("form", "expected a JSON object, got another value")
    return value


def _decoded(part: bytes) -> bytes:
    try:
        # What base64.urlsafe_b64decode does, without its three layers: it is asked twice for every token.
        return a2b_base64(part.translate(_FROM_URL) + _PADDING[-len(part) % 4])
    except ValueError as error:
        raise BadgeTokenError("form", "expected base64url, got something else") from error


def _canonical(part: bytes) -> bytes:
    """Bytes of a base64url part that is written the one way.

    Spec: RFC 4648 3.5 (unused bits are zero), 5.
    """
    data = _decoded(part)
    if b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=") != part:
        raise BadgeTokenError("form", "expected base64url in its one form, got another")
    return data
