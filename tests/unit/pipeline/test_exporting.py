"""Exports from the store: one package, and all of a case with an index."""

import csv
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from evidence import custody
from evidence.seal import Sealed
from evidence.store_files import FileStore
from kernel.db import Database
from kernel.models import AuditEntry, Evidence
from pipeline import exporting
from pipeline.errors import UsageError
from pipeline.exporting import Desk, Line, Wanted, export_case, export_one, sweep
from pipeline.wiring import open_database
from tests.data.evidence.workshop import AT, Workshop, open_workshop

CASE = "测试案〔2026〕1号"
WHY = Wanted("li", "移送法院", role="investigator")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Keys and two timestamp services of test trust."""
    with open_workshop(tmp_path_factory.mktemp("workshop")) as opened:
        yield opened


@pytest.fixture(scope="module")
def packages(workshop: Workshop) -> tuple[Sealed, ...]:
    """Two good packages."""
    return tuple(workshop.seal(name) for name in ("ev-a", "ev-b"))


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """An empty store."""
    return FileStore(tmp_path / "store", at=AT)


@pytest.fixture
def database(workshop: Workshop, packages: tuple[Sealed, ...], store: FileStore, tmp_path: Path) -> Iterator[Database]:
    """Both packages in a case, and an order."""
    opened = open_database(workshop.settings.model_copy(update={"data_dir": tmp_path / "records"}))
    with opened.write() as session:
        for name, sealed in (*zip(("ev-a", "ev-b"), packages, strict=True), ("ev-new", None)):
            session.add(
                Evidence(
                    id=name,
                    key=name,
                    url="=http://a.example.test/1",
                    reason="order",
                    state="sealed" if sealed else "ordered",
                    store_key=store.put(sealed.path, sha256=sealed.sha256) if sealed else "",
                    root_sha256=sealed.root_sha256 if sealed else "",
                    case_number=CASE,
                    ordered_by="li",
                    ordered_at=AT,
                    sealed_at=AT if sealed else None,
                )
            )
    yield opened
    opened.close()


def test_one_package_leaves_with_its_aids(
    workshop: Workshop, packages: tuple[Sealed, ...], store: FileStore, database: Database, tmp_path: Path
) -> None:
    """Closed again, verified, written down; or the stored bytes."""
    out, raw = tmp_path / "out.zip", tmp_path / "raw.zip"
    assert export_one(Desk(workshop.settings, database, store), "ev-a", out, WHY) == "RESERVED"
    assert b"viewer/index.html" in out.read_bytes()
    as_stored = Wanted("li", "移送", as_stored=True)
    assert export_one(Desk(workshop.settings, database, store), "ev-a", raw, as_stored) == ""
    assert raw.read_bytes() == packages[0].path.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["out.zip", "raw.zip"]
    with database.read() as session:
        events = custody.events(session, "ev-a")
        assert [(event.action, event.actor, event.purpose) for event in events] == [
            ("exported", "li", "移送法院"),
            ("exported", "li", "移送"),
        ]
        assert events[0].detail["file_sha256"]
        assert len(session.execute(select(AuditEntry)).all()) == 2
    for name, target in (("ev-new", tmp_path / "x"), ("ev-none", tmp_path / "x"), ("ev-a", out)):
        with pytest.raises(UsageError):
            export_one(Desk(workshop.settings, database, store), name, target, WHY)


def test_what_killed_exports_left_goes_when_it_is_old(tmp_path: Path) -> None:
    """Of the same name, of a process that is gone, an hour old; nothing else is touched."""
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    gone, out = ended.pid, tmp_path / "a.zip"
    left = [
        f".a.zip.{gone}.stored",
        f".a.zip.{gone}.made",
        f"..a.zip.{gone}.stored.{'ab' * 8}",
        f"..a.zip.{gone}.made.7.part",
    ]
    kept = [
        f".a.zip.{os.getpid()}.stored",
        f".b.zip.{gone}.stored",
        ".a.zip.x.stored",
        "a.zip",
        f".a.zip.{gone}.young.made",
    ]
    for name in (*left, *kept):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1, 1))
    young = tmp_path / f".a.zip.{gone}.made.{'cd' * 8}"
    young.touch()
    sweep(out)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, young.name])


def test_a_case_leaves_whole_and_goes_on_where_it_stopped(
    workshop: Workshop, packages: tuple[Sealed, ...], store: FileStore, database: Database, tmp_path: Path
) -> None:
    """Stopped after the first; the second run keeps what verifies, makes the rest, and does over what is damaged."""
    folder = tmp_path / "case"

    def go() -> Iterator[Line]:
        return export_case(Desk(workshop.settings, database, store), CASE, folder, WHY)

    first = next(go())
    assert first.file == "ev-a.evidence.zip"
    kept = (folder / first.file).stat().st_mtime_ns
    lines = list(go())
    assert (folder / first.file).stat().st_mtime_ns == kept
    assert [line.verdict for line in lines] == ["RESERVED", "RESERVED"]
    (folder / first.file).write_bytes(b"cut")
    assert next(go()).verdict == "RESERVED"
    assert len(list(go())) == len(packages)
    index = json.loads((folder / "index.json").read_text("utf-8"))
    assert index["case"] == CASE
    assert [one["root_sha256"] for one in index["evidence"]] == [one.root_sha256 for one in packages]
    rows = list(csv.DictReader((folder / "index.csv").read_text("utf-8-sig").splitlines()))
    assert [row["id"] for row in rows] == ["ev-a", "ev-b"]
    assert rows[0]["url"].startswith("'=")
    assert sorted(path.name for path in folder.iterdir()) == [
        "ev-a.evidence.zip",
        "ev-b.evidence.zip",
        "index.csv",
        "index.json",
    ]
    with database.read() as session:
        assert [len(custody.events(session, name)) for name in ("ev-a", "ev-b")] == [2, 1]
    with pytest.raises(UsageError, match="none"):
        next(export_case(Desk(workshop.settings, database, store), "other", folder, WHY))


def test_the_viewer_comes_with_the_release() -> None:
    """Its files lie where the web interface has them."""
    aids = exporting.reading_aids()
    viewer = aids.viewer
    assert b"verifyPackage" in aids.verifier
    assert viewer is not None
    assert (viewer / "ui.js").is_file()
