"""Mutations of what comes along in a signature and is not signed: other forms of the same signature, and stowaways.

Whoever hands a package on can make them without a key, as ``seal/closing.p7s`` is the last file and on no list.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import cms
from evidence.der import TAG_OCTETS, encoded, identifier, integer, sequence, set_of
from evidence.signer import Signer
from tests.data.evidence.forge import CLOSING, NODE, SIGNATURE, Bag
from tests.data.evidence.mutation import Mutation, Parts, edited, files
from tests.data.evidence.workshop import AT

CLOSING_SIGNATURE = "seal/closing.p7s"
SHA256_WITHOUT = sequence(identifier(cms.SHA256))
SHA256 = sequence(identifier(cms.SHA256), cms.NULL)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shape:
    """A signature taken apart; every part can be put in otherwise."""

    sid: bytes
    attributes: bytes
    value: bytes
    certificates: tuple[bytes, ...]
    version: int = 1
    signer_version: int = 1
    algorithms: tuple[bytes, ...] = (SHA256,)
    content: bytes = b""
    lists: bytes = b""
    digest_algorithm: bytes = SHA256
    signature_algorithm: bytes = field(default_factory=lambda: sequence(identifier(cms.ECDSA_SHA256)))
    unsigned: bytes = b""

    def render(self) -> bytes:
        """The signature, DER."""
        information = sequence(
            integer(self.signer_version),
            self.sid,
            self.digest_algorithm,
            self.attributes,
            self.signature_algorithm,
            encoded(TAG_OCTETS, self.value),
            *([self.unsigned] if self.unsigned else []),
        )
        signed = sequence(
            integer(self.version),
            set_of(*self.algorithms),
            sequence(identifier(cms.DATA), *([self.content] if self.content else [])),
            encoded(0xA0, b"".join(self.certificates)),
            *([self.lists] if self.lists else []),
            set_of(information),
        )
        return sequence(identifier(cms.SIGNED_DATA), encoded(0xA0, signed))


def shape(der: bytes) -> Shape:
    """A good signature taken apart."""
    parsed = cms.parse(der)
    sid = sequence(parsed.signer.issuer.public_bytes(), integer(parsed.signer.serial_number))
    found = tuple(sorted(one.public_bytes(Encoding.DER) for one in parsed.certificates))
    return Shape(sid, b"\xa0" + parsed.attributes[1:], parsed.signature, found)


def stranger(key: ec.EllipticCurvePrivateKey | None = None, text: str = "stowaway", more: bytes = b"") -> bytes:
    """A certificate that nobody asked for, as long as one likes, DER."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(AT - DAY).not_valid_after(AT + DAY)
    if more:
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), more)
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def higher(der: bytes) -> bytes:
    """The same ECDSA signature with the greater of its two numbers s."""
    r, s = decode_dss_signature(der)
    return encode_dss_signature(r, cms.ORDERS["secp256r1"] - s)


def _with(one: Shape, *more: bytes) -> Shape:
    return replace(one, certificates=tuple(sorted((*one.certificates, *more))))


def _root(bag: Bag) -> bytes:
    return bag.shop.keys.seal.issuers[-1].public_bytes(Encoding.DER)


def _turned(attributes: bytes) -> bytes:
    """The signed attributes in another order; their lengths are below 128 bytes but for the whole."""
    head = 2 if attributes[1] < 0x80 else 2 + (attributes[1] & 0x7F)
    first = attributes[head + 1] + 2
    body = attributes[head:]
    return attributes[:head] + body[first:] + body[:first]


def _identified(one: Shape) -> Shape:
    """The signer named by the identifier of its key."""
    signer = x509.load_der_x509_certificate(one.certificates[0])
    value = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    return replace(one, sid=encoded(0x80, value), version=3, signer_version=3)


Change = Callable[[Bag, Shape], Shape]


def _closed(name: str, change: Change) -> Mutation:
    """By anybody: the signature of the closing list in another form."""

    def make(parts: Parts) -> Bag:
        good = shape(parts.good.files[CLOSING_SIGNATURE])
        return edited(parts.good, CLOSING_SIGNATURE, lambda _: change(parts.good, good).render())

    return Mutation(f"closing-{name}", files(make), 1, ("E203",))


def _inside(bag: Bag, name: str, change: Change) -> Bag:
    """By somebody with all keys: another signature in another form, and everything after it made anew."""
    changed = edited(bag, name, lambda data: change(bag, shape(data)).render())
    return (changed.retag().resign() if name == NODE[1] else changed).relog().reclose()


def _changed_then_stuffed(parts: Parts) -> Bag:
    """Two faults in one: the form is looked at before the list."""
    good = shape(parts.good.files[CLOSING_SIGNATURE])
    longer = parts.good.files[CLOSING].replace(b"seal/salts.txt", b"seal/salty.txt")
    return parts.good.put({CLOSING: longer, CLOSING_SIGNATURE: _with(good, stranger()).render()})


def _more_named(bag: Bag) -> Bag:
    """Closed by the seal key, which names one more certificate than there is on its path."""
    seal = bag.shop.keys.seal
    between = x509.load_der_x509_certificate(stranger(text="between"))
    signer = Signer(seal.key, seal.certificate, (between, seal.issuers[-1]))
    made = cms.sign(hashlib.sha256(bag.files[CLOSING]).digest(), signer, AT)
    return bag.put({CLOSING_SIGNATURE: made})


CRL = sequence(b"\x02\x01\x01")
TWICE = identifier("1.2.3.4")
ENCLOSED: list[Mutation] = [
    Mutation(
        "closing-made-again",
        files(lambda p: p.good.put({CLOSING_SIGNATURE: shape(p.good.files[CLOSING_SIGNATURE]).render()})),
        3,
        ("W320",),
    ),
    Mutation("closing-one-more-named", files(lambda p: _more_named(p.good)), 1, ("E203",)),
    _closed("root-enclosed", lambda bag, one: _with(one, _root(bag))),
    _closed("certificate-added", lambda _, one: _with(one, stranger())),
    _closed("certificate-doubled", lambda _, one: _with(one, *one.certificates)),
    _closed("certificate-instead", lambda _, one: replace(one, certificates=(stranger(),))),
    _closed("certificate-of-60-kB", lambda _, one: _with(one, stranger(more=bytes(60_000)))),
    _closed("certificate-of-3-MB", lambda _, one: _with(one, stranger(more=bytes(3_000_000)))),
    _closed("certificates-gone", lambda _, one: replace(one, certificates=())),
    _closed("list-added", lambda _, one: replace(one, lists=encoded(0xA1, CRL))),
    _closed("list-empty", lambda _, one: replace(one, lists=encoded(0xA1, b""))),
    _closed("unsigned-empty", lambda _, one: replace(one, unsigned=encoded(0xA1, b""))),
    _closed(
        "unsigned-twice",
        lambda _, one: replace(one, unsigned=encoded(0xA1, 2 * sequence(TWICE, set_of(encoded(TAG_OCTETS, b"x"))))),
    ),
    _closed("content-enclosed", lambda _, one: replace(one, content=encoded(0xA0, encoded(TAG_OCTETS, b"x")))),
    _closed("version-3", lambda _, one: replace(one, version=3)),
    _closed("version-of-signer-3", lambda _, one: replace(one, signer_version=3)),
    _closed("signer-by-key", lambda _, one: _identified(one)),
    _closed("algorithms-none", lambda _, one: replace(one, algorithms=())),
    _closed("algorithms-more", lambda _, one: replace(one, algorithms=(SHA256, sequence(TWICE, cms.NULL)))),
    _closed("algorithms-bare", lambda _, one: replace(one, algorithms=(SHA256_WITHOUT,))),
    _closed("digest-algorithm-bare", lambda _, one: replace(one, digest_algorithm=SHA256_WITHOUT)),
    _closed(
        "signature-algorithm-null",
        lambda _, one: replace(one, signature_algorithm=sequence(identifier(cms.ECDSA_SHA256), cms.NULL)),
    ),
    _closed(
        "signature-algorithm-of-key",
        lambda _, one: replace(one, signature_algorithm=sequence(identifier("1.2.840.10045.2.1"))),
    ),
    _closed("attributes-turned", lambda _, one: replace(one, attributes=_turned(one.attributes))),
    _closed("attributes-none", lambda _, one: replace(one, attributes=encoded(0xA0, b""))),
    _closed("value-higher", lambda _, one: replace(one, value=higher(one.value))),
    _closed("value-empty", lambda _, one: replace(one, value=b"")),
    _closed("value-of-three-numbers", lambda _, one: replace(one, value=sequence(*3 * (integer(1),)))),
    _closed("value-nought", lambda _, one: replace(one, value=sequence(*2 * (integer(0),)))),
    Mutation("closing-changed-and-stuffed", files(_changed_then_stuffed), 1, ("E203", "E103")),
    Mutation(
        "insider-seal-certificate-added",
        files(lambda p: _inside(p.good, SIGNATURE, lambda _, one: _with(one, stranger()))),
        1,
        ("E203",),
    ),
    Mutation(
        "insider-seal-value-higher",
        files(lambda p: _inside(p.good, SIGNATURE, lambda _, one: replace(one, value=higher(one.value)))),
        1,
        ("E203",),
    ),
    Mutation(
        "insider-node-certificate-added",
        files(lambda p: _inside(p.good, NODE[1], lambda _, one: _with(one, stranger()))),
        1,
        ("E813",),
    ),
    Mutation(
        "insider-node-unsigned-empty",
        files(lambda p: _inside(p.good, NODE[1], lambda _, one: replace(one, unsigned=encoded(0xA1, b"")))),
        1,
        ("E813",),
    ),
]
