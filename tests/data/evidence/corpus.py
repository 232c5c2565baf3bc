"""The tamper corpus: one named mutation a package, what both verifiers must answer, and which codes must appear."""

import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from evidence.signer import FileKey, Signer
from simulators.tsa.authority import Authority, make
from tests.data.evidence import forge
from tests.data.evidence.forge import CLOSING, SIGNATURE, TAGS, Bag, Entry
from tests.data.evidence.workshop import AT

LATER = AT + timedelta(hours=1)
ALPHA, BETA = f"{SIGNATURE}.alpha.tsr", f"{SIGNATURE}.beta.tsr"
CLOSING_SIGNATURE = "seal/closing.p7s"
Make = Callable[["Parts"], bytes]


@dataclass(frozen=True, slots=True)
class Parts:
    """Good packages to cut from.

    Attributes:
        good: the one to be tampered with. other: of another page, same installation. partial, bad_tls,
            plain: good packages with reservations. foreign: of another installation.
    """

    good: Bag
    other: Bag
    partial: Bag
    bad_tls: Bag
    plain: Bag
    foreign: Bag


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mutation: exit code and codes that both verifiers must give; at: time of the verification."""

    name: str
    make: Make
    exit_code: int
    codes: tuple[str, ...]
    at: datetime = LATER


def _files(change: Callable[[Parts], Bag]) -> Make:
    return lambda parts: change(parts).zip()


def _put(name: str, data: bytes | None) -> Make:
    return lambda parts: parts.good.put({name: data}).zip()


def _edit(name: str, change: Callable[[bytes], bytes]) -> Make:
    return lambda parts: parts.good.put({name: change(parts.good.files[name])}).zip()


def _renamed(bag: Bag, old: str, new: str) -> Bag:
    return bag.put({old: None, new: bag.files[old]})


def _foreign_signer() -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Wangjian seal signer")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=10))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Signer(FileKey(key), certificate, ())


def bent_authority(
    authority: Authority, root_key: ec.EllipticCurvePrivateKey, usages: list[x509.ObjectIdentifier], *, critical: bool
) -> Authority:
    """The authority with a certificate whose extended key usage is not what RFC 3161 asks for."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(authority.certificate.subject)
        .issuer_name(authority.root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=10))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=critical)
    return replace(authority, certificate=builder.sign(root_key, hashes.SHA384()), key=key)


def _fake_both(parts: Parts) -> Bag:
    return forge.restamp(parts.good, {name: make(name, AT)[0] for name in ("alpha", "beta")})


def _seal_facts(bag: Bag, old: bytes, new: bytes) -> Bag:
    data = bag.files["meta/seal.json"]
    assert old in data
    return bag.put({"meta/seal.json": data.replace(old, new)})


def _resealed(bag: Bag) -> Bag:
    """By somebody with all keys: everything made anew after a change inside."""
    signed = bag.relist().relist("manifest-sm3.txt", "sm3").retag().resign()
    return forge.restamp(signed, bag.shop.authorities).reclose()


def _swap_lines(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join([lines[1], lines[0], *lines[2:]])


CONTENT: list[Mutation] = [
    Mutation("untouched", _files(lambda p: p.good), 3, ("W320",)),
    Mutation("payload-bit", _edit("data/dom.html", lambda d: forge.flip(d, 3)), 1, ("E101", "E105")),
    Mutation("payload-emptied", _put("data/dom.html", b""), 1, ("E101",)),
    Mutation("payload-filled", _put("data/net/empty.jsonl", b"x"), 1, ("E101",)),
    Mutation("payload-cut", _edit("data/capture.wacz", lambda d: d[:-1]), 1, ("E101",)),
    Mutation("payload-longer", _edit("data/capture.wacz", lambda d: d + b"\0"), 1, ("E101",)),
    Mutation("payload-added", _put("data/extra.js", b"x"), 1, ("E102",)),
    Mutation("payload-missing", _put("data/page.pdf", None), 1, ("E103",)),
    Mutation("payload-renamed", _files(lambda p: _renamed(p.good, "data/page.pdf", "data/page2.pdf")), 1, ("E103",)),
    Mutation(
        "payload-swapped",
        _files(
            lambda p: p.good.put(
                {"data/page.pdf": p.good.files["data/dom.html"], "data/dom.html": p.good.files["data/page.pdf"]}
            )
        ),
        1,
        ("E101",),
    ),
    Mutation("payload-of-other", _files(lambda p: p.good.swapped("data/dom.html", p.other)), 1, ("E101",)),
    Mutation("payload-doubled", _edit("data/screens/000-initial.png", lambda d: d + d), 1, ("E101",)),
    Mutation("file-outside", _put("notes.txt", b"x"), 1, ("E102",)),
    Mutation("meta-added", _put("meta/note.json", b"{}"), 1, ("E102",)),
    Mutation(
        "capture-record", _edit("meta/capture.json", lambda d: d.replace(b"127.0.0.1", b"127.0.0.2")), 1, ("E101",)
    ),
    Mutation("capture-record-missing", _put("meta/capture.json", None), 1, ("E103",)),
    Mutation("completeness-raised", _files(lambda p: _seal_facts(p.partial, b"PARTIAL", b"COMPLETE")), 1, ("E101",)),
    Mutation(
        "facts-evidence-id", _files(lambda p: _seal_facts(p.good, b'"ev-good"', b'"ev-evil"')), 1, ("E101", "E502")
    ),
    Mutation(
        "custody-actor",
        _edit("meta/custody.jsonl", lambda d: d.replace(b"officer-1", b"officer-2")),
        1,
        ("E101", "E502"),
    ),
    Mutation("custody-cut", _edit("meta/custody.jsonl", lambda d: d.splitlines(keepends=True)[1]), 1, ("E101", "E502")),
    Mutation("custody-order", _edit("meta/custody.jsonl", _swap_lines), 1, ("E101", "E502")),
    Mutation("custody-emptied", _put("meta/custody.jsonl", b""), 1, ("E101", "E502")),
    Mutation("readme", _edit("README.txt", lambda d: d + b"x"), 1, ("E101",)),
    Mutation("script", _edit("verify.sh", lambda d: d.replace(b"exit 2", b"exit 0")), 1, ("E101",)),
    Mutation("bagit", _edit("bagit.txt", lambda d: d.replace(b"1.0", b"0.9")), 1, ("E101",)),
    Mutation("bag-info", _edit("bag-info.txt", lambda d: d.replace(b"ev-good", b"ev-evil")), 1, ("E101",)),
    Mutation("bag-info-missing", _put("bag-info.txt", None), 1, ("E103",)),
]

MANIFESTS: list[Mutation] = [
    Mutation("manifest-relisted", _files(lambda p: p.good.put({"data/dom.html": b"x"}).relist()), 1, ("E201", "E105")),
    Mutation("manifest-line-gone", _edit("manifest-sha256.txt", lambda d: d[d.index(b"\n") + 1 :]), 1, ("E201",)),
    Mutation(
        "manifests-relisted",
        _files(lambda p: p.good.put({"data/dom.html": b"x"}).relist().relist("manifest-sm3.txt", "sm3")),
        1,
        ("E201",),
    ),
    Mutation(
        "manifest-sm3",
        _edit("manifest-sm3.txt", lambda d: (b"1" if d[:1] == b"0" else b"0") + d[1:]),
        1,
        ("E201", "E105"),
    ),
    Mutation("manifest-order", _edit("manifest-sha256.txt", _swap_lines), 1, ("E201",)),
    Mutation("manifest-crlf", _edit("manifest-sha256.txt", lambda d: d.replace(b"\n", b"\r\n")), 1, ("E201",)),
    Mutation("manifest-cut", _edit("manifest-sha256.txt", lambda d: d[:-1]), 1, ("E201",)),
    Mutation("manifest-upper-case", _edit("manifest-sha256.txt", lambda d: d[:64].upper() + d[64:]), 1, ("E201",)),
    Mutation("manifest-climbs", _edit("manifest-sha256.txt", lambda d: b"0" * 64 + b"  ../x\n" + d), 1, ("E201",)),
    Mutation(
        "manifest-names-seal", _edit("manifest-sha256.txt", lambda d: d + b"0" * 64 + b"  seal/x\n"), 1, ("E201",)
    ),
    Mutation("manifest-emptied", _put("manifest-sha256.txt", b""), 1, ("E201",)),
    Mutation("manifest-missing", _put("manifest-sha256.txt", None), 1, ("E103",)),
    Mutation("manifest-sm3-missing", _put("manifest-sm3.txt", None), 1, ("E103",)),
    Mutation(
        "tags-retagged",
        _files(lambda p: p.good.put({"data/dom.html": b"x"}).relist().relist("manifest-sm3.txt", "sm3").retag()),
        1,
        ("E201", "E702"),
    ),
    Mutation("tags-line-gone", _edit(TAGS, lambda d: d[d.index(b"\n") + 1 :]), 1, ("E102", "E201")),
    Mutation("tags-missing", _put(TAGS, None), 1, ("E103",)),
    Mutation("tags-of-other", _files(lambda p: p.good.swapped(TAGS, p.other)), 1, ("E201",)),
    Mutation(
        "bag-of-other-under-seal",
        _files(lambda p: p.other.put({n: d for n, d in p.good.files.items() if n.startswith("seal/")})),
        1,
        ("E201",),
    ),
]

SIGNATURES: list[Mutation] = [
    Mutation("signature-missing", _put(SIGNATURE, None), 1, ("E103",)),
    Mutation("signature-of-other", _files(lambda p: p.good.swapped(SIGNATURE, p.other)), 1, ("E201", "E304")),
    Mutation("signature-value", _edit(SIGNATURE, lambda d: forge.flip(d, -2)), 1, ("E203", "E304")),
    Mutation("signature-cut", _edit(SIGNATURE, lambda d: d[:-5]), 1, ("E203",)),
    Mutation("signature-padded", _edit(SIGNATURE, lambda d: d + b"\0"), 1, ("E203",)),
    Mutation("signature-ber", _edit(SIGNATURE, forge.ber), 1, ("E203",)),
    Mutation("signature-unsigned-attribute", _edit(SIGNATURE, forge.with_unsigned), 1, ("E203",)),
    Mutation("signature-garbage", _put(SIGNATURE, b"garbage"), 1, ("E203",)),
    Mutation("signer-other-installation", _files(lambda p: p.good.resign(p.foreign.shop.keys.seal)), 1, ("E202",)),
    Mutation(
        "signer-self-made",
        _files(
            lambda p: forge.restamp(p.good.resign(_foreign_signer()), p.good.shop.authorities).reclose(
                _foreign_signer()
            )
        ),
        1,
        ("E202",),
    ),
    Mutation("signer-report-key", _files(lambda p: p.good.resign(p.good.shop.keys.report)), 1, ("E202",)),
    Mutation("package-other-installation", _files(lambda p: p.foreign), 1, ("E202", "E304")),
    Mutation("closing-changed", _edit(CLOSING, lambda d: d[d.index(b"\n") + 1 :]), 1, ("E102", "E104")),
    Mutation("closing-missing", _put(CLOSING, None), 1, ("E103",)),
    Mutation("closing-signature-missing", _put(CLOSING_SIGNATURE, None), 1, ("E103",)),
    Mutation("closing-signature-of-other", _files(lambda p: p.good.swapped(CLOSING_SIGNATURE, p.other)), 1, ("E104",)),
    Mutation("closing-signature-value", _edit(CLOSING_SIGNATURE, lambda d: forge.flip(d, -2)), 1, ("E203",)),
    Mutation("closing-signature-ber", _edit(CLOSING_SIGNATURE, forge.ber), 1, ("E203",)),
    Mutation("closing-signature-padded", _edit(CLOSING_SIGNATURE, lambda d: d + b"x"), 1, ("E203",)),
    Mutation("closing-unsigned-attribute", _edit(CLOSING_SIGNATURE, forge.with_unsigned), 1, ("E203",)),
    Mutation("closing-report-key", _files(lambda p: p.good.reclose(p.good.shop.keys.report)), 1, ("E202",)),
    Mutation("certificate-shown-changed", _edit("seal/certs/seal-0.pem", lambda d: d + b"\n"), 1, ("E104",)),
    Mutation("certificate-shown-added", _put("seal/certs/evil.pem", b"x"), 1, ("E102",)),
]

TIMESTAMPS: list[Mutation] = [
    Mutation("stamp-missing", _put(ALPHA, None), 1, ("E103", "W311")),
    Mutation("stamps-missing", _files(lambda p: p.good.put({ALPHA: None, BETA: None})), 1, ("E103", "E304")),
    Mutation("stamp-of-other", _files(lambda p: p.good.swapped(ALPHA, p.other)), 1, ("E104", "W311")),
    Mutation(
        "stamps-of-other", _files(lambda p: p.good.swapped(ALPHA, p.other).swapped(BETA, p.other)), 1, ("E301", "E304")
    ),
    Mutation(
        "stamps-exchanged",
        _files(lambda p: p.good.put({ALPHA: p.good.files[BETA], BETA: p.good.files[ALPHA]})),
        1,
        ("E302", "E304"),
    ),
    Mutation("stamp-twice", _files(lambda p: p.good.put({BETA: p.good.files[ALPHA]})), 1, ("E104", "W311")),
    Mutation("stamp-cut", _edit(ALPHA, lambda d: d[:-9]), 1, ("E104", "W311")),
    Mutation("stamp-padded", _edit(ALPHA, lambda d: d + b"\0"), 1, ("E104", "W311")),
    Mutation("stamp-value", _edit(ALPHA, lambda d: forge.flip(d, -3)), 1, ("E104", "W311")),
    Mutation("stamp-garbage", _put(ALPHA, b"garbage"), 1, ("E104", "W311")),
    Mutation("stamp-refusal", _put(ALPHA, bytes.fromhex("30053003020102")), 1, ("E104", "W311")),
    Mutation(
        "stamp-unknown-authority",
        _files(lambda p: forge.restamp(p.good, {"alpha": make("alpha", AT)[0]})),
        1,
        ("E104", "W311"),
    ),
    Mutation("stamps-unknown-authority", _files(_fake_both), 1, ("E302", "E304")),
    Mutation(
        "stamp-third-unlisted",
        _files(lambda p: p.good.put({f"{SIGNATURE}.gamma.tsr": p.good.files[ALPHA]})),
        1,
        ("E102", "W311"),
    ),
    Mutation(
        "stamp-injected-certificate",
        _files(
            lambda p: p.good.put(
                {ALPHA: forge.with_certificate(p.good.files[ALPHA], p.good.shop.authorities["beta"].root)}
            )
        ),
        1,
        ("E104",),
    ),
    Mutation(
        "stamp-later",
        _files(lambda p: forge.restamp(p.good, {"alpha": p.good.shop.authorities["alpha"]}, AT + timedelta(days=9))),
        1,
        ("E104",),
    ),
    Mutation(
        "insider-one-stamp-unknown",
        _files(lambda p: forge.restamp(p.good, {"alpha": make("alpha", AT)[0]}).reclose()),
        3,
        ("W311",),
    ),
    Mutation("insider-one-stamp", _files(lambda p: p.good.put({ALPHA: None}).reclose()), 3, ("W311",)),
    Mutation("insider-no-stamp", _files(lambda p: p.good.put({ALPHA: None, BETA: None}).reclose()), 1, ("E304",)),
    Mutation(
        "insider-stamps-before-certificate",
        _files(lambda p: forge.restamp(p.good, p.good.shop.authorities, AT - timedelta(days=30)).reclose()),
        1,
        ("E302", "E304"),
    ),
    Mutation(
        "insider-resigned-old-stamps",
        _files(lambda p: p.good.resign(at=AT + timedelta(seconds=9)).reclose()),
        1,
        ("E301", "E304"),
    ),
    Mutation("stamps-expired-since", _files(lambda p: p.good), 3, ("W310",), AT + timedelta(days=4000)),
    Mutation("seal-expired-since", _files(lambda p: p.good), 3, ("W310",), AT + timedelta(days=2000)),
]

INSIDE: list[Mutation] = [
    Mutation("report-missing", _put("report.pdf", None), 1, ("E103",)),
    Mutation("report-of-other", _files(lambda p: p.good.swapped("report.pdf", p.other)), 1, ("E104", "E702")),
    Mutation("report-bit", _edit("report.pdf", lambda d: forge.flip(d, 900)), 1, ("E104", "E701")),
    Mutation("report-appended", _edit("report.pdf", lambda d: d + b"\n% more\n"), 1, ("E104", "E701")),
    Mutation("report-unsigned", _put("report.pdf", b"%PDF-1.7\n%%EOF\n"), 1, ("E104", "E701")),
    Mutation(
        "report-signature-emptied",
        _edit("report.pdf", lambda d: d.replace(d[d.index(b"/Contents <3") + 11 :][:400], b"0" * 400)),
        1,
        ("E701",),
    ),
    Mutation(
        "report-hidden-bytes",
        _edit("report.pdf", lambda d: d[: d.rindex(b"00>")] + b"01>" + d[d.rindex(b"00>") + 3 :]),
        1,
        ("E701",),
    ),
    Mutation(
        "insider-report-of-other", _files(lambda p: p.good.swapped("report.pdf", p.other).reclose()), 1, ("E702",)
    ),
    Mutation(
        "insider-report-other-keys", _files(lambda p: p.good.swapped("report.pdf", p.foreign).reclose()), 1, ("E701",)
    ),
    Mutation(
        "insider-times",
        _files(
            lambda p: _resealed(_seal_facts(p.good, b'"captured_to":"2026-11-25T07', b'"captured_to":"2026-11-25T09'))
        ),
        1,
        ("E501", "E702"),
    ),
    Mutation(
        "insider-times-turned",
        _files(
            lambda p: _resealed(_seal_facts(p.good, b'"captured_to":"2026-11-25T07', b'"captured_to":"2026-11-25T06'))
        ),
        1,
        ("E501",),
    ),
    Mutation(
        "insider-times-gone",
        _files(lambda p: _resealed(_seal_facts(p.good, b'"captured_to"', b'"captured_xx"'))),
        1,
        ("E501",),
    ),
    Mutation(
        "insider-custody",
        _files(
            lambda p: _resealed(
                p.good.put(
                    {"meta/custody.jsonl": p.good.files["meta/custody.jsonl"].replace(b"officer-1", b"officer-2")}
                )
            )
        ),
        1,
        ("E502",),
    ),
    Mutation(
        "insider-custody-of-other",
        _files(lambda p: _resealed(p.good.swapped("meta/custody.jsonl", p.other))),
        1,
        ("E502",),
    ),
    Mutation("partial", _files(lambda p: p.partial), 3, ("W601",)),
    Mutation("bad-tls", _files(lambda p: p.bad_tls), 3, ("W602",)),
    Mutation("no-tls", _files(lambda p: p.plain), 3, ("W603",)),
]


def _with_entry(**change: Any) -> Make:
    def made(parts: Parts) -> bytes:
        entries = [replace(e, **change) if e.name == "data/dom.html" else e for e in parts.good.entries()]
        return forge.zip_bytes(entries)

    return made


def _plus(name: str, **change: Any) -> Make:
    return lambda parts: forge.zip_bytes([*parts.good.entries(), replace(Entry(name, b"x"), **change)])


def _deflated(size: int) -> Make:
    def made(parts: Parts) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = bytes(size)
        stored = packer.compress(data) + packer.flush()
        return forge.zip_bytes([*parts.good.entries(), Entry("data/zeros.bin", data, stored=stored, method=8)])

    return made


def _whole(**tricks: Any) -> Make:
    return lambda parts: forge.zip_bytes(parts.good.entries(), **tricks)


CONTAINERS: list[Mutation] = [
    Mutation("zip-suffix", _whole(suffix=b"\0"), 1, ("E110",)),
    Mutation("zip-suffix-long", _whole(suffix=os.urandom(5000)), 1, ("E110",)),
    Mutation("zip-prefix", _whole(prefix=b"MZ"), 1, ("E110",)),
    Mutation("zip-prefix-hidden", _whole(prefix=b"MZ", shift=-2), 1, ("E110",)),
    Mutation("zip-comment", _whole(comment=b"hello"), 1, ("E110",)),
    Mutation("zip-before-end", _whole(before_end=b"hidden"), 1, ("E110",)),
    Mutation("zip-offsets", _whole(shift=1), 1, ("E110",)),
    Mutation("zip-order", _whole(order=lambda found: sorted(found, key=lambda e: e.name, reverse=True)), 1, ("E110",)),
    Mutation("zip-cut-one", lambda p: p.good.zip()[:-1], 2, ("E100",)),
    Mutation("zip-cut-half", lambda p: p.good.zip()[: len(p.good.zip()) // 2], 2, ("E100",)),
    Mutation("zip-head-only", lambda p: p.good.zip()[:100], 2, ("E100",)),
    Mutation("zip-empty", lambda _: b"", 2, ("E100",)),
    Mutation("zip-text", lambda _: b"this is not a zip file\n" * 50, 2, ("E100",)),
    Mutation("zip-nothing-inside", lambda _: forge.zip_bytes([]), 1, ("E103",)),
    Mutation("zip-doubled", _plus("data/dom.html"), 1, ("E112",)),
    Mutation("zip-case", _plus("data/DOM.html"), 1, ("E112",)),
    Mutation("zip-file-and-folder", _plus("data/dom.html/x"), 1, ("E112",)),
    Mutation("zip-climbs", _plus("../evil"), 1, ("E111",)),
    Mutation("zip-climbs-inside", _plus("data/../../evil"), 1, ("E111",)),
    Mutation("zip-absolute", _plus("/etc/evil"), 1, ("E111",)),
    Mutation("zip-backslash", _plus("data\\evil"), 1, ("E111",)),
    Mutation("zip-drive", _plus("C:evil"), 1, ("E111",)),
    Mutation("zip-hidden-name", _plus("data/.evil"), 1, ("E111",)),
    Mutation("zip-folder-entry", _plus("data/evil/"), 1, ("E111",)),
    Mutation("zip-foreign-name", _plus("data/\xe9vil"), 1, ("E111",)),
    Mutation("zip-newline-name", _plus("data/ev\nil"), 1, ("E111",)),
    Mutation("zip-long-name", _plus("data/" + "x" * 300), 1, ("E111",)),
    Mutation("zip-link", _with_entry(mode=0o120777), 1, ("E113",)),
    Mutation("zip-link-added", _plus("data/link", mode=0o120777), 1, ("E113",)),
    Mutation("zip-device", _plus("data/device", mode=0o060644), 1, ("E113",)),
    Mutation("zip-deflated", _deflated(100), 1, ("E114",)),
    Mutation("zip-bomb", _deflated(50_000_000), 1, ("E114",)),
    Mutation("zip-size-lie", _with_entry(stored=b"<html>"), 1, ("E114",)),
    Mutation("zip-date", _with_entry(date=0x5A21), 1, ("E110",)),
    Mutation("zip-time", _with_entry(time=1), 1, ("E110",)),
    Mutation("zip-mode", _with_entry(mode=0o100755), 1, ("E110",)),
    Mutation("zip-made-by", _with_entry(made_by=0x0314), 1, ("E110",)),
    Mutation("zip-encrypted", _with_entry(flags=1), 1, ("E110",)),
    Mutation("zip-internal", _with_entry(internal=1), 1, ("E110",)),
    Mutation("zip-extra-local", _with_entry(local_extra=b"\xfe\xca\x00\x00"), 1, ("E110",)),
    Mutation("zip-extra-central", _with_entry(central_extra=b"\xfe\xca\x00\x00"), 1, ("E110",)),
    Mutation("zip-entry-comment", _with_entry(comment=b"x"), 1, ("E110",)),
    Mutation("zip-gap", _with_entry(gap=b"hidden"), 1, ("E110",)),
    Mutation("zip-local-name", _with_entry(local_name="data/evil.htm"), 1, ("E110",)),
    Mutation("zip-crc", _with_entry(crc=1), 1, ("E110",)),
]

CORPUS: list[Mutation] = [*CONTENT, *MANIFESTS, *SIGNATURES, *TIMESTAMPS, *INSIDE, *CONTAINERS]
TIMESTAMPING, CODE_SIGNING = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING
