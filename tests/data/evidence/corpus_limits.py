"""Mutations that keep a verifier busy or lead it astray by size, and honest ones near the same limits."""

import hashlib
import json
import struct
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence import cms, der, pades
from evidence.custody import ZERO, event_hash
from evidence.signer import FileKey, Signer
from kernel.crypto import canonical_json
from tests.data.evidence.corpus_redacted import renew
from tests.data.evidence.forge import CLOSING, Bag, with_certificate
from tests.data.evidence.mutation import ALPHA, Mutation, Parts, files, resealed
from tests.data.evidence.workshop import AT

CLOSING_SIGNATURE = "seal/closing.p7s"
REPORT, CUSTODY = "report.pdf", "meta/custody.jsonl"
DAY = timedelta(days=1)


def archived(bag: Bag, times: int = 1) -> Bag:
    """The report archived again, as each renewal does, and the package closed again."""
    shop, pdf = bag.shop, bag.files[REPORT]
    for number in range(times):
        service = shop.timestampers[number % 2]
        lists = [data for one in shop.timestampers for data in one.lists]
        pdf = pades.archive(pdf, shop.keys.report, service, at=AT, lists=lists, others=[service.root])
    return bag.put({REPORT: pdf}).reclose()


def _shown_after(bag: Bag) -> Bag:
    """A renewed report whose newest field shows where nothing is to be shown."""
    head, mark, tail = bag.files[REPORT].rpartition(b"/Rect [ 0 0 0 0 ]")
    return bag.put({REPORT: head + mark.replace(b"0 0 ]", b"9 9 ]") + tail}).reclose()


def _ranges(count: int) -> bytes:
    """A file of many small revisions with the shape of signatures, each over all before it."""
    out = bytearray(b"%PDF-1.7\n")
    for _ in range(count):
        size = len(out) + len(b"/ByteRange [0 %010d %010d %010d]\n/Contents <" % (0, 0, 0))
        tail = b"> >>\n%%EOF\n"
        out += b"/ByteRange [0 %010d %010d %010d]\n/Contents <" % (size - 1, size + 5, len(tail) - 1) + b"3000" + tail
    return bytes(out)


def _issuer(key: ec.EllipticCurvePrivateKey, subject: str, serial: int) -> x509.Certificate:
    """A certificate under the name that all of them share."""
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (subject, "shared")]
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
    builder = builder.serial_number(serial).not_valid_before(AT - DAY).not_valid_after(AT + 99 * DAY)
    return builder.sign(key, hashes.SHA256())


def _stamped_with(bag: Bag, extra: Iterable[x509.Certificate | bytes]) -> Bag:
    """One timestamp with more certificates enclosed, and the package closed again."""
    response = bag.files[ALPHA]
    for one in extra:
        response = with_certificate(response, one)
    return bag.put({ALPHA: response}).reclose()


def _mutual(count: int) -> tuple[x509.Certificate, ...]:
    """Certificates each of which could have issued each other one."""
    key = ec.generate_private_key(ec.SECP256R1())
    return tuple(_issuer(key, "shared", number) for number in range(1, count + 1))


def _closed_by_stranger(bag: Bag, count: int) -> Bag:
    """Closed by a key under certificates that issue each other without end."""
    key, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuers = tuple(_issuer(key, "shared", number) for number in range(1, count + 1))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shared")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(own.public_key())
    leaf = builder.serial_number(99).not_valid_before(AT - DAY).not_valid_after(AT + DAY).sign(key, hashes.SHA256())
    signer = Signer(FileKey(own), leaf, issuers)
    return bag.put({CLOSING_SIGNATURE: cms.sign(hashlib.sha256(bag.files[CLOSING]).digest(), signer, AT)})


def _long_identifier(bag: Bag, size: int) -> Bag:
    """A certificate enclosed in whose name an object identifier has so many bytes."""
    key = ec.generate_private_key(ec.SECP256R1())
    algorithm = der.sequence(der.identifier(cms.ECDSA_SHA256))
    identifier = der.encoded(der.TAG_IDENTIFIER, b"\x2a" + b"\x01" * (size - 1))
    name = der.sequence(der.set_of(der.sequence(identifier, der.encoded(0x0C, b"x"))))
    validity = der.sequence(*(der.encoded(der.TAG_UTC_TIME, text) for text in (b"260101000000Z", b"280101000000Z")))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = der.sequence(der.integer(5), algorithm, name, validity, name, public)
    made = der.sequence(
        body, algorithm, der.encoded(der.TAG_BIT_STRING, b"\0" + key.sign(body, ec.ECDSA(hashes.SHA256())))
    )
    return _stamped_with(bag, [made])


def _custody(bag: Bag, change: Callable[[dict[str, Any]], None]) -> Bag:
    """The chain of custody with its first event changed, all hashes made anew, and the package sealed again."""
    previous, lines = ZERO, b""
    for place, line in enumerate(bag.files[CUSTODY].splitlines()):
        record = json.loads(line)
        if place == 0:
            change(record)
        record["prev_hash"] = previous
        record["hash"] = previous = event_hash(record)
        lines += canonical_json(record) + b"\n"
    return resealed(bag.put({CUSTODY: lines, REPORT: None}))


def _nested(depth: int) -> Callable[[dict[str, Any]], None]:
    value: Any = '[["{'
    for _ in range(depth):
        value = [value]
    return lambda record: record.update(detail={"x": value, "y": [[], {}]})


def _long_directory(_: Parts) -> bytes:
    """A file whose end record states one entry and a directory of 100 kB."""
    body = bytes(100_000)
    return body + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(body), 0, 0)


LIMITS: list[Mutation] = [
    Mutation("report-archived-again", files(lambda p: archived(p.good)), 3, ("W320",)),
    Mutation("report-archived-thrice", files(lambda p: archived(p.good, 3)), 3, ("W320",)),
    Mutation("report-archived-and-renewed", files(lambda p: renew(archived(p.good))), 3, ("W320",)),
    Mutation("report-archived-shown", files(lambda p: _shown_after(archived(p.good))), 1, ("E701",)),
    Mutation("report-many-ranges", files(lambda p: p.good.put({REPORT: _ranges(51)}).reclose()), 1, ("E701",)),
    Mutation("stamp-ten-certificates", files(lambda p: _stamped_with(p.good, _mutual(9))), 3, ("W320",)),
    Mutation("stamp-eleven-certificates", files(lambda p: _stamped_with(p.good, _mutual(10))), 3, ("W311",)),
    Mutation("closing-issuers-in-circles", files(lambda p: _closed_by_stranger(p.good, 9)), 1, ("E202",)),
    Mutation("stamp-identifier-of-63", files(lambda p: _long_identifier(p.good, 63)), 3, ("W320",)),
    Mutation("stamp-identifier-of-64", files(lambda p: _long_identifier(p.good, 64)), 3, ("W311",)),
    Mutation("custody-nested-64", files(lambda p: _custody(p.good, _nested(62))), 3, ("N001",)),
    Mutation("custody-nested-65", files(lambda p: _custody(p.good, _nested(63))), 1, ("E502",)),
    Mutation("zip-directory-long", _long_directory, 1, ("E110",)),
    Mutation("clock-before-stamps", files(lambda p: p.good), 3, ("W320",), AT - timedelta(hours=12)),
]
