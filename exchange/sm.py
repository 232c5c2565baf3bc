"""The SM algorithms, from the extra ``sm``: SM2 by tongsuopy, its key wrap by openssl, SM4-GCM by cryptography.

tongsuopy has no SM2 encryption, so that one step is openssl's (a short secret, once a message).
"""

import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from exchange.errors import ForgedError, SealError, SuiteError

try:
    from tongsuopy.crypto import exceptions, hashes, serialization  # type: ignore[import-untyped]
    from tongsuopy.crypto.asymciphers import ec  # type: ignore[import-untyped]
except ImportError:  # pragma: no cover - the extra is installed where tests run
    ec = None

TAG_BYTES = 16
SECONDS = 10.0


def available() -> bool:
    """True when tongsuopy and openssl are here."""
    return ec is not None and bool(_program())


@lru_cache(maxsize=1)
def _program() -> str:
    """Where openssl is; it is looked for once, as every signature asks whether the suite is here."""
    return shutil.which("openssl") or ""


@lru_cache(maxsize=64)
def _private(pem: bytes) -> Any:
    try:
        return serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise SuiteError("expected an SM2 private key in PEM, got other bytes") from error


@lru_cache(maxsize=512)
def _public(pem: bytes) -> Any:
    try:
        return serialization.load_pem_public_key(pem)
    except (ValueError, TypeError) as error:
        raise ForgedError("expected an SM2 public key in PEM, got other bytes") from error


def new_key() -> bytes:
    """A private key on the SM2 curve, PKCS #8 PEM."""
    key = ec.generate_private_key(ec.SM2())
    return bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@lru_cache(maxsize=64)
def public(private: bytes) -> bytes:
    """The public half, PEM."""
    return bytes(
        _private(private)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def sign(private: bytes, data: bytes) -> bytes:
    """SM2 signature with SM3, identity 1234567812345678, DER. Spec: GB/T 32918.2; GB/T 35276."""
    return bytes(_private(private).sign(data, ec.ECDSA(hashes.SM3())))


def verify(public_key: bytes, data: bytes, signature: bytes) -> None:
    """Check one.

    Raises:
        ForgedError: it does not hold.
    """
    try:
        _public(public_key).verify(signature, data, ec.ECDSA(hashes.SM3()))
    except (exceptions.InvalidSignature, exceptions.InternalError) as error:
        raise ForgedError("expected an SM2 signature over this message, got one that does not hold") from error


def _openssl(words: list[str], key: bytes, data: bytes) -> bytes:
    """Run ``openssl pkeyutl`` with a key in a file of its own (mode 600, gone afterwards)."""
    with tempfile.TemporaryDirectory(prefix="sm2-") as folder:
        path = Path(folder) / "key.pem"
        path.touch(0o600)
        path.write_bytes(key)
        done = subprocess.run(
            [_program(), "pkeyutl", *words, "-inkey", str(path)],
            input=data,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    if done.returncode:
        raise SealError("expected SM2 encryption or decryption to succeed, got a refusal of openssl")
    return done.stdout


def seal(public_key: bytes, secret: bytes) -> bytes:
    """SM2 encryption of a short secret. Spec: GB/T 32918.4 (in the ASN.1 form of GM/T 0009)."""
    return _openssl(["-encrypt", "-pubin"], public_key, secret)


def open_sealed(private: bytes, sealed: bytes) -> bytes:
    """SM2 decryption.

    Raises:
        SealError: it is not for this key.
    """
    return _openssl(["-decrypt"], private, sealed)


def encrypt(key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
    """SM4-GCM; the tag (16 bytes) stands last. Spec: GB/T 32907; RFC 8998 section 1."""
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(aad)
    return cipher.update(data) + cipher.finalize() + cipher.tag


def decrypt(key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
    """SM4-GCM.

    Raises:
        SealError: other bytes, another key or another place.
    """
    try:
        mode = modes.GCM(nonce, data[-TAG_BYTES:])
        cipher = Cipher(algorithms.SM4(key), mode).decryptor()
        cipher.authenticate_additional_data(aad)
        return cipher.update(data[:-TAG_BYTES]) + cipher.finalize()
    except (InvalidTag, ValueError) as error:
        raise SealError("expected content that its key opens, got other bytes") from error
