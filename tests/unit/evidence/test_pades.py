"""Signatures of reports, with pyHanko's validator and poppler as second judges."""

import asyncio
import io
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as ax509  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import SignatureCoverageLevel
from pyhanko.sign.validation.ades import ades_lta_validation, simulate_future_ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from evidence import issuer, pades, report
from evidence.errors import ContentMismatchError, EvidenceError, MalformedError, SignatureError, UntrustedError
from evidence.report import Proof
from simulators.tsa.authority import make
from tests.data.evidence.forge import flip
from tests.data.evidence.records import full
from tests.data.evidence.workshop import AT, Workshop

ROOT = "0123456789abcdef" * 4
SOON = AT + timedelta(minutes=5)


def unsigned() -> bytes:
    """A small report."""
    return report.render(full(), Proof(ROOT, (("alpha", AT, "test"), ("beta", AT, "test"))))


def revocations(shop: Workshop) -> list[bytes]:
    """The lists of the report's root and of both services."""
    stored = (shop.settings.keys_path() / "authority" / "report-root.key").read_bytes()
    key = load_pem_private_key(stored, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    own = issuer.make_crl(shop.keys.report.issuers[-1], key, (), AT - timedelta(hours=1))
    return [own.public_bytes(Encoding.DER), *(data for service in shop.timestampers for data in service.lists)]


def long_term(shop: Workshop, pdf: bytes, lists: Sequence[bytes] = ()) -> bytes:
    """A report signed as the seal does it."""
    first, last = shop.timestampers
    signed = pades.sign(pdf, shop.keys.report, "Evidence ev-1", at=AT, service=first)
    return pades.archive(signed, shop.keys.report, last, at=AT, lists=lists, others=(first.root, last.root))


@pytest.fixture(scope="module")
def signed(workshop: Workshop) -> bytes:
    """One report, B-LTA."""
    return long_term(workshop, unsigned(), revocations(workshop))


def stamp_roots(shop: Workshop) -> tuple[x509.Certificate, ...]:
    """Roots of both services."""
    return shop.trust().roots("timestamp")


def check(shop: Workshop, pdf: bytes, at: datetime = AT) -> pades.Checked:
    """Our own check."""
    return pades.check(pdf, shop.keys.report.issuers, at, stamp_roots(shop))


def test_holds_under_the_report_root_alone(workshop: Workshop, signed: bytes) -> None:
    """The seal's root does not vouch for reports; unknown services prove no time."""
    checked = check(workshop, signed)
    pades.require_long_term(checked)
    assert checked.path[0] == workshop.keys.report.certificate
    assert checked.judged_at == AT
    with pytest.raises(UntrustedError):
        pades.check(signed, workshop.keys.seal.issuers, AT, stamp_roots(workshop))
    with pytest.raises(UntrustedError):
        pades.check(signed, workshop.keys.report.issuers, AT)
    with pytest.raises(UntrustedError):
        pades.check(signed, workshop.keys.report.issuers, AT, stamp_roots(workshop)[:1])


def test_judged_at_its_own_time(workshop: Workshop, signed: bytes) -> None:
    """Twenty years later the report's own timestamps say when its signer had to be valid."""
    assert check(workshop, signed, AT + timedelta(days=7300)).judged_at == AT
    bare = pades.sign(unsigned(), workshop.keys.report, "r", at=AT)
    with pytest.raises(UntrustedError):
        check(workshop, bare, AT + timedelta(days=7300))


def test_levels(workshop: Workshop) -> None:
    """B and T are good signatures but not for the long term."""
    for service in (None, workshop.timestampers[0]):
        checked = check(workshop, pades.sign(unsigned(), workshop.keys.report, "r", at=AT, service=service))
        with pytest.raises(SignatureError, match="over the file"):
            pades.require_long_term(checked)


def test_every_byte_counts(workshop: Workshop, signed: bytes) -> None:
    """Flips all over the file, a later revision, bytes cut off."""
    for place in range(0, len(signed), 997):
        try:
            check(workshop, flip(signed, place))
        except EvidenceError:
            continue
        # Inside the tokens some bytes bind nothing (copies of certificates that no path needs).
        assert b"/ByteRange" not in signed[place : place + 40]
        assert signed[place : place + 1] in b"0123456789abcdef"
    for spoilt in (signed + b"\n", signed[:-1], b"%PDF-1.7", b""):
        with pytest.raises((ContentMismatchError, MalformedError)):
            check(workshop, spoilt)


def test_same_responses_same_bytes(workshop: Workshop) -> None:
    """Without a service nothing is random."""
    pdf = unsigned()
    assert pades.sign(pdf, workshop.keys.report, "r", at=AT) == pades.sign(pdf, workshop.keys.report, "r", at=AT)


def test_signed_only_once(workshop: Workshop, signed: bytes) -> None:
    """The field is taken; a file of another maker is refused."""
    with pytest.raises(MalformedError, match="empty"):
        pades.sign(signed, workshop.keys.report, "r", at=AT)
    with pytest.raises(MalformedError, match="our form"):
        pades.sign(b"%PDF-1.7\n%%EOF\n", workshop.keys.report, "r", at=AT)


def test_renewed(workshop: Workshop, signed: bytes) -> None:
    """A timestamp over everything, again, years later: all of them hold, and pyHanko says so too."""
    first, last = workshop.timestampers
    keep = [workshop.servers[name].fixed_time for name in ("alpha", "beta")]
    later = AT + timedelta(days=4 * 365)
    for name in ("alpha", "beta"):
        workshop.servers[name].fixed_time = later
    try:
        renewed = signed
        for service in (first, last):
            renewed = pades.archive(
                renewed, workshop.keys.report, service, at=later, lists=service.lists, others=(service.root,)
            )
    finally:
        for name, at in zip(("alpha", "beta"), keep, strict=True):
            workshop.servers[name].fixed_time = at
    checked = check(workshop, renewed)
    assert [stamp.gen_time for stamp in checked.stamps] == [AT, AT, later, later]
    assert checked.judged_at == AT
    result = _ades(workshop, renewed, at=later + timedelta(minutes=5))
    assert result.ades_subindic == AdESPassed.OK  # type: ignore[attr-defined]
    with pytest.raises(EvidenceError):
        check(workshop, renewed.replace(b"/T (WangjianArchive2)", b"/T (WangjianArchiv!2)"))


def test_a_timestamp_of_something_else(workshop: Workshop, signed: bytes) -> None:
    """The token of another report in the archive's place."""
    other = long_term(workshop, report.render(replace(full(), title="another"), Proof(ROOT, ())))
    mine, theirs = signed.rindex(b"/Contents <") + 11, other.rindex(b"/Contents <") + 11
    room = 2 * pades.TOKEN_BYTES
    swapped = signed[:mine] + other[theirs : theirs + room] + signed[mine + room :]
    with pytest.raises(ContentMismatchError):
        check(workshop, swapped)


def test_quoted_root(signed: bytes) -> None:
    """One root, found as text."""
    assert pades.quoted_root(signed) == ROOT
    with pytest.raises(SignatureError):
        pades.quoted_root(b"nothing")


# --- second judges
def _spec(shop: Workshop, roots: Sequence[x509.Certificate] = ()) -> PdfSignatureValidationSpec:
    def policy(trusted: Sequence[x509.Certificate]) -> CertValidationPolicySpec:
        anchors = [ax509.Certificate.load(root.public_bytes(Encoding.DER)) for root in trusted]
        return CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=anchors),
            revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
        )

    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=policy(roots or shop.keys.report.issuers),
            ts_cert_validation_policy=policy(stamp_roots(shop)),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
            ),
        )
    )


def _ades(shop: Workshop, pdf: bytes, roots: Sequence[x509.Certificate] = (), at: datetime = SOON) -> object:
    embedded = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[0]
    timing = ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)
    return asyncio.run(ades_lta_validation(embedded, _spec(shop, roots), timing_info=timing))


def test_pyhanko_validates_the_long_term_level(workshop: Workshop, signed: bytes) -> None:
    """ETSI EN 319 102-1, with its own trust settings and no network; only validation data came later."""
    result = _ades(workshop, signed)
    assert result.ades_subindic == AdESPassed.OK, result.failure_msg  # type: ignore[attr-defined]
    status = result.api_status  # type: ignore[attr-defined]
    assert status.bottom_line
    assert status.modification_level == ModificationLevel.LTA_UPDATES
    assert status.coverage == SignatureCoverageLevel.ENTIRE_REVISION


def test_pyhanko_still_does_when_the_signer_has_expired(workshop: Workshop, signed: bytes) -> None:
    """Seven years on, on the ground of what the report carries."""
    embedded = PdfFileReader(io.BytesIO(signed)).embedded_regular_signatures[0]
    later = AT + timedelta(days=7 * 365)
    result = asyncio.run(simulate_future_ades_lta_validation(embedded, _spec(workshop), later))
    assert result.ades_subindic == AdESPassed.OK


def test_pyhanko_refuses_too(workshop: Workshop, signed: bytes) -> None:
    """Other roots, missing revocation data, changed bytes: its settings bite."""
    foreign, _ = make("foreign", AT)
    without = long_term(workshop, unsigned())
    for result in (_ades(workshop, signed, [foreign.root]), _ades(workshop, without)):
        assert result.ades_subindic != AdESPassed.OK  # type: ignore[attr-defined]
    changed = _ades(workshop, flip(signed, signed.index(b"stream") + 60))
    assert changed.ades_subindic != AdESPassed.OK  # type: ignore[attr-defined]


def test_poppler_sees_both(signed: bytes, tmp_path: Path) -> None:
    """Poppler finds the signature valid; document timestamps it can only list."""
    (tmp_path / "r.pdf").write_bytes(signed)
    command = ["pdfsig", "r.pdf"]
    told = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).stdout.decode()
    first, second = told.split("Signature #2:")
    assert "Signature is Valid" in first
    assert "ETSI.CAdES.detached" in first
    assert "Signing Time: Nov 25 2026" in first
    assert "WangjianArchive" in second
    assert "Total document signed" in second


def test_lists_that_no_longer_speak_of_the_signer_are_left_out(workshop: Workshop, signed: bytes) -> None:
    """An issuer leaves expired certificates out of its list; the lists of the services stay."""
    lists = revocations(workshop)
    ends = workshop.keys.report.certificate.not_valid_after_utc
    _, last = workshop.timestampers
    found = []
    for at in (AT + timedelta(days=1), ends + timedelta(days=1)):
        _move(workshop, at)
        pdf = pades.archive(signed, workshop.keys.report, last, at=at, lists=lists)
        found.append(len(DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(pdf))).crls))
    _move(workshop, AT)
    assert found[0] - found[1] == 1


def _move(shop: Workshop, at: datetime) -> None:
    for server in shop.servers.values():
        server.fixed_time = at
