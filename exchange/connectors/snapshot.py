"""Snapshots: what a dropped file changes against the one before.

The two newest snapshots are kept, without the fields that may not be kept. A file that is read again, or whose reading
was cut short, changes nothing twice.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.connectors import fault, sheet, state
from exchange.connectors.errors import DropFileError
from exchange.connectors.intake import Intake
from exchange.connectors.linked import Connector
from exchange.connectors.row import Problem, Quarantined, SourceRow, digest_of
from exchange.connectors.sheet import DroppedFile
from kernel import audit
from kernel.batch import batched
from kernel.db import Database
from kernel.durable import synchronise
from kernel.models import LinkedRecord

ACTOR = "system:linked"
AT_ONCE = 500
GONE_BELIEVED = 50
NAMES_KEPT = 200
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Difference:
    """Keys of one snapshot against the one before."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> Difference:
    """What changed between two snapshots (key to digest), each in order of keys."""
    return Difference(
        new=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        gone=tuple(sorted(before.keys() - after.keys())),
    )


def take_dropped(database: Database, connector: Connector, folder: Path, keep: Path, *, clock: Clock) -> Counter[str]:
    """Take every new file of a folder, in order of names. A file that cannot be taken is noted and left.

    Args:
        folder: where the system drops. keep: where the snapshots of this system lie.

    Returns:
        what became of the rows, by word; ``failed`` for files.

    Effects: files in ``keep``; tables ``linked_record``, ``linked_fault``, ``linked_state``, ``audit``.
    """
    tally: Counter[str] = Counter()
    for path in sheet.dropped(folder):
        stamp = _stamp(path)
        with database.read() as session:
            if state.read(session, connector.system).files.get(path.name) == stamp:
                continue
        try:
            tally += take(database, connector, sheet.open_file(path), keep, clock=clock)
        except DropFileError as error:
            tally["failed"] += 1
            _refused(database, connector.system, path.name, error, clock())
        _remember(database, connector.system, path.name, stamp)
    return tally


def _stamp(path: Path) -> str:
    """Tells a file that was put there again."""
    found = path.stat()
    return f"{found.st_size}:{found.st_mtime_ns}"


def _refused(database: Database, system: str, name: str, error: DropFileError, at: datetime) -> None:
    with database.write() as session:
        bad = Quarantined("", 0, {}, (Problem("file", "file", error.message),))
        fault.put(session, system, bad, source=name, at=at)


def _remember(database: Database, system: str, name: str, stamp: str) -> None:
    with database.write() as session:
        how_far = state.of_system(session, system)
        how_far.files = dict(list({**how_far.files, name: stamp}.items())[-NAMES_KEPT:])


def take(database: Database, connector: Connector, file: DroppedFile, keep: Path, *, clock: Clock) -> Counter[str]:
    """Take one file.

    Raises:
        DropFileError: not readable, or so many records are gone that it is not believed. Nothing of it was taken.

    Effects: as ``take_dropped``.
    """
    rows, bad = _rows(connector, sheet.read(file))
    held = {one.key for one in bad}
    before = {key: digest for key, digest in _load(keep / "snapshot.jsonl").items() if key not in held}
    after = {key: digest_of(fields) for key, fields in rows.items()}
    found = difference(before, after)
    if not file.full:
        found = Difference(found.new, found.changed, ())
    if len(found.gone) > max(GONE_BELIEVED, len(before) // 5):
        raise DropFileError(
            f"expected a few records to be gone in {file.path.name}, got {len(found.gone)} of {len(before)}",
            hint="文件像是残缺的，未删任何记录 The file looks cut off; nothing was deleted.",
        )
    tally = _take_bad(database, Intake(connector, file.path.name, clock()), bad)
    wanted = [*found.new, *found.changed]
    for keys in batched(wanted, AT_ONCE):
        part = {key: rows[key] for key in keys}
        tally += _take_part(database, Intake(connector, file.path.name, clock()), part)
    tally += _take_gone(database, Intake(connector, file.path.name, clock()), found.gone)
    _store(keep, rows if file.full else {**_fields(keep / "snapshot.jsonl"), **rows})
    _done(database, connector, file, tally, clock())
    return tally


def _rows(
    connector: Connector, found: Iterable[Mapping[str, str]]
) -> tuple[dict[str, dict[str, object]], tuple[Quarantined, ...]]:
    """Fields that may be kept by key; rows without a key, and keys with two contradicting rows, are quarantined."""
    rows: dict[str, dict[str, object]] = {}
    bad: list[Quarantined] = []
    twice: set[str] = set()
    for row in found:
        kept, key = connector.keep(row), row.get(connector.key_field, "").strip()
        if not 0 < len(key) <= 100:
            bad.append(Quarantined("", 0, kept, (Problem(connector.key_field, "missing" if not key else "long"),)))
        elif key in rows and rows[key] != kept:
            twice.add(key)
        else:
            rows[key] = kept
    bad += [
        Quarantined(key, 0, rows.pop(key), (Problem(connector.key_field, "contradiction", "two rows"),))
        for key in sorted(twice)
    ]
    return rows, tuple(bad)


def _take_bad(database: Database, intake: Intake, bad: tuple[Quarantined, ...]) -> Counter[str]:
    with database.write() as session:
        taken = intake.take(session, (), bad)
        state.count(state.of_system(session, intake.connector.system), taken.tally)
    return taken.tally


def _take_part(database: Database, intake: Intake, part: Mapping[str, dict[str, object]]) -> Counter[str]:
    with database.write() as session:
        versions = _versions(session, intake.connector.system, part)
        taken = intake.take(session, [SourceRow(key, versions[key], intake.at, fields) for key, fields in part.items()])
        state.count(state.of_system(session, intake.connector.system), taken.tally)
    return taken.tally


def _versions(session: Session, system: str, part: Mapping[str, dict[str, object]]) -> dict[str, int]:
    """A file has no versions: other words than those we have are the next one."""
    query = select(LinkedRecord).where(LinkedRecord.system == system, LinkedRecord.key.in_(part))
    known = {record.key: record for record in session.execute(query).scalars()}
    return {
        key: 1
        if (record := known.get(key)) is None
        else record.version + (record.digest != digest_of(fields) or record.deleted_at is not None)
        for key, fields in part.items()
    }


def _take_gone(database: Database, intake: Intake, keys: tuple[str, ...]) -> Counter[str]:
    tally: Counter[str] = Counter()
    with database.write() as session:
        for part in batched(keys, AT_ONCE):
            query = select(LinkedRecord).where(
                LinkedRecord.system == intake.connector.system,
                LinkedRecord.key.in_(part),
                LinkedRecord.deleted_at.is_(None),
            )
            for record in session.execute(query).scalars().all():
                intake.gone(session, record)
                tally["gone"] += 1
        state.count(state.of_system(session, intake.connector.system), tally)
    return tally


def _done(database: Database, connector: Connector, file: DroppedFile, tally: Counter[str], at: datetime) -> None:
    with database.write() as session:
        how_far = state.of_system(session, connector.system)
        state.good(how_far, at)
        if file.full:  # a file of changes says nothing of what it does not hold
            how_far.keys_at = at
        detail: dict[str, object] = {
            "sha256": file.sha256,
            **{word: number for word, number in tally.items() if number},
        }
        audit.append(
            session, actor=ACTOR, action="linked.file", at=at, object_type="linked_state", object_id=file.path.name,
            detail=detail,
        )  # fmt: skip


def _fields(path: Path) -> dict[str, dict[str, object]]:
    """A kept snapshot: fields by key."""
    if not path.exists():
        return {}
    lines = path.read_text("utf-8").splitlines()
    return {key: fields for key, fields in (json.loads(line) for line in lines)}  # noqa: C416 - pairs, told as such


def _load(path: Path) -> dict[str, str]:
    return {key: digest_of(fields) for key, fields in _fields(path).items()}


def _store(keep: Path, rows: Mapping[str, dict[str, object]]) -> None:
    """The new snapshot; the one before stays beside it."""
    keep.mkdir(parents=True, exist_ok=True, mode=0o700)
    newest = keep / "snapshot.jsonl"
    if newest.exists():
        shutil.copyfile(newest, keep / "snapshot-before.jsonl")
    lines = "".join(json.dumps([key, rows[key]], ensure_ascii=False, sort_keys=True) + "\n" for key in sorted(rows))
    aside = keep / "snapshot.new"
    with aside.open("wb") as stream:
        stream.write(lines.encode())
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(newest)
    synchronise(keep)
