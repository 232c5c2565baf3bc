"""Mutations of timestamps that rest on an algorithm that carries no proof, or on one that not every verifier knows.

All are made by a service that is listed, or by whoever holds the key of its root: nothing but the algorithm is wrong.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, tsp  # type: ignore[import-untyped]
from asn1crypto import x509 as ax509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from simulators.tsa.authority import POLICY, SM3, Authority
from tests.data.evidence import forge
from tests.data.evidence.forge import Bag
from tests.data.evidence.mutation import ALPHA, BETA, Mutation, Parts, files, resealed
from tests.data.evidence.workshop import AT

DAY = timedelta(days=1)
DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - on purpose
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha512": hashes.SHA512(),
}
NAMES = {"sha1": "sha1", "sha256": "sha256", "sha512": "sha512", "sm3": SM3}
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Make:
    """How a token is made.

    Attributes:
        imprint: digest of what is stamped. digest: of the token itself, and of its signature. issued: digest under
            which the root signs the certificate. scheme: ``pss``, else that of the key.
        key: of the service. bound: by the ``v1`` or ``v2`` digest of its certificate. named: another name of the
            signature's algorithm than its own. beside: whether a weak certificate that nothing rests on is enclosed.
    """

    imprint: str = "sha256"
    digest: str = "sha256"
    issued: str = "sha384"
    key: Callable[[], Key] = lambda: ec.generate_private_key(ec.SECP256R1())
    scheme: str = ""
    bound: str = "v2"
    named: str = ""
    beside: bool = False


def _certificate(key: Key, above: Authority, root_key: ec.EllipticCurvePrivateKey, digest: str) -> x509.Certificate:
    """A service's certificate under the root, signed over another digest where that is asked for."""
    builder = x509.CertificateBuilder().subject_name(above.certificate.subject).issuer_name(above.root.subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(AT - DAY).not_valid_after(AT + 3650 * DAY)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
    )
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    made = builder.add_extension(usage, critical=True).sign(root_key, hashes.SHA384())
    if digest == "sha384":
        return made
    parsed = ax509.Certificate.load(made.public_bytes(Encoding.DER))
    algorithm = {"algorithm": f"{digest}_ecdsa"}
    parsed["tbs_certificate"]["signature"] = algorithm
    parsed["signature_algorithm"] = algorithm
    tbs = parsed["tbs_certificate"].dump(force=True)
    parsed["signature_value"] = root_key.sign(tbs, ec.ECDSA(DIGESTS[digest]))
    return x509.load_der_x509_certificate(parsed.dump(force=True))


def _signature(key: Key, data: bytes, digest: str, scheme: str) -> tuple[bytes, dict[str, Any]]:
    chosen = DIGESTS[digest]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(chosen)), {"algorithm": f"{digest}_ecdsa"}
    if scheme == "pss":
        room = padding.PSS(padding.MGF1(chosen), chosen.digest_size)
        inner = {"algorithm": digest}
        told = {
            "hash_algorithm": inner,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": inner},
            "salt_length": chosen.digest_size,
        }
        return key.sign(data, room, chosen), {"algorithm": "rsassa_pss", "parameters": told}
    return key.sign(data, padding.PKCS1v15(), chosen), {"algorithm": f"{digest}_rsa"}


def _imprint(data: bytes, name: str) -> dict[str, Any]:
    return {"hash_algorithm": {"algorithm": NAMES[name]}, "hashed_message": hashlib.new(name, data).digest()}


def response(make: Make, bag: Bag, data: bytes, at: datetime, service: str = "alpha") -> bytes:
    """A timestamp over some bytes, made so."""
    above, root_key, key = bag.shop.authorities[service], bag.shop.root_keys[service], make.key()
    certificate = ax509.Certificate.load(_certificate(key, above, root_key, make.issued).public_bytes(Encoding.DER))
    enclosed = [certificate]
    if make.beside:
        weak = _certificate(ec.generate_private_key(ec.SECP192R1()), above, root_key, "sha1")
        enclosed.append(ax509.Certificate.load(weak.public_bytes(Encoding.DER)))
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": _imprint(data, make.imprint),
            "serial_number": 7,
            "gen_time": at.replace(microsecond=0),
        }
    ).dump()
    der = certificate.dump()
    bound: Any
    if make.bound == "v1":
        ess = tsp.SigningCertificate({"certs": [{"cert_hash": hashlib.sha1(der).digest()}]})  # noqa: S324 - on purpose
        bound = cms.CMSAttribute({"type": "signing_certificate", "values": [ess]})
    else:
        ess = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(der).digest()}]})
        bound = cms.CMSAttribute({"type": "signing_certificate_v2", "values": [ess]})
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.new(make.digest, info).digest()]},
            bound,
        ]
    )
    value, algorithm = _signature(key, attributes.dump(), make.digest, make.scheme)
    if make.named:
        algorithm = {"algorithm": make.named}
    digest = algos.DigestAlgorithm({"algorithm": make.digest})
    signer = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number}},
        "digest_algorithm": digest,
        "signed_attrs": attributes,
        "signature_algorithm": algorithm,
        "signature": value,
    }
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [digest],
            "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(info)},
            "certificates": enclosed,
            "signer_infos": [signer],
        }
    )
    token = cms.ContentInfo({"content_type": "signed_data", "content": signed})
    return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())


def _stamped(make: Make) -> Callable[[Parts], Bag]:
    def made(parts: Parts) -> Bag:
        good = parts.good
        data = good.files[forge.CHECKPOINT]
        stamps: dict[str, bytes | None] = {
            name: response(make, good, data, AT, service) for name, service in ((ALPHA, "alpha"), (BETA, "beta"))
        }
        return good.put(stamps).reclose()

    return made


def _rsa(bits: int) -> Callable[[], Key]:
    return lambda: rsa.generate_private_key(65537, bits)


def _curve(curve: ec.EllipticCurve) -> Callable[[], Key]:
    return lambda: ec.generate_private_key(curve)


MADE = {
    "imprint-sha1": (Make(imprint="sha1"), "E301"),
    "imprint-sha512": (Make(imprint="sha512"), "E301"),
    "imprint-sm3": (Make(imprint="sm3"), "E301"),
    "over-sha1": (Make(digest="sha1"), "E303"),
    "over-sha224": (Make(digest="sha224"), "E303"),
    "over-sha512": (Make(digest="sha512"), ""),
    "named-sha1": (Make(named="sha1_ecdsa"), "E303"),
    "issued-sha1": (Make(issued="sha1"), "E302"),
    "issued-sha224": (Make(issued="sha224"), "E302"),
    "issued-sha512": (Make(issued="sha512"), ""),
    "rsa-1024": (Make(key=_rsa(1024)), "E302"),
    "rsa-2047": (Make(key=_rsa(2047)), "E302"),
    "rsa-2048": (Make(key=_rsa(2048)), ""),
    "rsa-pss": (Make(key=_rsa(2048), scheme="pss"), "E303"),
    "rsa-named-for-its-key": (Make(key=_rsa(2048), named="rsassa_pkcs1v15"), ""),
    "curve-p192": (Make(key=_curve(ec.SECP192R1())), "E302"),
    "curve-p224": (Make(key=_curve(ec.SECP224R1())), "E302"),
    "curve-k1": (Make(key=_curve(ec.SECP256K1())), "E302"),
    "curve-brainpool": (Make(key=_curve(ec.BrainpoolP256R1())), "E302"),
    "curve-p521": (Make(key=_curve(ec.SECP521R1())), ""),
    "bound-by-sha1": (Make(bound="v1"), ""),
    "weak-beside": (Make(beside=True), ""),
}
"""How both timestamps over the checkpoint are made, and the code of each; empty where they hold."""


def _stamps(name: str) -> Mutation:
    make, code = MADE[name]
    found = (1, (code, "E304")) if code else (3, ("W320",))
    return Mutation(f"insider-stamps-{name}", files(_stamped(make)), *found)


def _beacon(make: Make) -> Callable[[Parts], Bag]:
    def made(parts: Parts) -> Bag:
        at = AT - timedelta(seconds=30)
        return resealed(parts.good.put({BEACON_STAMP: response(make, parts.good, parts.good.files[BEACON], at)}))

    return made


def _renewal(make: Make) -> Callable[[Parts], Bag]:
    def made(parts: Parts) -> Bag:
        bag = parts.renewed
        listed = bag.files[f"{RENEWAL}/list-sha512.txt"]
        stamp = response(make, bag, listed, AT + 300 * DAY)
        return bag.put({f"{RENEWAL}/list.alpha.tsr": stamp}).reclose()

    return made


BEACON, BEACON_STAMP = "meta/beacon.note", "meta/beacon.alpha.tsr"
RENEWAL = "seal/renewals/20270921T080000Z"
REFUSED = ("imprint-sha1", "over-sha1", "issued-sha1", "rsa-1024")
WEAK: list[Mutation] = [
    *(_stamps(name) for name in MADE),
    *(Mutation(f"insider-beacon-{name}", files(_beacon(MADE[name][0])), 1, ("E503",)) for name in REFUSED),
    *(Mutation(f"insider-renewal-{name}", files(_renewal(MADE[name][0])), 1, ("E311",)) for name in REFUSED),
    Mutation("insider-renewal-rsa-2048", files(_renewal(MADE["rsa-2048"][0])), 3, ("W320",)),
]
