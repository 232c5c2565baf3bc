"""Sealing: whole, deterministic where it can be, and nothing else than a whole package."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import container, manifest, report, seal, timestamp
from evidence.bag import SealOrder
from evidence.dossier import Dossier
from evidence.errors import (
    CaptureFolderError,
    ClockSkewError,
    CustodyBrokenError,
    EvidenceError,
    FontMissingError,
    TooFewTimestampsError,
)
from evidence.log.errors import LogError
from evidence.log.publisher import Published
from evidence.seal import Sealed
from evidence.verify import verify
from tests.data.evidence.forge import Bag, open_bag
from tests.data.evidence.workshop import AT, CUTS, Workshop, custody_of, make_capture


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
        "seal/checkpoint.note",
        "seal/item.tlog-proof",
        "seal/checkpoint.note.alpha.tsr",
        "seal/checkpoint.note.beta.tsr",
        "seal/salts.txt",
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
    """Sealed twice, all but log, timestamps and report is the same: the signature and so the entry too."""
    source = make_capture(workshop.folder / "capture-ev-twice", evidence_id="ev-twice")
    first = open_bag(workshop.seal_folder(source, "ev-twice").path, workshop)
    again = open_bag(workshop.seal_folder(source, "ev-twice").path, workshop)
    differing = {name for name, data in first.files.items() if again.files[name] != data}
    assert differing <= {
        "report.pdf",
        "seal/checkpoint.note",
        "seal/checkpoint.note.alpha.tsr",
        "seal/checkpoint.note.beta.tsr",
        "seal/closing-sha256.txt",
        "seal/closing.p7s",
        "seal/item.tlog-proof",
    }


def test_same_responses_same_bytes(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the log's answer and the timestamps of the first time the package is the same to the last byte."""
    source = workshop.whole_capture("ev-again")
    order = SealOrder(source, "ev-again", custody_of("ev-again", CUTS), report=False)

    def sealed() -> Sealed:
        outcome = seal.seal_batch([order], sealer=workshop.sealer, at=AT, work_dir=workshop.folder / "work")[0]
        assert outcome.sealed is not None
        return outcome.sealed

    first = sealed()
    data, files = first.path.read_bytes(), open_bag(first.path, workshop).files
    answer = Published(first.log_index, files[manifest.CHECKPOINT], files[manifest.PROOF])
    monkeypatch.setattr(workshop.log.__class__, "publish", lambda _self, _entries: (answer,))
    monkeypatch.setattr(timestamp, "stamp_all", lambda _note, _services, _at: first.timestamps)
    assert sealed().path.read_bytes() == data


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
            sealer=replace(workshop.sealer, timestampers=workshop.timestampers[:1]),
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
                sealer=workshop.sealer,
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
            sealer=workshop.sealer,
            at=AT,
            work_dir=tmp_path / "work",
        )


def test_batch_shares_one_checkpoint(workshop: Workshop) -> None:
    """Three captures, the middle one bad: two packages under one note and one pair of timestamps, one error."""
    orders = []
    for number in range(3):
        name = f"ev-batch-{number}"
        source = make_capture(workshop.folder / f"capture-{name}", evidence_id="ev-other" if number == 1 else name)
        orders.append(SealOrder(source, name, custody_of(name), report=False))
    size = len(workshop.log.leaves)
    first, bad, last = seal.seal_batch(orders, sealer=workshop.sealer, at=AT, work_dir=workshop.folder / "work")
    assert isinstance(bad.error, CaptureFolderError)
    assert bad.sealed is None
    assert first.sealed is not None
    assert last.sealed is not None
    assert (first.sealed.log_index, last.sealed.log_index) == (size, size + 1)
    assert first.sealed.timestamps == last.sealed.timestamps
    notes = {open_bag(one.path, workshop).files[manifest.CHECKPOINT] for one in (first.sealed, last.sealed)}
    assert len(notes) == 1
    for one in (first.sealed, last.sealed):
        found = verify(one.path, trust=workshop.trust(), at=AT)
        assert {step.code for step in found.steps} == {"OK", "W320", "W501", "W801", "W811", "W821", "N001"}


def test_a_timestamp_before_the_witnesses_is_no_evidence(workshop: Workshop) -> None:
    """A verifier would refuse the package: a service behind and a witness ahead are seen when they meet."""
    source = make_capture(workshop.folder / "capture-ev-order", evidence_id="ev-order")
    kept, workshop.log.at = workshop.log.at, AT + timedelta(minutes=5, seconds=1)
    try:
        with pytest.raises(ClockSkewError, match="after the witnesses"):
            workshop.seal_folder(source, "ev-order")
        workshop.log.at = AT + timedelta(minutes=5)
        assert workshop.seal_folder(source, "ev-order").path.is_file()
    finally:
        workshop.log.at = kept


def test_no_witness_no_evidence(workshop: Workshop) -> None:
    """The log fails closed: nothing appears, and each order of the batch has the error."""
    source = make_capture(workshop.folder / "capture-ev-log", evidence_id="ev-log")
    workshop.log.down = True
    try:
        with pytest.raises(LogError):
            workshop.seal_folder(source, "ev-log")
    finally:
        workshop.log.down = False
    assert left(workshop, "ev-log") == []
