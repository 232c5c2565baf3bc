"""The built-in authority: roots and signing keys of this installation.

Seals and reports have separate roots, so that a report key can never sign a seal. Keys lie in
``Settings.keys_path()/authority``, readable by the owner alone, and are made once.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from evidence import trust
from evidence.cms import Signer
from evidence.errors import KeysError
from kernel.clock import as_utc
from kernel.config import Settings

USES = ("seal", "report")
ROOT_YEARS, LEAF_YEARS = 20, 5
# Clocks differ a little; a certificate must be good for what was signed in its first minutes.
EARLY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Keys:
    """The signers of this installation."""

    seal: Signer
    report: Signer


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Wangjian"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _usage(*, sign: bool, issue: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issue,
        crl_sign=issue,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    years: int,
    at: datetime,
) -> x509.Certificate:
    root = subject == issuer
    start = as_utc(at).replace(microsecond=0) - EARLY
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=root, path_length=0 if root else None), critical=True)
        .add_extension(_usage(sign=not root, issue=root), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    return builder.sign(issuer_key, hashes.SHA384())


def _write(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _make_use(folder: Path, use: str, at: datetime) -> None:
    root_key, leaf_key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, leaf_name = _name(f"Wangjian {use} root"), _name(f"Wangjian {use} signer")
    root = _certificate(root_name, root_key.public_key(), root_name, root_key, years=ROOT_YEARS, at=at)
    leaf = _certificate(leaf_name, leaf_key.public_key(), root_name, root_key, years=LEAF_YEARS, at=at)
    _write(folder / f"{use}-root.key", _pem(root_key), 0o600)
    _write(folder / f"{use}.key", _pem(leaf_key), 0o600)
    _write(folder / f"{use}-root.pem", root.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(folder / f"{use}.pem", leaf.public_bytes(serialization.Encoding.PEM), 0o644)


def _make(folder: Path, at: datetime) -> None:
    """All or nothing: made aside, then renamed, so that a killed or second process does no harm."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = Path(tempfile.mkdtemp(prefix="authority.", dir=folder.parent))
    try:
        for use in USES:
            _make_use(aside, use, at)
        aside.rename(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if not folder.is_dir():
            raise KeysError(
                f"expected to write keys into {folder.parent}, got {error}", hint="Check room and owner of the folder."
            ) from error


def _load_signer(folder: Path, use: str) -> Signer:
    key_file = folder / f"{use}.key"
    try:
        if key_file.stat().st_mode & 0o077:
            raise KeysError(
                f"expected {key_file} to be readable by its owner alone, got mode {key_file.stat().st_mode & 0o777:o}",
                hint=f"If nobody else can have read it: chmod 600 {key_file}; else make new keys.",
            )
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate((folder / f"{use}.pem").read_bytes())
        root = x509.load_pem_x509_certificate((folder / f"{use}-root.pem").read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise KeysError(
            f"expected a key and its certificates for {use} in {folder}, got {error}",
            hint="Restore the folder from its backup. Sealed evidence needs only the trust list.",
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise KeysError(f"expected the key of {use}.pem in {key_file}, got another", hint="Restore from backup.")
    return Signer(key, certificate, (root,))


def ensure_keys(settings: Settings, at: datetime) -> Keys:
    """This installation's signers, made at the first call, and the trust folder brought up to date.

    Args:
        at: aware UTC; the certificates of new keys start shortly before.

    Raises:
        KeysError: keys are damaged, open to others, or cannot be written.

    Effects: files in ``settings.keys_path()/authority`` and ``settings.trust_path()``.
    """
    folder = settings.keys_path() / "authority"
    if not folder.is_dir():
        _make(folder, at)
    keys = Keys(seal=_load_signer(folder, "seal"), report=_load_signer(folder, "report"))
    roots = [("seal", "seal", keys.seal.issuers[-1]), ("report", "report", keys.report.issuers[-1])]
    trust.publish(settings, roots)
    return keys
