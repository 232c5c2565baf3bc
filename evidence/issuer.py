"""The built-in authority's certificates: roots, leaves for signers, revocation lists.

One root for each use, so that no key can sign what another is for.
Spec: RFC 5280 sections 4 and 5; RFC 9336 (extended key usage for document signing).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kernel.clock import as_utc

ROOT_DAYS = 20 * 365
LEAF_DAYS = {"seal": 5 * 365, "report": 5 * 365, "node": 90}
CRL_DAYS = 30
# Clocks differ a little; a certificate must be good for what was signed in its first minutes.
EARLY = timedelta(minutes=10)
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")


@dataclass(frozen=True, slots=True)
class Revoked:
    """A leaf that no longer counts.

    Attributes:
        serial: its serial number. at: from when on, aware UTC. reason: of the standard, such as ``key_compromise``.
    """

    serial: int
    at: datetime
    reason: x509.ReasonFlags


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Wangjian"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _usage(*, issue: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issue,
        content_commitment=not issue,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issue,
        crl_sign=issue,
        encipher_only=False,
        decipher_only=False,
    )


def _begin(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer_key: ec.EllipticCurvePublicKey, at: datetime, days: int
) -> x509.CertificateBuilder:
    start = as_utc(at).replace(microsecond=0) - EARLY
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def make_root(use: str, key: ec.EllipticCurvePrivateKey, at: datetime) -> x509.Certificate:
    """A root for one use, valid 20 years.

    Args:
        use: ``seal``, ``report`` or ``node``. at: aware UTC.
    """
    name = _name(f"Wangjian {use} root")
    return (
        _begin(name, key.public_key(), key.public_key(), at, ROOT_DAYS)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(issue=True), critical=True)
        .sign(key, hashes.SHA384())
    )


def issue(
    use: str,
    key: ec.EllipticCurvePublicKey,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    at: datetime,
) -> x509.Certificate:
    """A leaf for a signer of one use; node leaves live 90 days, the others five years, none longer than its root.

    Args:
        key: of the signer. root, root_key: of that use. at: aware UTC.
    """
    left = (root.not_valid_after_utc - as_utc(at)).days
    return (
        _begin(_name(f"Wangjian {use} signer"), key, root_key.public_key(), at, min(LEAF_DAYS[use], left))
        .issuer_name(root.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(issue=False), critical=True)
        # Mail protection beside document signing, because viewers older than RFC 9336 ask for it.
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .sign(root_key, hashes.SHA384())
    )


def make_crl(
    root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, revoked: Sequence[Revoked], at: datetime
) -> x509.CertificateRevocationList:
    """The revocation list of one root. Same arguments, same bytes.

    Args:
        at: thisUpdate, aware UTC; the list holds for 30 days.
    """
    update = as_utc(at).replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(update)
        .next_update(update + timedelta(days=CRL_DAYS))
        .add_extension(x509.CRLNumber(int(update.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
    )
    for one in sorted(revoked, key=lambda item: (item.at, item.serial)):
        if one.at <= update:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(one.serial)
                .revocation_date(as_utc(one.at).replace(microsecond=0))
                .add_extension(x509.CRLReason(one.reason), critical=False)
                .build()
            )
    return builder.sign(root_key, hashes.SHA384(), ecdsa_deterministic=True)
