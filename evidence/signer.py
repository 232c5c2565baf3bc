"""Signers: a private key, wherever it lies, with its certificates.

Spec: RFC 6979 (deterministic ECDSA) for keys in files; a key in a token signs as the token does.
"""

from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


class SigningKey(Protocol):
    """A private key that can only be used, not read."""

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of ``data``, as DER SEQUENCE of r and s."""
        ...

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        ...


@dataclass(frozen=True, slots=True)
class FileKey:
    """A private key read from a file. Same data, same signature."""

    private_key: ec.EllipticCurvePrivateKey

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of ``data``, DER, deterministic."""
        return self.private_key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self.private_key.public_key()


@dataclass(frozen=True, slots=True)
class Signer:
    """A key with its certificate and the certificates above it.

    Attributes:
        issuers: from the one that signed ``certificate`` up to the root.
    """

    key: SigningKey
    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...]

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of ``data``, DER."""
        return self.key.sign(data)
