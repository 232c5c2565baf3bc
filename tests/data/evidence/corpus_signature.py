"""Mutations of signatures, timestamps and the report."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from asn1crypto import cms as acms  # type: ignore[import-untyped]
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from evidence.der import value_end
from evidence.signer import FileKey, Signer
from simulators.tsa.authority import Authority, make
from tests.data.evidence import forge
from tests.data.evidence.forge import CLOSING, SIGNATURE, Bag
from tests.data.evidence.mutation import ALPHA, BETA, CHECKPOINT, Mutation, Parts, edit, files, put, replaced, resealed
from tests.data.evidence.workshop import AT

CLOSING_SIGNATURE = "seal/closing.p7s"
TIMESTAMPING, CODE_SIGNING = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING


def foreign_signer() -> Signer:
    """A signer that certified itself."""
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


def _by_twin(bag: Bag) -> Bag:
    """One timestamp under the other listed root of its service, which has the same name."""
    return forge.restamp(bag, {"alpha": bag.shop.twin}).reclose()


def _unmarked(bag: Bag) -> Bag:
    """One timestamp whose certificate does not say which of two roots of one name it is under."""
    authority = bag.shop.authorities["alpha"]
    made = bent_authority(authority, bag.shop.root_keys["alpha"], [TIMESTAMPING], critical=True)
    return forge.restamp(bag, {"alpha": made}).reclose()


def _telling(bag: Bag) -> Bag:
    """Words around a timestamp, which nobody signed, say another time."""
    parsed = tsp.TimeStampResp.load(bag.files[ALPHA])
    parsed["status"]["status_string"] = ["granted\nTime stamp: Nov 24 12:00:00 2026 GMT"]
    return bag.put({ALPHA: bytes(parsed.dump())}).reclose()


def _report(bag: Bag, change: Callable[[bytes], bytes]) -> Bag:
    """The report's signature with something about it changed, in the room that it has."""
    pdf = bag.files["report.pdf"]
    start = pdf.index(b"/Contents <3") + 11
    end = pdf.index(b">", start)
    made = change(pdf[start:end])
    assert len(made) == end - start
    assert made != pdf[start:end]
    return bag.put({"report.pdf": pdf[:start] + made + pdf[end:]}).reclose()


def _more_unsigned(digits: bytes) -> bytes:
    """Another unsigned attribute beside the timestamp."""
    padded = bytes.fromhex(digits.decode())
    info = acms.ContentInfo.load(padded[: value_end(padded)])
    extra = acms.CMSAttribute({"type": "1.2.3.4.5", "values": [core.OctetString(b"x")]})
    info["content"]["signer_infos"][0]["unsigned_attrs"].append(extra)
    return bytes(info.dump()).hex().encode().ljust(len(digits), b"0")


def _fake_both(parts: Parts) -> Bag:
    return forge.restamp(parts.good, {name: make(name, AT)[0] for name in ("alpha", "beta")})


def _facts(bag: Bag, old: bytes, new: bytes) -> Bag:
    return resealed(replaced(bag, "meta/seal.json", old, new))


def _by_own(bag: Bag, place: int) -> Bag:
    """Sealed under a bureau's own authority, of which the trust list has one signer, not the root."""
    signer = bag.shop.own[place]
    return bag.put({"report.pdf": None}).resign(signer).relog().reclose(signer)


SIGNATURES: list[Mutation] = [
    Mutation("signature-missing", put(SIGNATURE, None), 1, ("E103",)),
    Mutation("signature-of-other", files(lambda p: p.good.swapped(SIGNATURE, p.other)), 1, ("E201", "E304")),
    Mutation("signature-value", edit(SIGNATURE, lambda d: forge.flip(d, -2)), 1, ("E203", "E304")),
    Mutation("signature-cut", edit(SIGNATURE, lambda d: d[:-5]), 1, ("E203",)),
    Mutation("signature-padded", edit(SIGNATURE, lambda d: d + b"\0"), 1, ("E203",)),
    Mutation("signature-ber", edit(SIGNATURE, forge.ber), 1, ("E203",)),
    Mutation("signature-unsigned-attribute", edit(SIGNATURE, forge.with_unsigned), 1, ("E203",)),
    Mutation("signature-garbage", put(SIGNATURE, b"garbage"), 1, ("E203",)),
    Mutation("signer-other-installation", files(lambda p: p.good.resign(p.foreign.shop.keys.seal)), 1, ("E202",)),
    Mutation(
        "signer-self-made",
        files(
            lambda p: forge.restamp(p.good.resign(foreign_signer()), p.good.shop.authorities).reclose(foreign_signer())
        ),
        1,
        ("E202",),
    ),
    Mutation("insider-signer-listed-itself", files(lambda p: _by_own(p.good, 0)), 3, ("N001", "W320")),
    Mutation("insider-signer-of-the-same-authority", files(lambda p: _by_own(p.good, 1)), 1, ("E202",)),
    Mutation("signer-report-key", files(lambda p: p.good.resign(p.good.shop.keys.report)), 1, ("E202",)),
    Mutation("package-other-installation", files(lambda p: p.foreign), 1, ("E202", "E304")),
    Mutation("closing-changed", edit(CLOSING, lambda d: d[d.index(b"\n") + 1 :]), 1, ("E102", "E104")),
    Mutation("closing-missing", put(CLOSING, None), 1, ("E103",)),
    Mutation("closing-signature-missing", put(CLOSING_SIGNATURE, None), 1, ("E103",)),
    Mutation("closing-signature-of-other", files(lambda p: p.good.swapped(CLOSING_SIGNATURE, p.other)), 1, ("E104",)),
    Mutation("closing-signature-value", edit(CLOSING_SIGNATURE, lambda d: forge.flip(d, -2)), 1, ("E203",)),
    Mutation("closing-signature-ber", edit(CLOSING_SIGNATURE, forge.ber), 1, ("E203",)),
    Mutation("closing-signature-padded", edit(CLOSING_SIGNATURE, lambda d: d + b"x"), 1, ("E203",)),
    Mutation("closing-unsigned-attribute", edit(CLOSING_SIGNATURE, forge.with_unsigned), 1, ("E203",)),
    Mutation("closing-report-key", files(lambda p: p.good.reclose(p.good.shop.keys.report)), 3, ("W320",)),
    Mutation("closing-node-key", files(lambda p: p.good.reclose(p.good.shop.keys.node)), 1, ("E202",)),
    Mutation("certificate-shown-changed", edit("seal/certs/seal-0.pem", lambda d: d + b"\n"), 1, ("E104",)),
    Mutation("certificate-shown-added", put("seal/certs/evil.pem", b"x"), 1, ("E102",)),
]

AGAIN = f"{CHECKPOINT}.again.tsr"


def _under_two_names(bag: Bag, at: datetime | None) -> Bag:
    """By an insider: instead of a second service the first once more, its answer copied or asked for anew."""
    answer = bag.files[ALPHA] if at is None else forge.stamped(bag.shop.authorities["alpha"], bag.files[CHECKPOINT], at)
    return bag.put({BETA: None, AGAIN: answer}).reclose()


def _third_name(bag: Bag) -> Bag:
    return bag.put({AGAIN: bag.files[ALPHA]}).reclose()


TIMESTAMPS: list[Mutation] = [
    Mutation("stamp-missing", put(ALPHA, None), 1, ("E103", "W311")),
    Mutation("stamps-missing", files(lambda p: p.good.put({ALPHA: None, BETA: None})), 1, ("E103", "E304")),
    Mutation("stamp-of-other", files(lambda p: p.good.swapped(ALPHA, p.other)), 1, ("E104", "W311")),
    Mutation(
        "stamps-of-other", files(lambda p: p.good.swapped(ALPHA, p.other).swapped(BETA, p.other)), 1, ("E301", "E304")
    ),
    Mutation(
        "stamps-exchanged",
        files(lambda p: p.good.put({ALPHA: p.good.files[BETA], BETA: p.good.files[ALPHA]})),
        1,
        ("E302", "E304"),
    ),
    Mutation("stamp-twice", files(lambda p: p.good.put({BETA: p.good.files[ALPHA]})), 1, ("E104", "W311")),
    Mutation("stamp-cut", edit(ALPHA, lambda d: d[:-9]), 1, ("E104", "W311")),
    Mutation("stamp-padded", edit(ALPHA, lambda d: d + b"\0"), 1, ("E104", "W311")),
    Mutation("stamp-value", edit(ALPHA, lambda d: forge.flip(d, -3)), 1, ("E104", "W311")),
    Mutation("stamp-garbage", put(ALPHA, b"garbage"), 1, ("E104", "W311")),
    Mutation("stamp-refusal", put(ALPHA, bytes.fromhex("30053003020102")), 1, ("E104", "W311")),
    Mutation(
        "stamp-unknown-authority",
        files(lambda p: forge.restamp(p.good, {"alpha": make("alpha", AT)[0]})),
        1,
        ("E104", "W311"),
    ),
    Mutation("stamps-unknown-authority", files(_fake_both), 1, ("E302", "E304")),
    Mutation(
        "stamp-third-unlisted",
        files(lambda p: p.good.put({f"{CHECKPOINT}.gamma.tsr": p.good.files[ALPHA]})),
        1,
        ("E102", "W311"),
    ),
    Mutation(
        "stamp-injected-certificate",
        files(
            lambda p: p.good.put(
                {ALPHA: forge.with_certificate(p.good.files[ALPHA], p.good.shop.authorities["beta"].root)}
            )
        ),
        1,
        ("E104",),
    ),
    Mutation(
        "stamp-later",
        files(lambda p: forge.restamp(p.good, {"alpha": p.good.shop.authorities["alpha"]}, AT + timedelta(days=9))),
        1,
        ("E104",),
    ),
    Mutation(
        "insider-one-stamp-unknown",
        files(lambda p: forge.restamp(p.good, {"alpha": make("alpha", AT)[0]}).reclose()),
        3,
        ("W311",),
    ),
    Mutation("insider-one-service-under-two-names", files(lambda p: _under_two_names(p.good, None)), 3, ("W314",)),
    Mutation("insider-one-service-asked-twice", files(lambda p: _under_two_names(p.good, AT)), 3, ("W314",)),
    Mutation("insider-three-names-two-services", files(lambda p: _third_name(p.good)), 3, ("W320",)),
    Mutation("insider-one-stamp", files(lambda p: p.good.put({ALPHA: None}).reclose()), 3, ("W311",)),
    Mutation("insider-no-stamp", files(lambda p: p.good.put({ALPHA: None, BETA: None}).reclose()), 1, ("E304",)),
    Mutation(
        "insider-stamps-before-certificate",
        files(lambda p: forge.restamp(p.good, p.good.shop.authorities, AT - timedelta(days=30)).reclose()),
        1,
        ("E302", "E304"),
    ),
    Mutation(
        "insider-resigned-old-stamps",
        files(lambda p: p.good.resign(at=AT + timedelta(seconds=9)).reclose()),
        1,
        ("E401", "E304"),
    ),
    Mutation("insider-stamp-without-key-identifier", files(lambda p: _unmarked(p.good)), 3, ("W320",)),
    Mutation("insider-stamp-telling-another-time", files(lambda p: _telling(p.good)), 3, ("W320",)),
    Mutation("insider-stamp-by-the-twin", files(lambda p: _by_twin(p.good)), 3, ("W320",)),
    Mutation("stamps-expired-since", files(lambda p: p.good), 3, ("W310",), AT + timedelta(days=4000)),
    Mutation("seal-expired-since", files(lambda p: p.good), 3, ("W310",), AT + timedelta(days=2000)),
    Mutation("node-expired-since", files(lambda p: p.good), 3, ("W310",), AT + timedelta(days=100)),
]

INSIDE: list[Mutation] = [
    Mutation("report-missing", put("report.pdf", None), 1, ("E103",)),
    Mutation("report-of-other", files(lambda p: p.good.swapped("report.pdf", p.other)), 1, ("E104", "E702")),
    Mutation("report-bit", edit("report.pdf", lambda d: forge.flip(d, 900)), 1, ("E104", "E701")),
    Mutation("report-appended", edit("report.pdf", lambda d: d + b"\n% more\n"), 1, ("E104", "E701")),
    Mutation("report-unsigned", put("report.pdf", b"%PDF-1.7\n%%EOF\n"), 1, ("E104", "E701")),
    Mutation(
        "report-signature-emptied",
        edit("report.pdf", lambda d: d.replace(d[d.index(b"/Contents <3") + 11 :][:400], b"0" * 400)),
        1,
        ("E701",),
    ),
    Mutation(
        "report-hidden-bytes",
        edit("report.pdf", lambda d: d[: d.rindex(b"00>")] + b"01>" + d[d.rindex(b"00>") + 3 :]),
        1,
        ("E701",),
    ),
    Mutation("insider-report-spaced", files(lambda p: _report(p.good, lambda d: d[:-4] + b" 0 0")), 1, ("E701",)),
    Mutation("insider-report-bracket", files(lambda p: _report(p.good, lambda d: d[:-2] + b"<0")), 1, ("E701",)),
    Mutation("insider-report-capitals", files(lambda p: _report(p.good, bytes.upper)), 1, ("E701",)),
    Mutation("insider-report-more-unsigned", files(lambda p: _report(p.good, _more_unsigned)), 1, ("E701",)),
    Mutation("insider-report-of-other", files(lambda p: p.good.swapped("report.pdf", p.other).reclose()), 1, ("E702",)),
    Mutation(
        "insider-report-other-keys", files(lambda p: p.good.swapped("report.pdf", p.foreign).reclose()), 1, ("E701",)
    ),
    Mutation(
        "insider-times",
        files(lambda p: _facts(p.good, b'"captured_to":"2026-11-25T07', b'"captured_to":"2026-11-25T09')),
        1,
        ("E501", "E702"),
    ),
    Mutation(
        "insider-times-turned",
        files(lambda p: _facts(p.good, b'"captured_to":"2026-11-25T07', b'"captured_to":"2026-11-25T06')),
        1,
        ("E501",),
    ),
    Mutation(
        "insider-times-gone",
        files(lambda p: _facts(p.good, b'"captured_to"', b'"captured_xx"')),
        1,
        ("E501",),
    ),
    Mutation(
        "insider-custody",
        files(
            lambda p: resealed(
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
        files(lambda p: resealed(p.good.swapped("meta/custody.jsonl", p.other))),
        1,
        ("E502",),
    ),
    Mutation("partial", files(lambda p: p.partial), 3, ("W601",)),
    Mutation("bad-tls", files(lambda p: p.bad_tls), 3, ("W602",)),
    Mutation("no-tls", files(lambda p: p.plain), 3, ("W603",)),
]
