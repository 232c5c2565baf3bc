"""Certificate paths: from a signer to a root that the verifier already trusts.

A narrow profile on purpose: what it does not understand it refuses. Names are compared as bytes;
revocation is not consulted (no network at verification).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, PublicKeyAlgorithmOID, SignatureAlgorithmOID

from evidence.errors import UntrustedError

MAX_PATH = 5
UNDERSTOOD = frozenset(
    (
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.CertificatePolicies.oid,
        x509.SubjectAlternativeName.oid,
    )
)

STRONG_SIGNATURES = frozenset(
    (
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
    )
)
STRONG_CURVES = frozenset(("secp256r1", "secp384r1", "secp521r1"))
LEAST_RSA_BITS = 2048
"""Weaker keys and digests carry no proof; what is as strong but not listed is not known to every verifier."""


def is_strong(certificate: x509.Certificate) -> bool:
    """Whether its key and the signature over it are of an algorithm that carries a proof.

    Spec: NIST SP 800-131A Rev 2 (RSA of 2048 bits at least, no signatures over SHA-1).
    """
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    if isinstance(key, ec.EllipticCurvePublicKey):
        strong = key.curve.name in STRONG_CURVES
    else:
        plain = certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5
        strong = plain and isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS
    return strong and certificate.signature_algorithm_oid in STRONG_SIGNATURES


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _valid_at(certificate: x509.Certificate, at: datetime) -> bool:
    # Whole seconds: the validity has no smaller unit.
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _require_understood(certificate: x509.Certificate) -> None:
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in UNDERSTOOD:
            raise UntrustedError(f"expected known critical extensions, got {extension.oid.dotted_string}")


def _may_issue(certificate: x509.Certificate, below: int) -> bool:
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return basic.ca and usage.key_cert_sign and (basic.path_length is None or basic.path_length >= below)


def _extend(
    path: tuple[x509.Certificate, ...],
    candidates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    known: dict[tuple[int, int], bool],
) -> Iterator[tuple[x509.Certificate, ...]]:
    """Every path that goes on from this one to an anchor. Candidates are distinct; known: signatures tried."""
    tip = path[-1]

    def issued_by(other: x509.Certificate) -> bool:
        key = (id(tip), id(other))
        if key not in known:
            known[key] = _signed_by(tip, other)
        return known[key]

    for anchor in anchors:
        if tip == anchor:
            yield path
        elif issued_by(anchor):
            yield (*path, anchor)
    if len(path) >= MAX_PATH:
        return
    for candidate in candidates:
        if all(candidate is not one for one in path) and issued_by(candidate):
            yield from _extend((*path, candidate), candidates, anchors, known)


def _chosen(paths: Iterable[tuple[x509.Certificate, ...]], moment: datetime) -> tuple[x509.Certificate, ...] | None:
    """Of the paths that are valid at the time the one that ends last (a root may be issued again), else the first."""
    found = list(paths)
    valid = [path for path in found if all(_valid_at(one, moment) for one in path)]
    return max(valid, key=expires) if valid else next(iter(found), None)


def build_path(
    leaf: x509.Certificate,
    candidates: Iterable[x509.Certificate],
    anchors: Iterable[x509.Certificate],
    at: datetime,
) -> tuple[x509.Certificate, ...]:
    """The path from a signer to one of the anchors, all of it valid at one time.

    Spec: RFC 5280 section 6.1, without policies, name constraints and revocation.

    Args:
        leaf: the signer. candidates: certificates for building only, never trusted; weak ones do not count.
        anchors: trusted roots. at: aware UTC, the time for which the path must hold.

    Returns:
        leaf first, anchor last.

    Raises:
        UntrustedError: no path, or a part of it does not hold at that time.
    """
    try:
        pool = tuple(dict.fromkeys((leaf, *(one for one in candidates if is_strong(one)))))
        if not is_strong(leaf):
            raise UntrustedError(
                f"expected a key and a digest that carry a proof, got {leaf.signature_algorithm_oid.dotted_string} "
                f"in the certificate of {leaf.subject.rfc4514_string()}"
            )
        paths = _extend(pool[:1], pool[1:], tuple(anchors), {})
        return _checked(_chosen(paths, at.replace(microsecond=0)), leaf, at)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        # A certificate is only read as far as it is asked; damage can show late.
        raise UntrustedError(f"expected readable certificates, got {error}") from error


def _checked(
    path: tuple[x509.Certificate, ...] | None, leaf: x509.Certificate, at: datetime
) -> tuple[x509.Certificate, ...]:
    if path is None:
        raise UntrustedError(
            f"expected a signer certified by a trusted root, got {leaf.subject.rfc4514_string()}",
            hint="Compare the fingerprints with the published trust list.",
        )
    moment = at.replace(microsecond=0)
    for place, certificate in enumerate(path):
        _require_understood(certificate)
        if not _valid_at(certificate, moment):
            raise UntrustedError(
                f"expected a certificate valid at {moment.isoformat()}, got {certificate.subject.rfc4514_string()} "
                f"valid {certificate.not_valid_before_utc.isoformat()} to {certificate.not_valid_after_utc.isoformat()}"
            )
        if place and not _may_issue(certificate, place - 1):
            raise UntrustedError(f"expected an issuer, got {certificate.subject.rfc4514_string()}")
    return path


def require_timestamping(leaf: x509.Certificate) -> None:
    """Refuse a certificate that may do anything else than timestamping.

    Spec: RFC 3161 section 2.3: extended key usage critical, id-kp-timeStamping alone.

    Raises:
        UntrustedError: it is missing, not critical, or has company.
    """
    try:
        extension = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError) as error:
        raise UntrustedError("expected the extended key usage timeStamping, got none") from error
    if not extension.critical or list(extension.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise UntrustedError("expected the extended key usage timeStamping, critical and alone")


def key_print(certificate: x509.Certificate) -> str:
    """SHA-256 over the DER of a certificate's SubjectPublicKeyInfo, hex: the same in a root that is issued again."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()


def expires(path: Iterable[x509.Certificate]) -> datetime:
    """When the first certificate of a path ends."""
    return min(certificate.not_valid_after_utc for certificate in path)
