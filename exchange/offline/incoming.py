"""Packages that come: taken volume by volume, opened once, answered with a return receipt."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.offline.errors import ContentError, OfflineError, OrderError, ReplayError
from exchange.offline.manifest import GENESIS
from exchange.offline.opening import Arrived, Hands, inspect, take_volumes, unpack
from exchange.offline.receipt import ACCEPTED, REFUSED, ReturnReceipt, write_receipt
from kernel import audit
from kernel.clock import as_utc
from kernel.db import Database
from kernel.models import OfflinePackage

IN = "in"
WAITING = "waiting"
ENDED = (ACCEPTED, REFUSED)
Accept = Callable[[Arrived, Mapping[str, Path], datetime], Sequence[Mapping[str, object]]]
"""Takes what a package holds, durably and once: the same again gives the same receipts of its messages."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an opening came to. Attributes: missing: volumes that must still come. receipt: the file to carry back."""

    package: str
    state: str
    missing: tuple[str, ...] = ()
    receipt: Path | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """Where packages come in. Attributes: root: our folder of incoming packages. receipts: where receipts are put."""

    hands: Hands
    accept: Accept
    root: Path
    receipts: Path


def open_package(database: Database, door: Door, medium: Path, *, actor: str, at: datetime) -> Outcome:
    """Take what a medium has of a package; with the last volume it is opened.

    Done again after a crash, or with the next medium, it goes on where it was. What is wrong with a volume is told and
    the others stay; what is wrong inside is the sender's fault, and the refusal goes back as a receipt.

    Args:
        medium: folder with the package's files. actor: who opens it. at: aware UTC.

    Raises:
        ForeignFileError, ManifestError, SignatureError, RecipientError: not a package for us.
        ReplayError: opened before; its receipt is written again. OrderError: not the next one.
        VolumeError: a volume with other bytes. ContentError: not what the manifest says.

    Effects: files; tables ``offline_package``, ``audit``; what ``accept`` does.
    """
    arrived = inspect(medium, door.hands)
    found = arrived.manifest
    with database.read() as session:
        row = session.get(OfflinePackage, found.id)
        last = _last(session, found.sender)
    if row is not None and row.state in ENDED:
        _refuse_replay(door, arrived, row)
    _require_next(arrived, last)
    staging, content = door.root / found.id / "volumes", door.root / found.id / "content"
    _keep(database, arrived, door.root / found.id, actor, at)
    try:
        missing = take_volumes(arrived, medium, staging)
        if missing:
            return Outcome(found.id, WAITING, missing)
        sheets = door.accept(arrived, unpack(arrived, staging, content), as_utc(at))
    except OfflineError as error:
        _fault(database, door, arrived, error, actor, at)
        raise
    receipt = _accept(database, door, arrived, sheets, actor, at)
    shutil.rmtree(staging, ignore_errors=True)
    return Outcome(found.id, ACCEPTED, receipt=receipt)


def _last(session: Session, peer: str) -> OfflinePackage | None:
    query = select(OfflinePackage).where(
        OfflinePackage.direction == IN, OfflinePackage.peer == peer, OfflinePackage.state.in_(ENDED)
    )
    return session.execute(query.order_by(OfflinePackage.number.desc()).limit(1)).scalar_one_or_none()


def _refuse_replay(door: Door, arrived: Arrived, row: OfflinePackage) -> None:
    if row.sha256 != arrived.sha256:
        raise OrderError(f"expected {row.id} as it came before, got another package of that number")
    path = write_receipt(row.receipt, arrived.hand, door.receipts)
    raise ReplayError(
        f"expected a package that is new, {row.id} was opened on {row.ended_at}",
        hint=f"回执已重新写出 its receipt was written again: {path}",
    )


def _require_next(arrived: Arrived, last: OfflinePackage | None) -> None:
    number, previous = (last.number + 1, last.sha256) if last else (1, GENESIS)
    found = arrived.manifest
    if found.number > number:
        raise OrderError(
            f"expected package {number} of {found.sender}, got {found.number}", hint="先导入前面的包 open those before."
        )
    if (found.number, found.prev_sha256) != (number, previous):
        raise OrderError(f"expected package {number} that follows {previous[:16]}…, got another one")


def _keep(database: Database, arrived: Arrived, folder: Path, actor: str, at: datetime) -> None:
    """A row for a package that has begun to come."""
    found = arrived.manifest
    with database.write() as session:
        row = session.get(OfflinePackage, found.id)
        if row is not None and row.sha256 != arrived.sha256:
            raise OrderError(f"expected {row.id} as it began to come, got another package of that number")
        if row is not None:
            row.error_code = row.error = ""
            return
        row = OfflinePackage(
            id=found.id,
            direction=IN,
            peer=found.sender,
            number=found.number,
            prev_sha256=found.prev_sha256,
            sha256=arrived.sha256,
            purpose=found.purpose,
            messages=found.messages,
            size=sum(one.size for one in found.volumes),
            volumes=len(found.volumes),
            state=WAITING,
            folder=str(folder),
            created_by=actor,
            at=as_utc(at),
        )
        session.add(row)
        session.flush()
        _note(session, row, "arrive", actor, at)


def _fault(  # noqa: PLR0917 - one refusal
    database: Database, door: Door, arrived: Arrived, error: OfflineError, actor: str, at: datetime
) -> None:
    """Note what was wrong; a fault inside, which no other medium can mend, is the end of the package."""
    is_final = isinstance(error, ContentError)
    body = _receipt(arrived, REFUSED, error, (), at) if is_final else {}
    with database.write() as session:
        row = session.get_one(OfflinePackage, arrived.manifest.id)
        row.error_code, row.error = error.code, error.message
        if is_final:
            row.state, row.receipt, row.ended_at = REFUSED, body, as_utc(at)
            _note(session, row, "refuse", actor, at)
    if is_final:
        write_receipt(body, arrived.hand, door.receipts)


def _accept(  # noqa: PLR0917 - one acceptance
    database: Database, door: Door, arrived: Arrived, sheets: Sequence[Mapping[str, object]], actor: str, at: datetime
) -> Path:
    with database.write() as session:
        row = session.get_one(OfflinePackage, arrived.manifest.id, with_for_update=True)
        if row.state == WAITING:
            row.receipt = _receipt(arrived, ACCEPTED, None, sheets, at)
            row.state, row.ended_at, row.error_code, row.error = ACCEPTED, as_utc(at), "", ""
            _note(session, row, "accept", actor, at)
        body = dict(row.receipt)
    return write_receipt(body, arrived.hand, door.receipts)


def _receipt(
    arrived: Arrived,
    outcome: str,
    error: OfflineError | None,
    sheets: Sequence[Mapping[str, object]],
    at: datetime,
) -> dict[str, object]:
    found = arrived.manifest
    return ReturnReceipt(
        package=found.id,
        number=found.number,
        sha256=arrived.sha256,
        sender=found.sender,
        receiver=found.receiver,
        outcome=outcome,
        at=as_utc(at),
        code=error.code if error else "",
        message=error.message if error else "",
        sheets=tuple(sheets),
    ).as_json()


def _note(session: Session, row: OfflinePackage, verb: str, actor: str, at: datetime) -> None:
    detail = {"peer": row.peer, "sha256": row.sha256, "error": row.error}
    audit.append(
        session, actor=actor, action=f"offline.{verb}", object_type="offline_package", object_id=row.id, detail=detail,
        at=at,
    )  # fmt: skip
