"""Verifier keys of signed notes: the one-line form in which logs and witnesses publish their public keys.

``<name>+<key id, 8 hex digits>+<base64 of the type byte and 32 bytes of Ed25519>``

Spec: C2SP signed-note (Verifier keys; type 1), C2SP tlog-cosignature (type 4, ``cosignature/v1``).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence.errors import TrustError

ED25519, COSIGNATURE = 1, 4
# Narrower than the standard, which forbids only spaces and "+": a shell and a browser read it too.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:/-]{0,119}")
FORM = re.compile(r"([^+\s]{1,120})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A verifier key, read.

    Attributes:
        name: as it stands in the signature lines of notes.
        algorithm: 1 for a log's Ed25519 signature, 4 for a witness's timestamped cosignature.
        key_id: four raw bytes that begin each signature of this key.
    """

    name: str
    algorithm: int
    key_id: bytes
    public_key: Ed25519PublicKey


def _key_id(name: str, typed: bytes) -> bytes:
    return hashlib.sha256(name.encode("ascii") + b"\n" + typed).digest()[:4]


def render(name: str, public_key: Ed25519PublicKey, algorithm: int) -> str:
    """The verifier key of a public key.

    Args:
        name: as in notes. algorithm: ``ED25519`` or ``COSIGNATURE``.

    Raises:
        TrustError: a name that is not allowed.
    """
    if not NAME.fullmatch(name):
        raise TrustError(f"expected a key name of letters, digits and ._~:/-, got {name!r}")
    typed = bytes([algorithm]) + public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"{name}+{_key_id(name, typed).hex()}+{base64.b64encode(typed).decode()}"


def parse(text: str) -> VerifierKey:
    """Read a verifier key.

    Raises:
        TrustError: another form, an unknown type, or a key id that does not belong to name and key.
    """
    match = FORM.fullmatch(text)
    if match is None or not NAME.fullmatch(match[1]):
        raise TrustError(f"expected a verifier key name+id+key, got {text[:160]!r}")
    try:
        typed = base64.b64decode(match[3], validate=True)
        public_key = Ed25519PublicKey.from_public_bytes(typed[1:])
    except (binascii.Error, ValueError) as error:
        raise TrustError(f"expected an Ed25519 key in the verifier key of {match[1]}, got {error}") from error
    if typed[0] not in {ED25519, COSIGNATURE} or _key_id(match[1], typed).hex() != match[2]:
        raise TrustError(f"expected the key id of a type 1 or 4 key, got {text[:160]!r}")
    return VerifierKey(match[1], typed[0], bytes.fromhex(match[2]), public_key)
