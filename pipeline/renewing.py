"""Renewing what is in the store: new versions beside the old ones, before the proof of the old ones ends.

The old object stays; the record names the new one. When a package is due next is kept with it, so that a daily round
opens only what is near.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from evidence import custody, export, intake, keys, renew, trust
from evidence.package import open_package
from evidence.retold import Press
from kernel import audit
from kernel.clock import as_utc, iso
from kernel.errors import DatabaseUnavailableError, WangjianError
from kernel.models import Evidence
from pipeline.exporting import Desk, fetched, reading_aids, require_sealed

logger = logging.getLogger(__name__)

NEXT = "renew_after"


def near(desk: Desk, at: datetime) -> list[str]:
    """Sealed evidence whose time may have come, oldest first."""
    query = select(Evidence.id, Evidence.summary).where(Evidence.state == intake.SEALED).order_by(Evidence.sealed_at)
    with desk.database.read() as session:
        return [name for name, summary in session.execute(query) if str(summary.get(NEXT, "")) <= iso(as_utc(at))]


def renew_stored(desk: Desk, *, actor: str, at: datetime, only: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Renew what is due, or the named ones at once; identifier and new store key, one as each is done.

    What fails is logged and left as it is; the next round tries again.

    Raises:
        TimestampError, KeysError: the settings name no usable services or keys. UsageError: named and not sealed.

    Effects: the evidence store; tables ``evidence``, ``custody_event``, ``audit``; requests to timestamp services.
    """
    names = list(only) or near(desk, at)
    if not names:
        return
    keys.ensure_keys(desk.config, at)
    with export.open_press(desk.config, trust.load(desk.config.trust_path()), at) as press:
        for name in names:
            try:
                key = _renew(desk, name, press, actor, force=bool(only))
            except DatabaseUnavailableError:
                raise
            except WangjianError as error:
                if only:
                    raise
                logger.warning("evidence %s was not renewed: %s (%s)", name, error.message, error.code)
                continue
            if key:
                yield name, key


def _renew(desk: Desk, evidence_id: str, press: Press, actor: str, *, force: bool) -> str:
    row = require_sealed(desk.database, evidence_id)
    work = desk.config.data_dir / "renewing"
    work.mkdir(parents=True, exist_ok=True)
    days = desk.config.renewal_days
    with TemporaryDirectory(dir=work) as folder, fetched(desk.store, row, Path(folder) / "old") as stored:
        anchors = trust.load(desk.config.trust_path())
        now = renew.standing(open_package(stored), anchors)
        reasons = now.reasons(press.at, days) or (("by hand",) if force else ())
        if not reasons:
            _note_next(desk, evidence_id, max(now.ends - timedelta(days=days), press.at + timedelta(days=1)))
            return ""
        made = renew.renew(stored, Path(folder) / "new", press, settings=desk.config, aids=reading_aids())
        key = desk.store.put(made.packed.path, sha256=made.packed.sha256)
        _record(desk, row, key, made.packed.size, actor, press.at, reasons)
    return key


def _note_next(desk: Desk, evidence_id: str, after: datetime) -> None:
    with desk.database.write() as session:
        row = session.get_one(Evidence, evidence_id)
        row.summary = {**row.summary, NEXT: iso(after)}


def _record(  # noqa: PLR0917 - the parts of one event
    desk: Desk, old: Evidence, key: str, size: int, actor: str, at: datetime, reasons: Sequence[str]
) -> None:
    detail: dict[str, object] = {"old_store_key": old.store_key, "store_key": key, "reasons": list(reasons)}
    with desk.database.write() as session:
        row = session.get_one(Evidence, old.id)
        row.store_key, row.size = key, size
        row.summary = {name: value for name, value in row.summary.items() if name != NEXT}
        custody.append(
            session,
            evidence_id=row.id,
            action="renewed",
            actor=actor,
            purpose="; ".join(reasons),
            object_sha256=row.root_sha256,
            detail=detail,
            at=at,
        )
        audit.append(
            session,
            actor=actor,
            action="evidence.renew",
            object_type="evidence",
            object_id=row.id,
            detail=detail,
            at=at,
        )
