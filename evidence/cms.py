"""CMS signatures with CAdES attributes: made and checked over a digest, so that big contents stay on disk.

Spec: RFC 5652 section 5 (SignedData), RFC 5035 (ESSCertIDv2), ETSI EN 319 122-1 clause 6 (CAdES baseline B).
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import cms as acms  # type: ignore[import-untyped]
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from evidence.chain import build_path
from evidence.der import (
    TAG_GENERALIZED_TIME,
    TAG_OCTETS,
    TAG_UTC_TIME,
    encoded,
    identifier,
    integer,
    require_strict,
    sequence,
    set_of,
)
from evidence.errors import ContentMismatchError, MalformedError, SignatureError
from evidence.signer import Signer
from kernel.clock import as_utc

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
SIGNATURES = {
    "sha256_ecdsa": "ecdsa",
    "sha384_ecdsa": "ecdsa",
    "sha512_ecdsa": "ecdsa",
    "rsassa_pkcs1v15": "rsa",
    "sha256_rsa": "rsa",
    "sha384_rsa": "rsa",
    "sha512_rsa": "rsa",
}
"""Names of the signature algorithms that are accepted, and of which kind their key is."""
UNREADABLE = (ValueError, KeyError, TypeError, IndexError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion)
MAX_CERTIFICATES = 10
"""Enclosed in one signature: a path has at most five, and what is tried for it must have an end."""
DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
SHA256, ECDSA_SHA256 = "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2"
TAGGED_0, NULL = b"\xa0", b"\x05\x00"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{last}" for last in (3, 4, 5))
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": (1 << 384) - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D,
    "secp521r1": (1 << 521) - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
}
"""Number of points of each curve: of the two signatures s and order - s the smaller is the one form."""
TIMES = re.compile(rb"(?:\x17\x0d[0-9]{12}|\x18\x0f[0-9]{14})Z")
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
acms.CMSAttributeType._map.setdefault(SIGNING_CERTIFICATE_V2, "signing_certificate_v2")  # noqa: SLF001 - its way to learn one
acms.CMSAttributeType._map.setdefault(SIGNING_CERTIFICATE, "signing_certificate")  # noqa: SLF001 - its way to learn one
acms.CMSAttributeType._reverse_map = None  # noqa: SLF001 - built again with the names above


class _SigningCertificatesV2(core.SetOf):  # type: ignore[misc]
    _child_spec = tsp.SigningCertificateV2


class _SigningCertificates(core.SetOf):  # type: ignore[misc]
    _child_spec = tsp.SigningCertificate


acms.CMSAttribute._oid_specs.setdefault("signing_certificate_v2", _SigningCertificatesV2)  # noqa: SLF001 - its way
acms.CMSAttribute._oid_specs.setdefault("signing_certificate", _SigningCertificates)  # noqa: SLF001 - its way


@dataclass(frozen=True, slots=True)
class SignedData:
    """A parsed CMS signature with exactly one signer.

    Attributes:
        content_type: of the signed content, dotted or the library's name.
        content: the enclosed content, or none when detached.
        digest_name: hashlib name of the digest over the content.
        attributes: the signed attributes in the form that is signed (SET OF).
        values: signed attributes by name or dotted identifier, one value each.
        certificates: enclosed certificates, for building paths only.
        signer: the one of them that the signer information names.
        unsigned: whether there are unsigned attributes.
    """

    content_type: str
    content: bytes | None
    digest_name: str
    signature: bytes
    signature_name: str
    attributes: bytes
    values: dict[str, Any]
    certificates: tuple[x509.Certificate, ...]
    signer: x509.Certificate
    unsigned: bool


def sign(digest: bytes, signer: Signer, at: datetime) -> bytes:
    """A detached CAdES-B signature over content with this SHA-256 digest, in its one form.

    Deterministic where the key is (keys in files, RFC 6979): same content, key and time, same bytes. The root is
    not enclosed: whoever verifies has it. What is enclosed is named in the signed attributes, so that nothing in
    the signature can be exchanged without breaking it.

    Spec: ETSI EN 319 122-1 clause 6.3: content-type, message-digest, signing-time, signing-certificate-v2.

    Args:
        digest: 32 raw bytes. at: signing time, aware UTC.

    Returns:
        ContentInfo in DER.
    """
    own = signer.certificate.public_bytes(Encoding.DER)
    others = sorted(issuer.public_bytes(Encoding.DER) for issuer in signer.between)
    signed = _attributes((own, *others), digest, _time(as_utc(at)))
    value = _lower(signer.sign(signed), signer.certificate)
    return _assembled(signer.certificate, others, signed, value)


def _attributes(certificates: Sequence[bytes], digest: bytes, time: bytes) -> bytes:
    """The signed attributes: SET OF. certificates: that of the signer first, DER. time: encoded."""
    named = (sequence(encoded(TAG_OCTETS, hashlib.sha256(one).digest())) for one in certificates)
    return set_of(
        _attribute(CONTENT_TYPE, identifier(DATA)),
        _attribute(SIGNING_TIME, time),
        _attribute(MESSAGE_DIGEST, encoded(TAG_OCTETS, digest)),
        _attribute(SIGNING_CERTIFICATE_V2, sequence(sequence(*named))),
    )


def _assembled(signer: x509.Certificate, others: Sequence[bytes], attributes: bytes, value: bytes) -> bytes:
    """The whole signature from what varies in it. others: further certificates, DER."""
    sha256 = sequence(identifier(SHA256), NULL)
    information = sequence(
        integer(1),
        sequence(signer.issuer.public_bytes(), integer(signer.serial_number)),
        sha256,
        TAGGED_0 + attributes[1:],
        sequence(identifier(ECDSA_SHA256)),
        encoded(TAG_OCTETS, value),
    )
    certificates = set_of(signer.public_bytes(Encoding.DER), *others)
    signed = sequence(
        integer(1), set_of(sha256), sequence(identifier(DATA)), TAGGED_0 + certificates[1:], set_of(information)
    )
    return sequence(identifier(SIGNED_DATA), encoded(TAGGED_0[0], signed))


def _lower(value: bytes, certificate: x509.Certificate) -> bytes:
    """An ECDSA signature in the one of its two forms whose s is the smaller, DER.

    Raises:
        MalformedError: a curve that we do not use. ValueError: not two numbers.
    """
    key = certificate.public_key()
    order = ORDERS.get(key.curve.name) if isinstance(key, ec.EllipticCurvePublicKey) else None
    if order is None:
        raise MalformedError("expected a signer on one of the curves P-256, P-384 and P-521, got another kind of key")
    r, s = decode_dss_signature(value)
    return encode_dss_signature(r, min(s, order - s))


def _attribute(kind: str, value: bytes) -> bytes:
    return sequence(identifier(kind), set_of(value))


def _time(at: datetime) -> bytes:
    """Spec: RFC 5652 section 11.3: UTCTime until 2049, GeneralizedTime after."""
    if at.year < 2050:
        return encoded(TAG_UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode())
    return encoded(TAG_GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").encode())


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what the decoders say of damaged structures, early or late, into one error.

    Raises:
        MalformedError: something inside could not be read.
    """
    try:
        yield
    except UNREADABLE as error:
        raise MalformedError(f"expected {what}, got {error}") from error


def parse(der: bytes) -> SignedData:
    """Read a CMS signature.

    Raises:
        MalformedError: not strict DER, not SignedData, not exactly one signer, or its certificate missing.
    """
    require_strict(der)
    with reading("a CMS signature"):
        return _parse(acms.ContentInfo.load(der, strict=True))


def _parse(info: Any) -> SignedData:
    if info["content_type"].native != "signed_data":
        raise ValueError(f"content type {info['content_type'].native}")
    signed = info["content"]
    if len(signed["signer_infos"]) != 1:
        raise ValueError(f"{len(signed['signer_infos'])} signers")
    one = signed["signer_infos"][0]
    digest_name = str(one["digest_algorithm"]["algorithm"].native)
    if digest_name not in HASHES:
        raise ValueError(f"digest algorithm {digest_name}")
    enclosed = signed["encap_content_info"]
    content = enclosed["content"]
    if len(signed["certificates"]) > MAX_CERTIFICATES:
        raise ValueError(f"{len(signed['certificates'])} certificates")
    chosen = [choice.chosen for choice in signed["certificates"]]
    if any(item.serial_number <= 0 for item in chosen):
        raise ValueError("a certificate with a serial number that is not positive")
    certificates = tuple(x509.load_der_x509_certificate(item.dump()) for item in chosen)
    signer = _named(one["sid"], chosen, certificates)
    values: dict[str, Any] = {}
    for attribute in one["signed_attrs"]:
        if len(attribute["values"]) != 1 or attribute["type"].native in values:
            raise ValueError(f"signed attribute {attribute['type'].native} more than once")
        values[attribute["type"].native] = attribute["values"][0]
    return SignedData(
        content_type=str(enclosed["content_type"].native),
        # An OCTET STRING with a parsed value inside: its raw bytes are what is signed.
        content=None if isinstance(content, core.Void) else bytes(content.contents),
        digest_name=digest_name,
        signature=bytes(one["signature"].native),
        signature_name=str(one["signature_algorithm"]["algorithm"].native),
        attributes=b"\x31" + bytes(one["signed_attrs"].dump())[1:],
        values=values,
        certificates=certificates,
        signer=signer,
        unsigned=not isinstance(one["unsigned_attrs"], core.Void) and len(one["unsigned_attrs"]) > 0,
    )


def _named(sid: Any, chosen: Sequence[Any], certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    if sid.name == "issuer_and_serial_number":
        wanted = (sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native)
        found = [(item.issuer.dump(), item.serial_number) == wanted for item in chosen]
    else:
        found = [item.key_identifier == sid.chosen.native for item in chosen]
    if sum(found) != 1:
        raise ValueError("no certificate of the signer, or more than one")
    return certificates[found.index(True)]


def check_chain(parsed: SignedData, anchors: Sequence[x509.Certificate], at: datetime) -> tuple[x509.Certificate, ...]:
    """The path from the signer to an anchor, and the signer's certificate bound to the signature.

    Raises:
        UntrustedError: no path. SignatureError: the signed attributes name another certificate.
    """
    path = build_path(parsed.signer, parsed.certificates, anchors, at)
    with reading("readable signed attributes"):
        bound = _names_signer(parsed)
    if not bound:
        raise SignatureError("expected the signed attributes to name the signer's certificate, got another or none")
    return path


def _names_signer(parsed: SignedData) -> bool:
    own = parsed.signer.public_bytes(Encoding.DER)
    for name, fallback in (("signing_certificate_v2", "sha256"), ("signing_certificate", "sha1")):
        value = parsed.values.get(name)
        if value is not None:
            first = value["certs"][0]
            algorithm = str(first["hash_algorithm"]["algorithm"].native) if name.endswith("v2") else fallback
            if bytes(first["cert_hash"].native) == _certificate_digest(own, algorithm):
                return True
    return False


def _certificate_digest(der: bytes, algorithm: str) -> bytes:
    # SHA-1 only identifies the certificate in old tokens (RFC 2634); the signature does not rest on it.
    known = {**HASHES, "sha1": hashes.SHA1()}  # noqa: S303 - see above
    if algorithm not in known:
        raise SignatureError(f"expected a known digest in signing-certificate, got {algorithm}")
    value = hashes.Hash(known[algorithm])
    value.update(der)
    return value.finalize()


def check_signature(parsed: SignedData) -> None:
    """The signature holds over the signed attributes.

    Raises:
        SignatureError: it does not, or its algorithm is not one we accept.
    """
    algorithm = HASHES[parsed.digest_name]
    try:
        key = parsed.signer.public_key()
        kind = SIGNATURES.get(parsed.signature_name)
        if isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            key.verify(parsed.signature, parsed.attributes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey) and kind == "rsa":
            key.verify(parsed.signature, parsed.attributes, padding.PKCS1v15(), algorithm)
        else:
            raise SignatureError(f"expected ECDSA or RSA PKCS #1, got {parsed.signature_name}")
    except (InvalidSignature, ValueError, UnsupportedAlgorithm) as error:
        raise SignatureError("expected a signature by the named certificate, got one that does not hold") from error


def check_content(parsed: SignedData, digest: bytes) -> None:
    """The signed attributes name the digest of this content.

    Args:
        digest: raw, of the algorithm ``parsed.digest_name``.

    Raises:
        ContentMismatchError: they name another.
    """
    with reading("readable signed attributes"):
        value, kind = (parsed.values.get(name) for name in ("message_digest", "content_type"))
        named = bytes(value.native) if value is not None else b""
        stated = str(kind.native) if kind is not None else ""
    if named != digest:
        raise ContentMismatchError("expected the digest in the signature, got other content")
    if stated != parsed.content_type:
        raise SignatureError("expected the signed content type to be the enclosed one")


def digest_hex(data: bytes, name: str) -> str:
    """A digest by one of the accepted names, hex."""
    value = hashes.Hash(HASHES[name])
    value.update(data)
    return value.finalize().hex()


def require_one_form(der: bytes, parsed: SignedData) -> None:
    """Refuse a signature that is not to the byte what :func:`sign` makes.

    Made again from what it says it must be the same: no unsigned attribute, no certificate or list that the signer
    did not name, no other way to write a number.

    Raises:
        MalformedError: another form.
    """
    with reading("a signature in its one form"):
        own = parsed.signer.public_bytes(Encoding.DER)
        others = sorted(one.public_bytes(Encoding.DER) for one in parsed.certificates if one != parsed.signer)
        time = bytes(parsed.values["signing_time"].dump())
        if not TIMES.fullmatch(time):
            raise ValueError("another form of signing time")
        attributes = _attributes((own, *others), bytes(parsed.values["message_digest"].native), time)
        again = _assembled(parsed.signer, others, attributes, _lower(parsed.signature, parsed.signer))
        if again != der:
            raise ValueError("more than is needed, or another encoding")


def verify(
    der: bytes, digest: bytes, anchors: Sequence[x509.Certificate], at: datetime
) -> tuple[SignedData, tuple[x509.Certificate, ...]]:
    """Check a detached signature of ours over content with this SHA-256 digest: its form, then in OpenSSL's order.

    Raises:
        MalformedError, UntrustedError, SignatureError, ContentMismatchError.
    """
    parsed = parse(der)
    require_one_form(der, parsed)
    path = check_chain(parsed, anchors, at)
    if not set(parsed.certificates) <= set(path):
        raise SignatureError("expected the signer to name the certificates above it alone, got others")
    check_signature(parsed)
    check_content(parsed, digest)
    return parsed, path


def verify_in_report(
    der: bytes, digest: bytes, anchors: Sequence[x509.Certificate], at: datetime
) -> tuple[SignedData, tuple[x509.Certificate, ...]]:
    """The same for the signature in a report: it carries a timestamp, and its form is that of its maker.

    Raises:
        MalformedError, UntrustedError, SignatureError, ContentMismatchError.
    """
    parsed = parse(der)
    if parsed.digest_name != "sha256":
        raise MalformedError(f"expected a signature over SHA-256, got {parsed.digest_name}")
    path = check_chain(parsed, anchors, at)
    check_signature(parsed)
    check_content(parsed, digest)
    return parsed, path
