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
        pinned: the certificate itself is what others trust, as its authority certifies for other ends too.
    """

    key: SigningKey
    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...]
    pinned: bool = False

    @property
    def anchor(self) -> x509.Certificate:
        """The certificate for the trust list: the root, or where its authority serves other ends the signer's own."""
        return self.certificate if self.pinned else self.issuers[-1]

    @property
    def between(self) -> tuple[x509.Certificate, ...]:
        """The certificates between the signer and what is trusted."""
        return () if self.pinned else self.issuers[:-1]

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of ``data``, DER."""
        return self.key.sign(data)
