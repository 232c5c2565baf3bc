"""Sealing: whole, deterministic where it can be, and nothing else than a whole package."""

from datetime import timedelta
from pathlib import Path

import pytest

from evidence import container, report, seal
from evidence.dossier import Dossier
from evidence.errors import (
    CaptureFolderError,
    ClockSkewError,
    CustodyBrokenError,
    EvidenceError,
    FontMissingError,
    TooFewTimestampsError,
)
from evidence.seal import Sealed
from tests.data.evidence.forge import Bag, open_bag
from tests.data.evidence.workshop import AT, Workshop, custody_of, make_capture


def left(workshop: Workshop, evidence_id: str) -> list[str]:
    """What a failed seal left in the work folder."""
    work = workshop.folder / "work"
    return [path.name for path in work.iterdir() if evidence_id in path.name or path.name.startswith(".")]


def test_what_comes_out(sealed: Sealed, bag: Bag) -> None:
    """A bag with everything that the layout asks for, in ASCII names."""
    assert sealed.trust == "test"
    assert sealed.completeness == "COMPLETE"
    assert [stamp.name for stamp in sealed.timestamps] == ["alpha", "beta"]
    assert sealed.size == sealed.path.stat().st_size
    assert bag.files["bagit.txt"] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    assert b"External-Identifier: ev-unit\n" in bag.files["bag-info.txt"]
    expected = {
        "seal/tagmanifest.p7s",
        "seal/tagmanifest.p7s.alpha.tsr",
        "seal/tagmanifest.p7s.beta.tsr",
        "seal/closing.p7s",
        "report.pdf",
        "verify.sh",
        "README.txt",
        "manifest-sm3.txt",
        "meta/custody.jsonl",
    }
    assert expected <= set(bag.files)
    assert all(name.isascii() for name in bag.files)


def test_same_capture_same_sealed_bytes(workshop: Workshop) -> None:
    """Sealed twice, all but timestamps and the report's signature is the same."""
    first = open_bag(workshop.seal("ev-twice").path, workshop)
    again = open_bag(workshop.seal_folder(workshop.folder / "capture-ev-twice", "ev-twice").path, workshop)
    differing = {name for name, data in first.files.items() if again.files[name] != data}
    assert differing == {
        "report.pdf",
        "seal/closing-sha256.txt",
        "seal/closing.p7s",
        "seal/tagmanifest.p7s.alpha.tsr",
        "seal/tagmanifest.p7s.beta.tsr",
    }


def test_capture_is_only_read(workshop: Workshop) -> None:
    """The folder is as it was, to the modification time."""
    source = make_capture(workshop.folder / "capture-ev-read", evidence_id="ev-read")
    before = {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in source.rglob("*")}
    workshop.seal_folder(source, "ev-read")
    assert {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in source.rglob("*")} == before


@pytest.mark.parametrize(
    "fault", ["wrong-imprint", "wrong-nonce", "wrong-cert", "reject", "damaged", "500", "clock+3600"]
)
def test_no_timestamp_no_evidence(workshop: Workshop, fault: str) -> None:
    """Whatever is wrong with one service, no package appears; the next try succeeds."""
    workshop.servers["alpha"].fault = fault
    try:
        with pytest.raises(EvidenceError) as refused:
            workshop.seal("ev-fault")
    finally:
        workshop.servers["alpha"].fault = ""
    assert refused.value.code.startswith(("evidence.tsa_", "evidence.clock_skew"))
    assert left(workshop, "ev-fault") == []
    assert workshop.seal("ev-fault").path.exists()
    workshop.folder.joinpath("work", "ev-fault.evidence.zip").unlink()


def test_clock_off_by_an_hour(workshop: Workshop) -> None:
    """Our own clock is wrong: refused with its own code."""
    source = make_capture(workshop.folder / "capture-ev-clock", evidence_id="ev-clock")
    with pytest.raises(ClockSkewError):
        workshop.seal_folder(source, "ev-clock", AT + timedelta(hours=1))
    assert left(workshop, "ev-clock") == []


def test_one_service_is_not_enough(workshop: Workshop) -> None:
    """Two separate services or nothing."""
    source = make_capture(workshop.folder / "capture-ev-one", evidence_id="ev-one")
    with pytest.raises(TooFewTimestampsError):
        seal.seal(
            source,
            evidence_id="ev-one",
            custody=custody_of("ev-one"),
            keys=workshop.keys,
            timestampers=workshop.timestampers[:1],
            at=AT,
            work_dir=workshop.folder / "work",
        )


def test_custody_must_fold_and_belong(workshop: Workshop) -> None:
    """Nobody else's custody, none at all, or a changed one is sealed."""
    source = make_capture(workshop.folder / "capture-ev-chain", evidence_id="ev-chain")
    changed = custody_of("ev-chain")
    changed[0].actor = "somebody"
    for custody in ([], custody_of("ev-other"), changed):
        with pytest.raises(CustodyBrokenError):
            seal.seal(
                source,
                evidence_id="ev-chain",
                custody=custody,
                keys=workshop.keys,
                timestampers=workshop.timestampers,
                at=AT,
                work_dir=workshop.folder / "work",
            )


def test_capture_of_another_order(workshop: Workshop) -> None:
    """A folder that was made for other evidence is refused."""
    source = make_capture(workshop.folder / "capture-ev-x", evidence_id="ev-x")
    with pytest.raises(CaptureFolderError, match="ev-x"):
        workshop.seal_folder(source, "ev-y")


def test_capture_may_not_bring_the_seals_files(workshop: Workshop) -> None:
    """A capture that already has the seal's own records is refused."""
    source = make_capture(workshop.folder / "capture-ev-own", evidence_id="ev-own")
    (source / "meta/seal.json").write_text("{}")
    with pytest.raises(CaptureFolderError, match="made by the seal"):
        workshop.seal_folder(source, "ev-own")


def test_capture_that_changes_under_the_seal(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that change between hashing and packing are found."""
    source = make_capture(workshop.folder / "capture-ev-moving", evidence_id="ev-moving")
    real = report.render

    def render(dossier: Dossier, proof: report.Proof) -> bytes:
        (source / "data/dom.html").write_text("other")
        return real(dossier, proof)

    monkeypatch.setattr(report, "render", render)
    with pytest.raises(CaptureFolderError, match="stand still"):
        workshop.seal_folder(source, "ev-moving")
    assert left(workshop, "ev-moving") == []


def test_too_big_for_a_package(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the container cannot hold is refused as a capture."""
    monkeypatch.setattr(container, "LIMIT", 1000)
    with pytest.raises(CaptureFolderError, match="4 GiB"):
        workshop.seal("ev-large")


def test_no_font_no_package(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a Chinese font there is no report and so no package."""

    def find() -> tuple[Path, int]:
        raise FontMissingError("none")

    monkeypatch.setattr("evidence.font.find", find)
    with pytest.raises(FontMissingError):
        workshop.seal("ev-font")
    assert left(workshop, "ev-font") == []


def test_work_folder_that_cannot_be(workshop: Workshop, tmp_path: Path) -> None:
    """A file in the way is a typed error."""
    source = make_capture(tmp_path / "capture", evidence_id="ev-way")
    (tmp_path / "work").touch()
    with pytest.raises(EvidenceError, match="expected to seal"):
        seal.seal(
            source,
            evidence_id="ev-way",
            custody=custody_of("ev-way"),
            keys=workshop.keys,
            timestampers=workshop.timestampers,
            at=AT,
            work_dir=tmp_path / "work",
        )
