"""Exports: packages leave the store for a purpose, one by one or a whole case with an index.

Who, why and when go into the chain of custody before the file appears under its name.
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from evidence import custody, export, intake
from evidence.export import Aids, Exported
from evidence.package import open_package
from evidence.redact import Order, redact
from evidence.store import Store
from evidence.trust import load as load_trust
from evidence.verdict import EXIT_FAILED, EXIT_UNREADABLE
from evidence.verifier import page
from evidence.verify import verify
from kernel import audit
from kernel.clock import iso, now
from kernel.config import ROOT, Settings
from kernel.db import Database
from kernel.models import Evidence
from kernel.pid import is_over
from pipeline.errors import UsageError

VIEWER = ROOT / "api" / "ui" / "static" / "vendor" / "replaywebpage"
INDEX = "index"
STALE = timedelta(hours=1)
SUFFIX = ".evidence.zip"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a package is to leave.

    Attributes:
        actor: account. purpose: why, in words. as_stored: the stored bytes, without reading aids.
        redaction: what is withheld, if anything.
    """

    actor: str
    purpose: str
    role: str = ""
    as_stored: bool = False
    redaction: Order | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where packages leave from: settings, records, store."""

    config: Settings
    database: Database
    store: Store


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a case's index. Times are RFC 3339 text."""

    id: str
    url: str
    root_sha256: str
    captured_at: str
    sealed_at: str
    completeness: str
    file: str
    sha256: str
    verdict: str


def reading_aids() -> Aids:
    """The browser's verifier and the offline viewer that this release carries."""
    return Aids(page.html(), VIEWER if VIEWER.is_dir() else None)


def require_sealed(database: Database, evidence_id: str) -> Evidence:
    """The row of sealed evidence.

    Raises:
        UsageError: unknown, or not sealed.
    """
    with database.read() as session:
        row = session.get(Evidence, evidence_id)
        if row is None or row.state != intake.SEALED:
            state = row.state if row else "unknown"
            raise UsageError(f"expected sealed evidence, {evidence_id} is {state}", hint="wangjian evidence list")
        session.expunge(row)
        return row


def note_export(
    database: Database, row: Evidence, wanted: Wanted, at: datetime, detail: dict[str, object] | None = None
) -> None:
    """Write who takes a package, and why.

    Effects: tables ``custody_event``, ``audit``, ``log_leaf``.
    """
    with database.write() as session:
        custody.append(
            session,
            evidence_id=row.id,
            action="exported",
            actor=wanted.actor,
            role=wanted.role,
            purpose=wanted.purpose,
            object_sha256=row.root_sha256,
            detail=detail,
            at=at,
        )
        audit.append(
            session,
            actor=wanted.actor,
            action="evidence.export",
            object_type="evidence",
            object_id=row.id,
            detail={"purpose": wanted.purpose, **(detail or {})},
            at=at,
        )


def sweep(beside: Path) -> None:
    """Take away what killed processes left of earlier exports to the same name.

    Only where the process is gone and the file has not changed for an hour: on a shared folder another machine may
    be at work, whose processes are not seen here.

    Effects: hidden files beside ``beside``.
    """
    tail = r"\.(\d{1,10})\.(?:stored|made)(?:\.[0-9a-f]{16}|\.\d{1,10}\.part)?"
    form = re.compile(rf"\.+{re.escape(beside.name)}{tail}")
    old = now() - STALE
    for path in beside.parent.glob(".*") if beside.parent.is_dir() else ():
        found = form.fullmatch(path.name)
        if found and is_over(int(found[1])) and datetime.fromtimestamp(path.stat().st_mtime, UTC) < old:
            path.unlink(missing_ok=True)


@contextmanager
def fetched(store: Store, row: Evidence, beside: Path) -> Iterator[Path]:
    """A copy of the stored package, re-hashed, beside where it will be used; it goes with the block."""
    sweep(beside)
    copy = beside.with_name(f".{beside.name}.{os.getpid()}.stored")
    copy.unlink(missing_ok=True)
    try:
        yield store.fetch(row.store_key, copy)
    finally:
        copy.unlink(missing_ok=True)


def export_one(desk: Desk, evidence_id: str, out: Path, wanted: Wanted) -> str:
    """Write one sealed package to a new file, for a purpose.

    Returns:
        the verdict over what was written, or empty for stored bytes, which are not judged.

    Raises:
        UsageError: not sealed, or ``out`` is there. ExportFailedError, StoreError: nothing is written.

    Effects: ``out``; tables ``custody_event``, ``audit``.
    """
    if out.exists():
        raise UsageError(f"expected a new file, {out} is there", hint="Choose another name.")
    row = require_sealed(desk.database, evidence_id)
    with fetched(desk.store, row, out) as stored:
        if wanted.as_stored:
            note_export(desk.database, row, wanted, now())
            stored.rename(out)
            return ""
        aside = out.with_name(f".{out.name}.{os.getpid()}.made")
        aside.unlink(missing_ok=True)
        try:
            done, detail = _made(desk, stored, aside, wanted)
            note_export(desk.database, row, wanted, now(), detail)
            aside.rename(out)
        finally:
            aside.unlink(missing_ok=True)
    return done.report.verdict


def _made(desk: Desk, stored: Path, aside: Path, wanted: Wanted) -> tuple[Exported, dict[str, object]]:
    """The package as it is to leave, and what custody says of it."""
    if wanted.redaction is None:
        done = export.export(stored, aside, settings=desk.config, at=now(), aids=reading_aids())
        return done, {"file_sha256": done.packed.sha256}
    done = redact(stored, aside, wanted.redaction, settings=desk.config, at=now(), aids=reading_aids())
    withheld = len(open_package(stored).members.keys() - done.packed.files.keys())
    return done, {"file_sha256": done.packed.sha256, "redacted_by": wanted.redaction.officer, "left_out": withheld}


def sealed_of_case(database: Database, case: str) -> list[str]:
    """Identifiers of all sealed evidence of a case, oldest first."""
    query = select(Evidence.id).where(Evidence.case_number == case, Evidence.state == intake.SEALED)
    with database.read() as session:
        return list(session.execute(query.order_by(Evidence.sealed_at, Evidence.id)).scalars())


def export_case(desk: Desk, case: str, folder: Path, wanted: Wanted) -> Iterator[Line]:
    """Export all sealed evidence of a case into a folder, with an index; one line as each is done.

    What is there already and verifies is kept, so that the same command goes on where it stopped. The index is
    written anew after each package and always tells what is in the folder.

    Raises:
        UsageError: the case has no sealed evidence.

    Effects: files in ``folder``; tables ``custody_event``, ``audit``.
    """
    found = sealed_of_case(desk.database, case)
    if not found:
        raise UsageError(f"expected sealed evidence of case {case}, got none", hint="wangjian evidence list")
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[Line] = []
    for evidence_id in found:
        out = folder / f"{evidence_id}{SUFFIX}"
        row = require_sealed(desk.database, evidence_id)
        verdict, sha256 = _judge(desk.config, row, out) if out.exists() else ("", "")
        if not verdict:
            out.unlink(missing_ok=True)
            export_one(desk, evidence_id, out, wanted)
            verdict, sha256 = _judge(desk.config, row, out)
        lines.append(_line(row, out.name, sha256, verdict or "FAILED"))
        write_index(folder, case, lines)
        yield lines[-1]


def _judge(config: Settings, row: Evidence, out: Path) -> tuple[str, str]:
    """Verdict over a written package and SHA-256 of it; empty where it does not stand or is another's."""
    report = verify(out, trust=load_trust(config.trust_path()), at=now())
    stands = report.exit_code not in {EXIT_FAILED, EXIT_UNREADABLE} and report.root_sha256 == row.root_sha256
    return (report.verdict, export.sha256_of(out)) if stands else ("", "")


def _line(row: Evidence, name: str, sha256: str, verdict: str) -> Line:
    captured, sealed = (iso(at) if at else "" for at in (row.captured_at, row.sealed_at))
    return Line(row.id, row.url, row.root_sha256, captured, sealed, row.completeness, name, sha256, verdict)


def write_index(folder: Path, case: str, lines: list[Line]) -> None:
    """``index.csv`` and ``index.json``, each replaced whole.

    Cells that a spreadsheet would take for a formula get an apostrophe; the JSON has them as they are.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([field.name for field in fields(Line)])
    for line in lines:
        writer.writerow(
            [f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell for cell in asdict(line).values()]
        )
    value = {"case": case, "evidence": [asdict(line) for line in lines]}
    for name, data in (
        (f"{INDEX}.csv", ("\ufeff" + sheet.getvalue()).encode()),
        (f"{INDEX}.json", json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"),
    ):
        aside = folder / f".{name}.part"
        aside.write_bytes(data)
        aside.replace(folder / name)
