"""Sealing from order to store, with other people's tools as judges."""

import asyncio
import hashlib
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as ax509  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from evidence import custody, intake, seal
from evidence.errors import DiskFullError, TsaUnavailableError
from evidence.package import extract
from evidence.store import open_store
from evidence.verify import verify
from kernel.db import Database
from tests.data.evidence.workshop import AT, URL, Workshop, custody_of, make_capture, open_workshop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """One installation."""
    with open_workshop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(shop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package, unpacked."""
    return extract(shop.seal("ev-judged").path, tmp_path_factory.mktemp("judged") / "bag")


def run(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command line without a shell."""
    return subprocess.run(command.split(), cwd=cwd, check=False, capture_output=True, text=True)


def test_sha256sum_agrees(folder: Path) -> None:
    """The manifests are sha256sum files as they stand."""
    command = "sha256sum -c --strict --quiet tagmanifest-sha256.txt manifest-sha256.txt seal/closing-sha256.txt"
    assert run(command, folder).returncode == 0


def test_openssl_agrees_on_the_signature(folder: Path, shop: Workshop) -> None:
    """Openssl cms -verify -cades, with the published root alone."""
    root = shop.settings.trust_path() / "seal.pem"
    base = f"openssl cms -verify -cades -binary -inform DER -CAfile {root} -purpose any -attime {int(AT.timestamp())}"
    for signature, content in (
        ("seal/tagmanifest.p7s", "tagmanifest-sha256.txt"),
        ("seal/closing.p7s", "seal/closing-sha256.txt"),
    ):
        assert run(f"{base} -in {signature} -content {content} -out /dev/null", folder).returncode == 0
    assert run(f"{base} -in seal/tagmanifest.p7s -content bagit.txt -out /dev/null", folder).returncode != 0


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_openssl_agrees_on_the_timestamps(folder: Path, shop: Workshop, name: str) -> None:
    """Openssl ts -verify under the root of that service, and not under the other's."""
    base = f"openssl ts -verify -data seal/checkpoint.note -in seal/checkpoint.note.{name}.tsr"
    other = {"alpha": "beta", "beta": "alpha"}[name]
    assert run(f"{base} -CAfile {shop.settings.trust_path()}/tsa-{name}.pem", folder).returncode == 0
    assert run(f"{base} -CAfile {shop.settings.trust_path()}/tsa-{other}.pem", folder).returncode != 0


def test_pdfsig_agrees(folder: Path) -> None:
    """Poppler calls the report's signature valid and covering the whole document."""
    said = run("pdfsig -nocert report.pdf", folder)
    assert "Signature is Valid" in said.stdout
    assert "Total document signed" in said.stdout
    assert "ETSI.CAdES.detached" in said.stdout
    (folder / "cut.pdf").write_bytes((folder / "report.pdf").read_bytes().replace(b"/Count", b"/Caunt", 1))
    said = run("pdfsig -nocert cut.pdf", folder)
    (folder / "cut.pdf").unlink()
    assert "Signature is Valid" not in said.stdout


def test_pyhanko_agrees(folder: Path, shop: Workshop) -> None:
    """PyHanko's own validator, with the published roots of reports and of timestamps as its only trust."""
    reports, services = (
        ValidationContext(
            trust_roots=[ax509.Certificate.load(root.public_bytes(Encoding.DER)) for root in shop.trust().roots(use)],
            moment=AT,
            allow_fetching=False,
        )
        for use in ("report", "timestamp")
    )
    with (folder / "report.pdf").open("rb") as stream:
        signature = PdfFileReader(stream).embedded_regular_signatures[0]
        status = asyncio.run(async_validate_pdf_signature(signature, reports, services))
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_REVISION
    assert status.modification_level is ModificationLevel.LTA_UPDATES


def test_report_quotes_the_root(folder: Path) -> None:
    """Page 1 has the root in groups of four, as text."""
    root = hashlib.sha256((folder / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
    page = run("pdftotext -l 1 report.pdf -", folder).stdout
    assert root in "".join(page.split())
    assert " ".join((root[:4], root[4:8], root[8:12])) in page


def test_from_order_to_store(shop: Workshop, database: Database, tmp_path: Path) -> None:
    """Order, capture, a service that is down, a later try, store, fetch, verify."""
    with database.write() as session:
        row = intake.order(
            session, key="k", url=URL, shop_id=None, listing_id=None, reason="order", purpose="核查", actor="a", at=AT
        )
        intake.transition(session, row, "capturing", actor="system:capture", at=AT)
        intake.transition(session, row, "captured", actor="system:capture", at=AT)
        chain = custody.events(session, row.id)
    source = make_capture(tmp_path / "capture", evidence_id=row.id)

    def attempt() -> seal.Sealed:
        return seal.seal(
            source,
            evidence_id=row.id,
            custody=chain,
            sealer=shop.sealer,
            at=AT,
            work_dir=tmp_path / "work",
        )

    shop.servers["beta"].fault = "500"
    with pytest.raises(TsaUnavailableError) as refused:
        attempt()
    shop.servers["beta"].fault = ""
    assert list((tmp_path / "work").iterdir()) == []
    with database.write() as session:
        row = session.merge(row)
        intake.defer(session, row, refused.value, retry_at=AT + timedelta(minutes=1))
        assert row.state == "captured"
    sealed = attempt()
    store = open_store(shop.settings)
    key = store.put(sealed.path, sha256=sealed.sha256)
    with database.write() as session:
        row = session.merge(row)
        intake.transition(session, row, "sealed", actor="system:seal", at=AT, object_sha256=sealed.root_sha256)
        assert custody.verify_chain(session, row.id) == 3
    fetched = store.fetch(key, tmp_path / "fetched.zip")
    report = verify(fetched, trust=shop.trust(), at=AT)
    assert (report.exit_code, report.evidence_id, report.root_sha256) == (3, row.id, sealed.root_sha256)


def test_full_disk(shop: Workshop, tmp_path: Path) -> None:
    """No room at any point of sealing: a typed error, nothing visible, and success once there is room."""
    source = make_capture(tmp_path / "capture", evidence_id="ev-full")
    (source / "data/capture.wacz").write_bytes(bytes(400_000))
    disk = tmp_path / "disk"
    disk.mkdir()
    for size in (4, 16, 64, 128, 300):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)], check=True)  # noqa: S607 - a system tool
        try:
            with pytest.raises(DiskFullError) as refused:
                _seal_into(shop, source, disk / "work")
            assert refused.value.hint
            assert [path for path in disk.rglob("*") if path.is_file()] == []
        finally:
            subprocess.run(["umount", str(disk)], check=True)  # noqa: S607 - a system tool
    assert _seal_into(shop, source, disk / "work").path.exists()


def _seal_into(shop: Workshop, source: Path, work: Path) -> seal.Sealed:
    return seal.seal(
        source,
        evidence_id="ev-full",
        custody=custody_of("ev-full"),
        sealer=shop.sealer,
        at=AT,
        work_dir=work,
    )
