"""Verifier keys of signed notes: the one-line form in which logs and witnesses publish their public keys.

``<name>+<key id, 8 hex digits>+<base64 of the type byte and 32 bytes of Ed25519>``

Spec: C2SP signed-note (Verifier keys; type 1), C2SP tlog-cosignature (type 4, ``cosignature/v1``).
"""

import base64
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
    """A public key with its name and use.

    Attributes:
        name: as it stands in the signature lines of notes.
        algorithm: 1 for a log's Ed25519 signature, 4 for a witness's timestamped cosignature.
        public: 32 raw bytes.
    """

    name: str
    algorithm: int
    public: bytes

    def _typed(self) -> bytes:
        return bytes([self.algorithm]) + self.public

    @property
    def key_id(self) -> bytes:
        """Four bytes that begin each signature of this key; with the name they say whose. Spec: C2SP signed-note."""
        return hashlib.sha256(self.name.encode("ascii") + b"\n" + self._typed()).digest()[:4]

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key as the library has it."""
        return Ed25519PublicKey.from_public_bytes(self.public)

    def render(self) -> str:
        """The key as text, without line feed."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self._typed()).decode()}"

    def pem(self) -> bytes:
        """SubjectPublicKeyInfo as PEM, as openssl reads it."""
        return self.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def der(self) -> bytes:
        """SubjectPublicKeyInfo as DER; its SHA-256 is the printed fingerprint."""
        return self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def render(name: str, public_key: Ed25519PublicKey, algorithm: int) -> str:
    """The verifier key of a public key.

    Args:
        name: as in notes. algorithm: ``ED25519`` or ``COSIGNATURE``.

    Raises:
        TrustError: a name that is not allowed.
    """
    if not NAME.fullmatch(name):
        raise TrustError(f"expected a key name of letters, digits and ._~:/-, got {name!r}")
    return VerifierKey(name, algorithm, public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)).render()


def parse(text: str) -> VerifierKey:
    """Read a verifier key.

    Raises:
        TrustError: another form, an unknown type, or a key id that does not belong to name and key.
    """
    match = FORM.fullmatch(text)
    if match is None or not NAME.fullmatch(match[1]):
        raise TrustError(f"expected a verifier key name+id+key, got {text[:160]!r}")
    typed = base64.b64decode(match[3], validate=True)
    key = VerifierKey(match[1], typed[0], typed[1:])
    if key.algorithm not in {ED25519, COSIGNATURE} or key.key_id.hex() != match[2]:
        raise TrustError(f"expected the key id of a type 1 or 4 key, got {text[:160]!r}")
    return key
