"""Closing again: files added or left out, sealed ones untouched."""

from datetime import timedelta
from pathlib import Path

import pytest

from evidence import closing
from evidence.container import Source
from evidence.errors import MalformedError, PackageError
from evidence.package import open_package
from evidence.seal import Sealed
from evidence.verify import verify
from tests.data.evidence.workshop import AT, Workshop

LATER = AT + timedelta(hours=1)


def test_export_adds_readers(workshop: Workshop, sealed: Sealed, tmp_path: Path) -> None:
    """The report key closes again; the package still stands, and the same again gives the same bytes."""
    package = open_package(sealed.path)
    added: dict[str, Source] = {"viewer/index.html": b"<p>x", "verifier.html": sealed.path.parent / "reader"}
    (sealed.path.parent / "reader").write_bytes(b"reader")
    made = [
        closing.close_again(package, tmp_path / name, signer=workshop.keys.report, at=AT, added=added)
        for name in ("a.zip", "b.zip")
    ]
    assert made[0].path.read_bytes() == made[1].path.read_bytes()
    assert made[0].sha256 == made[1].sha256
    assert made[0].size == made[0].path.stat().st_size
    report = verify(made[0].path, trust=workshop.trust(), at=LATER)
    assert {step.code for step in report.steps} == {"OK", "W320"}


def test_leaving_out_the_report(workshop: Workshop, sealed: Sealed, tmp_path: Path) -> None:
    """It is told as not there."""
    package = open_package(sealed.path)
    made = closing.close_again(package, tmp_path / "x.zip", signer=workshop.keys.seal, at=AT, without=("report.pdf",))
    report = verify(made.path, trust=workshop.trust(), at=LATER)
    assert {step.code for step in report.steps} == {"OK", "W320", "N001"}


@pytest.mark.parametrize("name", ["data/dom.html", "data/new.html", "meta/seal.json"])
def test_what_was_sealed_stays(workshop: Workshop, sealed: Sealed, tmp_path: Path, name: str) -> None:
    """No file of the seal is replaced, and none is put among the originals."""
    with pytest.raises(PackageError, match="beside what was sealed"):
        closing.close_again(
            open_package(sealed.path), tmp_path / "x.zip", signer=workshop.keys.seal, at=AT, added={name: b"x"}
        )


def test_refusals(workshop: Workshop, sealed: Sealed, tmp_path: Path) -> None:
    """A file that is there, a name that has no place, nothing that was sealed."""
    package = open_package(sealed.path)
    with pytest.raises(PackageError, match="new file"):
        closing.close_again(package, sealed.path, signer=workshop.keys.seal, at=AT)
    with pytest.raises(MalformedError, match="may be in a package"):
        closing.close_again(package, tmp_path / "x.zip", signer=workshop.keys.seal, at=AT, added={"notes.txt": b"x"})
    with pytest.raises(MalformedError, match="tag manifest"):
        closing.close({}, workshop.keys.seal, AT)
    assert list(tmp_path.iterdir()) == []
