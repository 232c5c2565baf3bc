"""Stage capture: ordered pages into sealed, stored evidence. Fails closed.

For each order: a browser capture into a folder that appears only when whole, then signature and
timestamps, then the write-once store, then the state ``sealed``. What fails on the way is tried
again later and says why; nothing that is not sealed counts as evidence. While one capture is being
sealed the next page is already loading.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from evidence import approval, authority, custody, intake, leaf, trust
from evidence.authorisation import Authorisation
from evidence.keys import Keys, ensure_keys, folder_of
from evidence.seal import SEALER, Sealed, Sealer, seal
from evidence.store import Store, open_store
from evidence.timestamp import open_timestampers
from kernel import audit
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import DatabaseUnavailableError, WangjianError
from kernel.models import Evidence, OutboxEntry
from pipeline.beacon import Beacons
from pipeline.capture_client import CaptureClient
from pipeline.errors import CancelledError, CaptureMissingError
from pipeline.interruption import commit_checkpoint, mark_captured, no_try_left, recover
from pipeline.job_run import JobRun
from pipeline.publishing import Ledger, open_ledger
from pipeline.room import file_error
from pipeline.schedule import is_open

logger = logging.getLogger(__name__)

ACTOR = "system:capture"
FINAL_CODES = frozenset({"capture.tls_invalid", "capture.bad_order", "capture.bad_url", "capture.egress_refused"})
OURS = (
    "capture.browser_missing",
    "evidence.approval_missing",
    "evidence.authorisation_",
    "capture.node_key",
    "evidence.clock_skew",
    "evidence.disk_full",
    "evidence.keys",
    "evidence.log",
    "evidence.store",
    "evidence.timestamp",
    "evidence.too_few_timestamps",
    "evidence.tsa_",
    "evidence.witness",
    "pipeline.disk_full",
    "pipeline.files",
)
"""Beginnings of codes that say our side is at fault: mended sooner or later, so the order never fails for them."""
MARGIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Tools:
    """What one job uses for all its orders."""

    config: Settings
    database: Database
    client: CaptureClient
    sealer: Sealer
    store: Store
    beacons: Beacons

    def folder(self, evidence_id: str) -> Path:
        return self.config.data_dir / "captures" / evidence_id


def capture(run: JobRun, config: Settings) -> dict[str, object]:
    """Capture and seal the evidence of ``params["evidence_ids"]``.

    Returns:
        counts of sealed, waiting and failed orders.

    Raises:
        CancelledError: a person stopped it; what is sealed stays, the rest stays ordered.

    Effects: tables ``evidence``, ``custody_event``, ``audit``, ``outbox``; the evidence store; the
        addresses captured and the timestamp services.
    """
    names = run.params.get("evidence_ids")
    ids = [str(name) for name in names] if isinstance(names, list) else []
    log = config.data_dir / "log" / "capture.log"
    with (
        CaptureClient(log, config.capture_timeout_s + MARGIN_SECONDS) as client,
        ExitStack() as services,
        ThreadPoolExecutor(1, thread_name_prefix="seal") as sealer,
    ):
        try:
            keys, timestampers = ensure_keys(config, now()), open_timestampers(config)
            client.extra.update(worker_environment(config))
            ledger = services.enter_context(_log(config, run.database, keys))
            tools = _Tools(
                config=config,
                database=run.database,
                client=client,
                sealer=Sealer(
                    keys,
                    ledger,
                    timestampers,
                    trust.load(config.trust_path()).roots("node"),
                    lists=authority.lists(config, now()),
                ),
                store=open_store(config),
                beacons=Beacons(config, timestampers, ledger.newest),
            )
            services.callback(tools.beacons.close)
            for service in timestampers:
                services.enter_context(service.client)
        except WangjianError as error:
            # Without keys, services or a store no order can be carried out: each says so and waits.
            for evidence_id in ids:
                _put_off(config, run.database, evidence_id, error)
            raise
        sealing = []
        for number, evidence_id in enumerate(ids):
            run.report(stage="capture", done=number, total=len(ids), current=evidence_id)
            if _take_page(tools, evidence_id, run) and _is_due(tools, evidence_id):
                sealing.append(sealer.submit(_seal_page, tools, evidence_id))
        for future in sealing:
            future.result()
    run.report(stage="done", done=len(ids), total=len(ids), current="")
    return _count(run.database, ids)


def worker_environment(config: Settings) -> dict[str, str]:
    """Of all keys the worker is told of one: its node's, made before."""
    folder = folder_of(config)
    newest = leaf.current(folder, "node", None)
    own = str(folder / f"{newest.name}.key") if newest else ""
    return {"WANGJIAN_KEYS_DIR": "", "WANGJIAN_NODE_KEY_FILE": config.node_key_file or own}


def _count(database: Database, ids: list[str]) -> dict[str, object]:
    with database.read() as session:
        states = [row.state for name in ids if (row := session.get(Evidence, name))]
    return {
        "sealed": states.count("sealed"),
        "failed": states.count("failed"),
        "waiting": len(states) - states.count("sealed") - states.count("failed"),
    }


def _take_page(tools: _Tools, evidence_id: str, run: JobRun) -> bool:
    """Bring one order to the state captured; False when there is nothing to seal."""
    with tools.database.write() as session:
        row = session.get(Evidence, evidence_id)
        if row is None or row.state in {intake.SEALED, intake.FAILED}:
            return False
        folder = tools.folder(evidence_id)
        if row.state == intake.CAPTURED and folder.is_dir():
            return True
        if row.state != intake.ORDERED:
            # Killed in the middle of a capture, or its folder is gone: begin again.
            intake.transition(session, row, intake.ORDERED, actor=ACTOR, at=now())
        intake.transition(session, row, intake.CAPTURING, actor=ACTOR, at=now())
        url, by_officer, purpose = row.url, row.reason == "order", row.purpose
    options = {
        "accept_bad_tls": by_officer,
        "purpose": purpose,
        "second_look": tools.config.second_look == "always" or (by_officer and tools.config.second_look == "orders"),
        "timeout_s": tools.config.capture_timeout_s,
    }
    order = {"op": "capture", "id": evidence_id, "url": url, "out": str(folder), "options": options}
    try:
        with _files(folder):
            _clear(folder)
            result = tools.client.order(
                {**order, "beacon": tools.beacons.order()}, lambda event: _hear(tools, run, evidence_id, event)
            )
            _note_captured(tools, evidence_id, result)
    except (CancelledError, DatabaseUnavailableError):
        raise
    except WangjianError as error:
        if not _recovered(tools, evidence_id, error):
            _put_off(tools.config, tools.database, evidence_id, error)
            return False
    return True


def _note_captured(tools: _Tools, evidence_id: str, result: dict[str, object]) -> None:
    with tools.database.write() as session:
        row = session.get_one(Evidence, evidence_id)
        mark_captured(session, row, tools.folder(evidence_id), result, actor=ACTOR)


def _recovered(tools: _Tools, evidence_id: str, error: WangjianError) -> bool:
    """Whether what an interrupted capture left could be had as PARTIAL, now that no try is left."""
    with tools.database.read() as session:
        if not no_try_left(session.get_one(Evidence, evidence_id), tools.config, error):
            return False
    folder = tools.folder(evidence_id)
    try:
        with _files(folder):
            _note_captured(tools, evidence_id, recover(tools.database, tools.client, evidence_id, folder, ACTOR))
    except DatabaseUnavailableError:
        raise
    except WangjianError as refusal:
        logger.warning("evidence %s: not recovered: %s (%s)", evidence_id, refusal.message, refusal.code)
        return False
    return True


def _is_due(tools: _Tools, evidence_id: str) -> bool:
    """Whether a captured page is to be sealed now; what is taken for a case waits for two officers."""
    with tools.database.read() as session:
        return session.execute(select(Evidence.id).where(Evidence.id == evidence_id, is_open())).first() is not None


@contextmanager
def _log(config: Settings, database: Database, keys: Keys) -> Iterator[Ledger]:
    """The log, its connections closed in the end."""
    ledger = open_ledger(config, database, keys)
    with ledger.publisher:
        yield ledger


@contextmanager
def _files(folder: Path) -> Iterator[None]:
    """Give what the file system refuses its typed error, so that the order waits and says why."""
    try:
        yield
    except OSError as error:
        raise file_error(error, folder) from error


def _hear(tools: _Tools, run: JobRun, evidence_id: str, event: Mapping[str, object]) -> None:
    """What the worker says while it captures: how far it is, and what it has on tape."""
    if event.get("event") == "checkpoint":
        commit_checkpoint(tools.database, evidence_id, event, actor=ACTOR)
    else:
        run.report(step=str(event.get("stage", "")))


def _clear(folder: Path) -> None:
    for path in (folder, folder.with_name(folder.name + ".partial")):
        shutil.rmtree(path, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)


def _seal_page(tools: _Tools, evidence_id: str) -> None:
    """Seal one captured folder, store the package, and only then call it evidence."""
    try:
        with _files(tools.config.data_dir):
            ground, captured_by = _ground(tools, evidence_id)
            authority = approval.record(ground, captured_by, SEALER) if ground else None
            sealed, key = _seal_and_store(tools, evidence_id, authority)
    except DatabaseUnavailableError:
        raise
    except WangjianError as error:
        _put_off(tools.config, tools.database, evidence_id, error)
        return
    at = now()
    with tools.database.write() as session:
        row = session.get_one(Evidence, evidence_id)
        row.root_sha256, row.store_key, row.size, row.trust = sealed.root_sha256, key, sealed.size, sealed.trust
        stored = {"store_key": key, "trust": sealed.trust, "root_sha256": sealed.root_sha256}
        detail: dict[str, object] = {**stored, **(approval.describe(ground) if ground else {})}
        intake.transition(
            session, row, intake.SEALED, actor=SEALER, at=at, object_sha256=sealed.root_sha256, detail=detail
        )
        if row.listing_id is not None:
            session.add(OutboxEntry(topic="listing", object_id=row.listing_id, created_at=at))
        audit.append(
            session,
            actor=SEALER,
            action="evidence.seal",
            object_type="evidence",
            object_id=evidence_id,
            detail=detail,
            at=at,
        )
    for suffix in ("", ".tape", ".torn"):
        folder = tools.folder(evidence_id)
        shutil.rmtree(folder.with_name(folder.name + suffix), ignore_errors=True)
    sealed.path.unlink(missing_ok=True)


def _ground(tools: _Tools, evidence_id: str) -> tuple[approval.Ground | None, str]:
    """On what ground it is sealed, and by whom it was captured, which must be another account."""
    with tools.database.read() as session:
        row = session.get_one(Evidence, evidence_id)
        captured = [event for event in custody.events(session, evidence_id) if event.action == intake.CAPTURED]
        captured_by = captured[-1].actor if captured else ""
        approval.require_separate(captured_by, SEALER)
        return approval.ground_of(session, row, now()), captured_by


def _seal_and_store(tools: _Tools, evidence_id: str, authority: Authorisation | None) -> tuple[Sealed, str]:
    folder = tools.folder(evidence_id)
    if not folder.is_dir():
        raise CaptureMissingError(f"expected the captured folder {folder}, it is gone", hint="It is captured again.")
    with tools.database.read() as session:
        events = custody.events(session, evidence_id)
    work_dir = tools.config.data_dir / "sealing"
    work_dir.mkdir(parents=True, exist_ok=True)
    sealed = seal(
        folder,
        evidence_id=evidence_id,
        custody=events,
        sealer=tools.sealer,
        at=now(),
        work_dir=work_dir,
        authority=authority,
    )
    return sealed, tools.store.put(sealed.path, sha256=sealed.sha256)


def _is_final(error: WangjianError) -> bool:
    return error.code in FINAL_CODES


def _put_off(config: Settings, database: Database, evidence_id: str, error: WangjianError) -> None:
    """Try again later, or give up when that is no use. Effects: tables ``evidence``, ``custody_event``."""
    logger.warning("evidence %s: %s (%s)", evidence_id, error.message, error.code)
    at: datetime = now()
    with database.write() as session:
        row = session.get(Evidence, evidence_id)
        if row is None or row.state in {intake.SEALED, intake.FAILED}:
            return
        if row.state == intake.ORDERED:
            row.attempts += 1  # it failed before the capture began
        if isinstance(error, CaptureMissingError):
            intake.transition(session, row, intake.ORDERED, actor=ACTOR, at=at)
        waits = config.retry_after_s
        if _is_final(error) or (row.attempts > len(waits) and not error.code.startswith(OURS)):
            intake.fail(session, row, error, actor=ACTOR, at=at)
        else:
            wait = waits[max(0, min(row.attempts, len(waits)) - 1)]
            intake.defer(session, row, error, retry_at=at + timedelta(seconds=wait))
