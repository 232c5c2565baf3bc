"""The authority: its own root and key, and answers to requests.

Spec: RFC 3161 section 2.4. Written apart from ``evidence``, so that neither hides the other's mistakes.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp  # type: ignore[import-untyped]
from asn1crypto import x509 as ax509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

POLICY = "1.3.6.1.4.1.57264.99.1"
SM3 = "1.2.156.10197.1.401"
DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64, SM3: 32}
FAULTS = ("", "wrong-imprint", "wrong-nonce", "wrong-cert", "reject", "damaged", "hang", "500", "clock+3600")


class _SigningCertificatesV2(core.SetOf):  # type: ignore[misc]
    _child_spec = tsp.SigningCertificateV2


class _Refusal(core.Sequence):  # type: ignore[misc]
    """A response without a token."""

    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012 - the form the base class reads


@dataclass(frozen=True, slots=True)
class Authority:
    """A key that signs timestamps, and the root above it.

    Attributes:
        crl: the root's revocation list, empty, valid as long as the root; DER.
    """

    name: str
    root: x509.Certificate
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    crl: bytes = b""


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Wangjian TEST"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _builder(subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, at: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
    )


def make(name: str, at: datetime, *, days: int = 3650) -> tuple[Authority, ec.EllipticCurvePrivateKey]:
    """A new authority and its root's key; its certificate lives ``days`` from ``at``."""
    root_key, key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    at = at.astimezone(UTC).replace(microsecond=0)
    root_name, leaf_name = f"TEST timestamp root {name}", f"TEST timestamp {name}"
    root = (
        _builder(root_name, root_key, root_name, at)
        .not_valid_after(at + timedelta(days=7300))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(issue=True), critical=True)
        .sign(root_key, hashes.SHA384())
    )
    leaf = (
        _builder(leaf_name, key, root_name, at)
        .not_valid_after(at + timedelta(days=days))
        # Two roots may have one name; the key says which of them it was.
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(issue=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(root_key, hashes.SHA384())
    )
    return Authority(name, root, leaf, key, _list(root, root_key, at)), root_key


def _list(root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, at: datetime) -> bytes:
    """A list that revokes nothing: without one a report could not show that nothing was revoked."""
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(at - timedelta(days=1))
        .next_update(root.not_valid_after_utc)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA384())
    )
    return made.public_bytes(serialization.Encoding.DER)


def _usage(*, issue: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issue,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issue,
        crl_sign=issue,
        encipher_only=False,
        decipher_only=False,
    )


def load_or_make(name: str, folder: Path, at: datetime) -> Authority:
    """The authority in a folder, made at the first start (``root.pem``, ``root.crl``, ``tsa.pem``, ``tsa.key``)."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / "tsa.key"
    if not whole.exists():
        authority, _ = make(name, at)
        (folder / "root.pem").write_bytes(authority.root.public_bytes(serialization.Encoding.PEM))
        (folder / "root.crl").write_bytes(authority.crl)
        (folder / "tsa.pem").write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
        aside = folder / "tsa.key.new"
        aside.touch(mode=0o600)
        aside.write_bytes(
            authority.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        aside.rename(whole)
    key = serialization.load_pem_private_key(whole.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"expected an elliptic curve key in {whole}")
    root, certificate = (
        x509.load_pem_x509_certificate((folder / file).read_bytes()) for file in ("root.pem", "tsa.pem")
    )
    # A folder of an earlier release has no list, and the root's key is not kept.
    listed = folder / "root.crl"
    return Authority(name, root, certificate, key, listed.read_bytes() if listed.is_file() else b"")


def _refusal(failure: str) -> bytes:
    return bytes(_Refusal({"status": {"status": "rejection", "fail_info": {failure}}}).dump())


def _asn1(certificate: x509.Certificate) -> Any:
    return ax509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _token(authority: Authority, info: bytes) -> Any:
    certificate = _asn1(authority.certificate)
    certificate_hash = hashlib.sha256(certificate.dump()).digest()
    ess = tsp.SigningCertificateV2({"certs": [{"cert_hash": certificate_hash}]})
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [ess]}),
        ]
    )
    signature = authority.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(info)},
            "certificates": [certificate, _asn1(authority.root)],
            "signer_infos": [
                {
                    "version": "v1",
                    "sid": {
                        "issuer_and_serial_number": {
                            "issuer": certificate.issuer,
                            "serial_number": certificate.serial_number,
                        }
                    },
                    "digest_algorithm": sha256,
                    "signed_attrs": attributes,
                    "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                    "signature": signature,
                }
            ],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def answer(authority: Authority, request: bytes, at: datetime, fault: str = "") -> bytes:
    """The response to one request.

    Args:
        request: TimeStampReq, DER. at: the time to state, aware UTC. fault: one of ``FAULTS`` that
            lies in the answer.

    Returns:
        TimeStampResp in DER; a refusal when the request is not understood.
    """
    try:
        asked = tsp.TimeStampReq.load(request, strict=True)
        imprint = asked["message_imprint"]
        algorithm = str(imprint["hash_algorithm"]["algorithm"].native)
        digest, nonce = bytes(imprint["hashed_message"].native), asked["nonce"].native
    except (ValueError, TypeError):
        return _refusal("bad_data_format")
    if DIGEST_BYTES.get(algorithm) != len(digest):
        return _refusal("bad_alg")
    if fault == "reject":
        return _refusal("system_failure")
    if fault == "wrong-imprint":
        digest = hashlib.new("sha512", digest).digest()[: len(digest)]
    if fault == "wrong-nonce" and nonce is not None:
        nonce += 1
    if fault == "wrong-cert":
        authority, _ = make(f"{authority.name} other", at)
    if fault == "clock+3600":
        at += timedelta(hours=1)
    fields = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest},
        "serial_number": secrets.randbits(63) | 1,
        "gen_time": at.astimezone(UTC).replace(microsecond=0),
        "accuracy": {"seconds": 1},
    }
    if nonce is not None:
        fields["nonce"] = nonce
    token = _token(authority, tsp.TSTInfo(fields).dump())
    response = bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())
    if fault == "damaged":
        return response[:-3] + bytes((response[-3] ^ 1,)) + response[-2:]
    return response
