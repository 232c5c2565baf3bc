"""Exports: reading aids added, the report made where there is none, verified before anybody gets them."""

from datetime import timedelta
from pathlib import Path

import pytest

from evidence import closing, export, keys, manifest, retold
from evidence.errors import ExportFailedError, KeysError, MalformedError
from evidence.export import Aids
from evidence.package import open_package
from evidence.seal import Sealed
from kernel.config import Settings
from tests.data.evidence.corpus_redacted import renew
from tests.data.evidence.forge import Bag, flip
from tests.data.evidence.workshop import AT, Workshop

LATER = AT + timedelta(hours=1)


@pytest.fixture
def aids(tmp_path: Path) -> Aids:
    """A verifier and a viewer, small."""
    folder = tmp_path / "viewer"
    (folder / "replay").mkdir(parents=True)
    (folder / "ui.js").write_text("1")
    (folder / "replay/sw.js").write_text("2")
    return Aids(b"<p>verifier", folder)


def test_aids_and_report_are_added(workshop: Workshop, sealed: Sealed, tmp_path: Path, aids: Aids) -> None:
    """A package sealed without a report gets one; verdict and root stay those of the sealed package."""
    bare = tmp_path / "bare.zip"
    closing.close_again(open_package(sealed.path), bare, signer=workshop.keys.seal, at=AT, without=(manifest.REPORT,))
    done = export.export(bare, tmp_path / "out.zip", settings=workshop.settings, at=AT, aids=aids)
    assert {step.code for step in done.report.steps} == {"OK", "W320"}
    assert done.report.root_sha256 == sealed.root_sha256
    assert {"verifier.html", "viewer/index.html", "viewer/ui.js", "viewer/replay/sw.js", "report.pdf"} <= {
        *done.packed.files
    }
    assert done.packed.sha256 == export.sha256_of(tmp_path / "out.zip")


def test_without_services_the_report_is_left_out(workshop: Workshop, sealed: Sealed, tmp_path: Path) -> None:
    """It is told as N001; all else leaves."""
    bare = tmp_path / "bare.zip"
    closing.close_again(open_package(sealed.path), bare, signer=workshop.keys.seal, at=AT, without=(manifest.REPORT,))
    alone = workshop.settings.model_copy(update={"tsa_urls": ()})
    done = export.export(bare, tmp_path / "out.zip", settings=alone, at=AT, aids=Aids())
    assert {step.code for step in done.report.steps} == {"OK", "W320", "N001"}


def test_nothing_is_added_to_a_renewed_package(workshop: Workshop, bag: Bag, tmp_path: Path, aids: Aids) -> None:
    """Its archive timestamps name every file."""
    path = tmp_path / "renewed.zip"
    path.write_bytes(renew(bag).zip())
    assert export.is_renewed(open_package(path))
    done = export.export(path, tmp_path / "out.zip", settings=workshop.settings, at=AT, aids=aids)
    assert manifest.VERIFIER not in done.packed.files
    assert {step.code for step in done.report.steps} == {"OK", "W320"}


def test_without_an_archive_there_is_no_viewer(bag: Bag, tmp_path: Path, aids: Aids) -> None:
    """There would be nothing to see."""
    path = tmp_path / "x.zip"
    path.write_bytes(bag.put({"data/capture.wacz": None}).zip())
    assert set(aids.files(open_package(path))) == {"verifier.html"}
    assert Aids().files(open_package(path)) == {}


def test_a_damaged_package_does_not_leave(workshop: Workshop, bag: Bag, tmp_path: Path) -> None:
    """What does not verify is taken away again."""
    path, out = tmp_path / "bad.zip", tmp_path / "out.zip"
    path.write_bytes(bag.put({"data/dom.html": flip(bag.files["data/dom.html"], 3)}).zip())
    with pytest.raises(ExportFailedError, match="E101"):
        export.export(path, out, settings=workshop.settings, at=LATER, aids=Aids())
    assert not out.exists()


def test_the_signer_is_one_that_was_in_force_at_the_seal(sealed: Sealed, tmp_path: Path) -> None:
    """Years later the certificate has changed; the package is judged for its own time."""
    package = open_package(sealed.path)
    assert retold.sealed_time(package) == AT
    own = Settings(data_dir=tmp_path)
    now = export.closer_of(own, package, AT)
    assert keys.ensure_keys(own, AT + timedelta(days=365 * 6)).report.certificate != now.certificate
    assert export.closer_of(own, package, AT + timedelta(days=365 * 6)).certificate == now.certificate
    with pytest.raises(KeysError, match="in force"):
        keys.signer_then(own, "report", AT - timedelta(days=99), AT)


def test_without_timestamps_there_is_no_time(bag: Bag, tmp_path: Path) -> None:
    """Such a package was never sealed."""
    path = tmp_path / "x.zip"
    path.write_bytes(bag.put({name: None for name in bag.files if name.endswith(".tsr")}).zip())
    with pytest.raises(MalformedError, match="timestamps"):
        retold.sealed_time(open_package(path))
