"""Signature suites: what a message is hashed, signed and sealed with. One is chosen for each peer.

Keys are bytes (PEM): private ones PKCS #8, public ones SubjectPublicKeyInfo. What a suite seals for a
recipient is a content key; fields and volumes are encrypted with that key.
"""

import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM
from cryptography.hazmat.primitives.hpke import Suite as Hpke

from exchange import sm
from exchange.errors import ForgedError, SealError, SuiteError
from kernel.crypto import sha256_hex, sm3_hex

NONCE_BYTES = 12
Private = Ed25519PrivateKey | X25519PrivateKey | ec.EllipticCurvePrivateKey
PREFERENCE = ("ed25519-sha256", "es256-sha256", "sm2-sm3")


@lru_cache(maxsize=256)
def _private(pem: bytes) -> Private:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, Ed25519PrivateKey | X25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise SuiteError(f"expected a key of the suite, got {type(key).__name__}")
    return key


@lru_cache(maxsize=1024)
def _public(pem: bytes) -> object:
    try:
        return serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise ForgedError(f"expected a public key in PEM, got {error}") from error


def _pem(key: Private) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@lru_cache(maxsize=256)
def _public_pem(private: bytes) -> bytes:
    return (
        _private(private)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


class _Modern:
    """What the two suites on SHA-256 share: HPKE (RFC 9180) for keys, AES-256-GCM for content."""

    content_key_bytes = 32
    _hpke: Hpke

    def available(self) -> bool:
        """True when all its libraries are here."""
        return True

    def digest(self, data: bytes) -> str:
        """Hash, 64 lower-case hex digits."""
        return sha256_hex(data)

    def public(self, private: bytes) -> bytes:
        """The public half."""
        return _public_pem(private)

    def seal(self, public: bytes, data: bytes, info: bytes) -> bytes:
        """Wrap a short secret for the holder of a sealing key; ``info`` binds it to its place."""
        key = _public(public)
        if not isinstance(key, X25519PublicKey | ec.EllipticCurvePublicKey):
            raise SealError("expected a sealing key of the suite, got another kind")
        return self._hpke.encrypt(data, key, info)

    def open(self, private: bytes, sealed: bytes, info: bytes) -> bytes:
        """Unwrap it. Raises: SealError."""
        key = _private(private)
        if not isinstance(key, X25519PrivateKey | ec.EllipticCurvePrivateKey):
            raise SealError("expected a sealing key of the suite, got another kind")
        try:
            return self._hpke.decrypt(sealed, key, info)
        except (InvalidTag, ValueError) as error:
            raise SealError("expected a secret sealed for this installation, got one that does not open") from error

    def encrypt(self, key: bytes, data: bytes, aad: bytes) -> bytes:
        """Encrypt with a content key; the nonce (12 bytes) stands first."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, data, aad)

    def decrypt(self, key: bytes, data: bytes, aad: bytes) -> bytes:
        """Decrypt. Raises: SealError."""
        try:
            return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], aad)
        except (InvalidTag, ValueError) as error:
            raise SealError("expected content that its key opens, got other bytes") from error


class Ed25519Sha256(_Modern):
    """Ed25519 and X25519. Spec: RFC 8032; RFC 9180 (DHKEM X25519, HKDF-SHA256, AES-256-GCM)."""

    name = "ed25519-sha256"
    _hpke = Hpke(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

    def new_key(self) -> bytes:
        """An Ed25519 key."""
        return _pem(Ed25519PrivateKey.generate())

    def new_sealing_key(self) -> bytes:
        """An X25519 key."""
        return _pem(X25519PrivateKey.generate())

    def sign(self, private: bytes, data: bytes) -> bytes:
        """64 bytes."""
        key = _private(private)
        if not isinstance(key, Ed25519PrivateKey):
            raise SuiteError("expected an Ed25519 key, got another kind")
        return key.sign(data)

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        """Raises: ForgedError."""
        key = _public(public)
        try:
            if not isinstance(key, Ed25519PublicKey):
                raise ForgedError("expected an Ed25519 key, got another kind")
            key.verify(signature, data)
        except InvalidSignature as error:
            raise ForgedError("expected a signature over this message, got one that does not hold") from error


class Es256Sha256(_Modern):
    """ECDSA on P-256. Spec: FIPS 186-5 section 6; RFC 9180 (DHKEM P-256, HKDF-SHA256, AES-256-GCM)."""

    name = "es256-sha256"
    _hpke = Hpke(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

    def new_key(self) -> bytes:
        """A P-256 key."""
        return _pem(ec.generate_private_key(ec.SECP256R1()))

    new_sealing_key = new_key

    def sign(self, private: bytes, data: bytes) -> bytes:
        """ASN.1 DER."""
        key = _private(private)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise SuiteError("expected a P-256 key, got another kind")
        return key.sign(data, ec.ECDSA(hashes.SHA256()))

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        """Raises: ForgedError."""
        key = _public(public)
        try:
            if not isinstance(key, ec.EllipticCurvePublicKey):
                raise ForgedError("expected a P-256 key, got another kind")
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise ForgedError("expected a signature over this message, got one that does not hold") from error


class Sm2Sm3:
    """SM2 signatures and key wrap, SM3, SM4-GCM. Spec: GB/T 32918.2, GB/T 32918.4, GB/T 32905, GB/T 32907."""

    name = "sm2-sm3"
    content_key_bytes = 16

    def available(self) -> bool:
        """True with the extra ``sm`` installed, and ``openssl`` for the key wrap."""
        return sm.available()

    def digest(self, data: bytes) -> str:
        """SM3."""
        return sm3_hex(data)

    def new_key(self) -> bytes:
        """A key on the SM2 curve."""
        return sm.new_key()

    new_sealing_key = new_key

    def public(self, private: bytes) -> bytes:
        """The public half."""
        return sm.public(private)

    def sign(self, private: bytes, data: bytes) -> bytes:
        """ASN.1 DER, with the default identity."""
        return sm.sign(private, data)

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        """Raises: ForgedError."""
        sm.verify(public, data, signature)

    def seal(self, public: bytes, data: bytes, info: bytes) -> bytes:
        """SM2 encryption; ``info`` is bound by its SM3 digest before the secret."""
        return sm.seal(public, bytes.fromhex(sm3_hex(info)) + data)

    def open(self, private: bytes, sealed: bytes, info: bytes) -> bytes:
        """Raises: SealError."""
        data = sm.open_sealed(private, sealed)
        if data[:32] != bytes.fromhex(sm3_hex(info)):
            raise SealError("expected a secret sealed for this place, got one of another")
        return data[32:]

    def encrypt(self, key: bytes, data: bytes, aad: bytes) -> bytes:
        """SM4-GCM."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + sm.encrypt(key, nonce, data, aad)

    def decrypt(self, key: bytes, data: bytes, aad: bytes) -> bytes:
        """Raises: SealError."""
        return sm.decrypt(key, data[:NONCE_BYTES], data[NONCE_BYTES:], aad)


Suite = Ed25519Sha256 | Es256Sha256 | Sm2Sm3
"""Hash, signature, key wrap and content cipher that go together; all have the same methods."""
_SUITES: dict[str, Suite] = {
    Ed25519Sha256.name: Ed25519Sha256(),
    Es256Sha256.name: Es256Sha256(),
    Sm2Sm3.name: Sm2Sm3(),
}


def suite(name: str) -> Suite:
    """The suite of that name.

    Raises:
        SuiteError: unknown, or its libraries are not installed here.
    """
    found = _SUITES.get(name)
    if found is None:
        raise SuiteError(f"expected one of {', '.join(_SUITES)}, got {name!r}")
    if not found.available():
        raise SuiteError(
            f"expected the libraries of {name}, got none", hint="Install the extra: pip install 'wangjian[sm]'."
        )
    return found


def available_suites() -> tuple[str, ...]:
    """Names of the suites that work here."""
    return tuple(name for name, found in _SUITES.items() if found.available())
