"""Restoring a damaged or missing package from the other store: write-once, with the damaged bytes kept aside."""

from datetime import datetime
from pathlib import Path

from evidence import custody, intake, scrub
from evidence.errors import NoGoodCopyError, NothingToRestoreError, StoreMissingError
from evidence.store_pair import COPY, PLACES, STORE, StorePair, fetch_aside
from kernel import audit
from kernel.db import Database
from kernel.models import Evidence, StoredObject


def restore(
    database: Database, pair: StorePair, evidence_id: str, work_dir: Path, *, actor: str, at: datetime
) -> dict[str, str]:
    """Put good bytes into each place that lost them, from the other place.

    Killed at any point it is given again: what was done is found done.

    Args:
        work_dir: for a temporary file. actor: who asks. at: now, aware UTC.

    Returns:
        for each place that was mended where its damaged bytes are now, or empty when it had none.

    Raises:
        StoreMissingError: no sealed package of this evidence. NoGoodCopyError: no place has good bytes.
        NothingToRestoreError: all have. DiskFullError, StoreError: as it was.

    Effects: the stores; tables ``custody_event``, ``audit``, ``scrub_finding``, ``stored_object``.
    """
    with database.read() as session:
        row = session.get(Evidence, evidence_id)
        if row is None or row.state != intake.SEALED:
            state = row.state if row else "unknown"
            raise StoreMissingError(
                f"expected sealed evidence, {evidence_id} is {state}", hint="wangjian evidence list"
            )
        key, until = row.store_key, row.retention_until
        known = session.get(StoredObject, key)
        copied = known is not None and known.copied_to != "" and known.copied_to == pair.names[COPY]
        told = {finding.place for finding in scrub.open_findings(session, evidence_id)}
    places = PLACES if pair.copy is not None else (STORE,)
    bad = [place for place in places if pair.look(place, key).kind and (place == STORE or copied)]
    good = [place for place in places if not pair.look(place, key).kind]
    if bad and not good:
        raise NoGoodCopyError(
            f"expected good bytes of {evidence_id} somewhere, got none in {', '.join(pair.names[p] for p in places)}",
            hint="Put a backup of the object beside them, or name the second store in WANGJIAN_EVIDENCE_COPY_URL.",
        )
    if not bad and not told:
        raise NothingToRestoreError(f"expected damage of {evidence_id}, its bytes are right everywhere")
    kept: dict[str, str] = {}
    for place in bad:
        store = pair.at(place)
        aside = fetch_aside(pair, good[0], key, work_dir, at)
        try:
            kept[place] = store.restore(aside, sha256=key, at=at, until=until) if store is not None else ""
        finally:
            aside.unlink(missing_ok=True)
        _write_down(database, pair, evidence_id, key, place, good[0], kept[place], actor, at)
    scrub.check_object(database, pair, key, at=at)
    return kept


def _write_down(  # noqa: PLR0913, PLR0917 - the parts of one record
    database: Database,
    pair: StorePair,
    evidence_id: str,
    key: str,
    place: str,
    source: str,
    quarantine: str,
    actor: str,
    at: datetime,
) -> None:
    detail = {"from": pair.names[source], "key": key, "place": pair.names[place], "quarantine": quarantine}
    with database.write() as session:
        custody.append(
            session, evidence_id=evidence_id, action="restored", actor=actor, object_sha256=key, detail=detail, at=at
        )
        audit.append(
            session, actor=actor, action="evidence.restore", object_type="evidence", object_id=evidence_id,
            detail=detail, at=at,
        )  # fmt: skip
        outcome = f"restored from {pair.names[source]}" + (f"; quarantine {quarantine}" if quarantine else "")
        known = session.get(StoredObject, key)
        if known is not None:
            known.held, known.retained_until = False, None  # the new bytes have yet to be told
        scrub.close(session, key, place, outcome=outcome, actor=actor, at=at)
