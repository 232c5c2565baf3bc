"""Packages that leave: made, released by two different officers, carried out, receipted.

Spec: GB/T 22239-2019 8.1.10 (export of data by removable media is approved and recorded).
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence import officer
from exchange.offline.carried import note_unanswered
from exchange.offline.errors import OfflineError, ReleaseError, ReturnReceiptError
from exchange.offline.hand import Hand
from exchange.offline.manifest import GENESIS, MANIFEST_NAME, Manifest, package_id, read_manifest
from exchange.offline.opening import Hands, read_signed
from exchange.offline.pack import VOLUME_BYTES, Order, write_package
from exchange.offline.receipt import ACCEPTED, read_receipt, require_signed
from kernel import audit
from kernel.clock import as_utc, iso
from kernel.crypto import digest_file, sha256_hex
from kernel.db import Database
from kernel.durable import synchronise
from kernel.models import Officer, OfflinePackage, OfflineRelease

OUT = "out"
PACKED, RELEASED, RECEIPTED, REFUSED = "packed", "released", "receipted", "refused"
LEAST_OFFICERS = 2


@dataclass(frozen=True, slots=True)
class Load:
    """What goes into a package. Attributes: files: names in it with their places. messages: how many they hold."""

    files: Sequence[tuple[str, Path]]
    purpose: str
    messages: int = 0
    classification: str = "internal"
    volume_bytes: int = VOLUME_BYTES


def prepare(database: Database, hand: Hand, root: Path, load: Load, *, actor: str, at: datetime) -> OfflinePackage:
    """Make the next package for a peer. It lies in ``root/<id>`` and waits for two officers.

    Args:
        root: folder of outgoing packages. actor: who makes it. at: aware UTC.

    Raises:
        OfflineError: no purpose, nothing to send, or another package for this peer is being made.

    Effects: files; tables ``offline_package``, ``audit``.
    """
    if not load.purpose.strip() or not load.files:
        raise OfflineError("expected a purpose and something to send, got none", hint="写明事由 say why it is sent.")
    with database.read() as session:
        last = newest(session, hand.peer)
    number, previous = (last.number + 1, last.sha256) if last else (1, GENESIS)
    folder = root / package_id(hand.me, hand.peer, number)
    order = Order(number, previous, load.purpose.strip(), load.messages, load.classification, load.volume_bytes)
    made = write_package(hand, order, load.files, folder, at=at)
    with database.write() as session:
        again = newest(session, hand.peer)
        if (again.id if again else "") != (last.id if last else ""):
            raise OfflineError(f"expected to make one package for {hand.peer} at a time, got two", hint="再做一次。")
        row = _row(made, folder, actor, at)
        session.add(row)
        session.flush()
        _note(session, row, "pack", actor, {"purpose": row.purpose, "sha256": row.sha256}, at)
    return row


def _row(made: Manifest, folder: Path, actor: str, at: datetime) -> OfflinePackage:
    return OfflinePackage(
        id=made.id,
        direction=OUT,
        peer=made.receiver,
        number=made.number,
        prev_sha256=made.prev_sha256,
        sha256=sha256_hex(made.text()),
        purpose=made.purpose,
        messages=made.messages,
        size=sum(one.size for one in made.volumes),
        volumes=len(made.volumes),
        state=PACKED,
        folder=str(folder),
        created_by=actor,
        at=as_utc(at),
    )


def newest(session: Session, peer: str) -> OfflinePackage | None:
    """The package made last for a peer."""
    query = select(OfflinePackage).where(OfflinePackage.direction == OUT, OfflinePackage.peer == peer)
    return session.execute(query.order_by(OfflinePackage.number.desc()).limit(1)).scalar_one_or_none()


def find(session: Session, package: str) -> OfflinePackage:
    """An outgoing package, locked.

    Raises:
        OfflineError: none of that id.
    """
    row = session.get(OfflinePackage, package, with_for_update=True)
    if row is None or row.direction != OUT:
        raise OfflineError(f"expected an outgoing package, got {package[:60]!r}", hint="wangjian exchange packages")
    return row


def release(session: Session, package: str, *, account: str, at: datetime) -> OfflinePackage:
    """An officer agrees that a package leaves; with the second one it may.

    Raises:
        ReleaseError: not waiting for a release, again the same officer, or the officer who made it.
        OfficerUnknownError, OfficerRevokedError, OfficerExpiredError: not this officer.

    Effects: tables ``offline_release``, ``offline_package``, ``audit``.
    """
    row = find(session, package)
    person = officer.require(officer.find(session, account), as_utc(at))
    if row.state != PACKED:
        raise ReleaseError(f"expected a package that waits for its release, {package} is {row.state}")
    if person.account == row.created_by:
        raise ReleaseError("expected another officer than the one who made it", hint="制作人不能放行自己的包。")
    given = releases(session, package)
    if any(earlier.officer_id == person.id for earlier, _ in given):
        raise ReleaseError(
            f"expected another officer, {person.certificate_number} has released it already",
            hint="须由另一名持证人员放行 another officer has to release it.",
        )
    session.add(OfflineRelease(package_id=package, officer_id=person.id, sha256=row.sha256, at=as_utc(at)))
    session.flush()
    if len(in_force(session, package, at)) >= LEAST_OFFICERS:
        row.state = RELEASED
    detail = {"certificate_number": person.certificate_number, "sha256": row.sha256, "state": row.state}
    _note(session, row, "release", account, detail, at)
    return row


def releases(session: Session, package: str) -> list[tuple[OfflineRelease, Officer]]:
    """Who released a package, oldest first."""
    query = (
        select(OfflineRelease, Officer)
        .join(Officer, Officer.id == OfflineRelease.officer_id)
        .where(OfflineRelease.package_id == package)
        .order_by(OfflineRelease.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def in_force(session: Session, package: str, at: datetime) -> list[Officer]:
    """The officers who released it and whose certificates still hold."""
    return [one for _, one in releases(session, package) if one.revoked_at is None or one.revoked_at > at]


def carry_out(session: Session, package: str, target: Path, *, actor: str, at: datetime) -> list[Path]:
    """Copy a released package to a medium, byte for byte what the officers released.

    Args:
        target: folder on the medium, made when missing. actor: who carries.

    Raises:
        ReleaseError: not released by two officers in force, or changed since.

    Effects: files in ``target``; table ``audit``.
    """
    row = find(session, package)
    people = in_force(session, package, at)
    if row.state not in {RELEASED, RECEIPTED} or len(people) < LEAST_OFFICERS:
        raise ReleaseError(
            f"expected {LEAST_OFFICERS} officers in force to release {package}, got {len(people)}",
            hint=f"wangjian exchange release {package} --account NAME",
        )
    folder = Path(row.folder)
    text, _ = read_signed(folder / MANIFEST_NAME)
    if sha256_hex(text) != row.sha256 or any(one.sha256 != row.sha256 for one, _ in releases(session, package)):
        raise ReleaseError(f"expected {package} as it was released, its manifest changed")
    target.mkdir(parents=True, exist_ok=True)
    written = [_copy(folder / one.name, target, one.sha256) for one in read_manifest(text).volumes]
    written.append(_copy(folder / MANIFEST_NAME, target, ""))
    synchronise(target)
    detail = {"target": str(target), "certificates": [one.certificate_number for one in people]}
    _note(session, row, "carry_out", actor, detail, at)
    return written


def _copy(source: Path, target: Path, sha256: str) -> Path:
    place = target / source.name
    shutil.copyfile(source, place)
    if sha256 and digest_file(place)["sha256"] != sha256:
        place.unlink()
        raise ReleaseError(f"expected {source.name} as it was released, got other bytes", hint="重新制作该包。")
    return place


def withdraw(session: Session, package: str, *, actor: str, at: datetime) -> None:
    """Take back the newest package for a peer before it is released: its number is free again.

    Raises:
        ReleaseError: released, or not the newest.

    Effects: files; tables ``offline_package``, ``offline_release``, ``audit``.
    """
    row = find(session, package)
    last = newest(session, row.peer)
    if row.state != PACKED or last is None or last.id != row.id:
        raise ReleaseError(f"expected the newest package, not released yet, {package} is {row.state}")
    for one, _ in releases(session, package):
        session.delete(one)
    session.flush()
    _note(session, row, "withdraw", actor, {"sha256": row.sha256, "purpose": row.purpose}, at)
    session.delete(row)
    session.flush()
    shutil.rmtree(row.folder, ignore_errors=True)


def take_receipt(
    database: Database,
    hands: Hands,
    path: Path,
    on_sheets: Callable[[Session, str, Sequence[Mapping[str, object]], datetime], None],
    *,
    actor: str,
    at: datetime,
) -> OfflinePackage:
    """Take the return receipt of a package; the same one again changes nothing.

    Args:
        path: of its file. on_sheets: takes the receipts of the messages, in the same transaction.

    Raises:
        ReturnReceiptError: not for a package of ours, not signed by its receiver, or another one came before.

    Effects: tables ``offline_package``, ``delivery``, ``audit``; what ``on_sheets`` does.
    """
    body, text, signature = read_receipt(path)
    with database.write() as session:
        row = session.get(OfflinePackage, str(body["package"]), with_for_update=True)
        hand = hands(row.peer) if row is not None else None
        if row is None or hand is None or row.direction != OUT:
            raise ReturnReceiptError(f"expected the receipt of a package of ours, got {str(body['package'])[:60]!r}")
        said = (body["sha256"], body["number"], body["sender"], body["receiver"])
        if said != (row.sha256, row.number, hand.me, hand.peer):
            raise ReturnReceiptError(f"expected the receipt to be for {row.id} as it was sent, got another")
        require_signed(hand, text, signature)
        if row.receipt:
            if row.receipt != body:
                raise ReturnReceiptError(f"expected the receipt of {row.id} that came before, got another")
            return row
        if row.state != RELEASED:
            raise ReturnReceiptError(f"expected the receipt of a package that left, {row.id} is {row.state}")
        row.receipt, row.ended_at = body, as_utc(at)
        row.state = RECEIPTED if body["outcome"] == ACCEPTED else REFUSED
        row.error_code, row.error = str(body["code"])[:60], str(body["message"])[:1000]
        sheets = [sheet for sheet in _sheets(body) if isinstance(sheet, dict)]
        on_sheets(session, row.peer, sheets, as_utc(at))
        session.flush()
        if row.state == RECEIPTED:
            note_unanswered(session, row.peer, row.id)
        _note(session, row, "receipt", actor, {"outcome": row.state, "at": iso(at)}, at)
    return row


def _sheets(body: Mapping[str, object]) -> Sequence[object]:
    found = body["sheets"]
    return found if isinstance(found, list) else []


def _note(  # noqa: PLR0917 - the parts of one record
    session: Session, row: OfflinePackage, verb: str, actor: str, detail: Mapping[str, object], at: datetime
) -> None:
    audit.append(
        session, actor=actor, action=f"offline.{verb}", object_type="offline_package", object_id=row.id,
        detail={"peer": row.peer, **detail}, at=at,
    )  # fmt: skip
