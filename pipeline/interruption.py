"""Captures that were interrupted: their checkpoints while they run, and what is made of them afterwards.

What an interrupted capture left is recovered as PARTIAL when no try is left, or when a person asks; never silently as
whole.
"""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from evidence import custody, intake
from evidence.errors import IllegalTransitionError
from kernel.clock import now
from kernel.config import Settings
from kernel.crypto import digest_file
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.models import Evidence
from pipeline.capture_client import CaptureClient

INTERRUPTIONS = ("capture.browser_crashed", "capture.timeout", "capture.failed", "pipeline.process")
"""Codes after which something may lie on the tape of a capture."""


def commit_checkpoint(database: Database, evidence_id: str, event: Mapping[str, object], *, actor: str) -> None:
    """Write down what a running capture had on tape at a moment, so that it cannot be changed afterwards.

    Args:
        event: ``checkpoint`` of the worker's protocol: ``started_at``, ``at``, ``bytes``, ``sha256``.

    Effects: table ``custody_event``, committed.
    """
    detail = {name: event[name] for name in ("started_at", "at", "bytes")}
    with database.write() as session:
        custody.append(
            session,
            evidence_id=evidence_id,
            action="checkpoint",
            actor=actor,
            object_sha256=str(event["sha256"]),
            detail=detail,
            at=now(),
        )


def recover(database: Database, client: CaptureClient, evidence_id: str, folder: Path, actor: str) -> dict[str, object]:
    """Let the worker make a PARTIAL capture of what interrupted tries left.

    Args:
        folder: of the capture to be.

    Returns:
        the worker's result.

    Raises:
        CaptureFailedError: ``capture.nothing_to_recover``, ``capture.tape_changed``.
        ProcessError: the worker went away.

    Effects: the folder; table ``custody_event``.
    """
    with database.read() as session:
        row = session.get_one(Evidence, evidence_id)
        url = row.url
        checkpoints = [
            {"started_at": event.detail["started_at"], "bytes": event.detail["bytes"], "sha256": event.object_sha256}
            for event in custody.events(session, evidence_id)
            if event.action == "checkpoint"
        ]
    folder.parent.mkdir(parents=True, exist_ok=True)
    order = {"op": "recover", "id": evidence_id, "url": url, "out": str(folder), "checkpoints": checkpoints}

    def heard(event: Mapping[str, object]) -> None:
        if event.get("event") == "checkpoint":
            commit_checkpoint(database, evidence_id, event, actor=actor)

    return client.order(order, heard)


def mark_captured(
    session: Session,
    row: Evidence,
    folder: Path,
    result: Mapping[str, object],
    *,
    actor: str,
    purpose: str = "",
) -> None:
    """A folder is there: the state becomes captured, and lists can show what it holds.

    Args:
        folder: of the capture. result: the worker's. purpose: of a recovery by hand.

    Effects: tables ``evidence``, ``custody_event``.
    """
    sha256 = digest_file(folder / "meta" / "capture.json")["sha256"]
    detail: dict[str, object] = {"completeness": str(result.get("completeness", ""))}
    if "recovered" in result:
        detail |= {"recovered": True, "purpose": purpose}
    intake.transition(session, row, intake.CAPTURED, actor=actor, at=now(), object_sha256=sha256, detail=detail)
    row.completeness = str(result.get("completeness", ""))
    row.summary = {**row.summary, **result}


def recover_by_hand(
    database: Database, config: Settings, client: CaptureClient, evidence_id: str, *, actor: str, purpose: str
) -> None:
    """A person asks for what is there: bring interrupted evidence to the state captured, to be sealed next.

    Raises:
        IllegalTransitionError: it is captured or sealed already, being captured, or unknown.
        CaptureFailedError: there is nothing to recover; the state is as before.

    Effects: the folder of the capture; tables ``evidence``, ``custody_event``.
    """
    with database.read() as session:
        row = session.get(Evidence, evidence_id)
        state = row.state if row else "unknown"
    if state not in {intake.ORDERED, intake.FAILED}:
        raise IllegalTransitionError(
            f"expected interrupted evidence (ordered or failed), {evidence_id} is {state}",
            hint="wangjian evidence list",
        )
    folder = config.data_dir / "captures" / evidence_id
    result = recover(database, client, evidence_id, folder, actor)
    with database.write() as session:
        row = session.get_one(Evidence, evidence_id)
        if row.state == intake.FAILED:
            intake.transition(session, row, intake.ORDERED, actor=actor, at=now())
        intake.transition(session, row, intake.CAPTURING, actor=actor, at=now())
        row.retry_at = None
        mark_captured(session, row, folder, result, actor=actor, purpose=purpose)


def no_try_left(row: Evidence, config: Settings, error: WangjianError) -> bool:
    """Whether an interruption was the last one that is tried again."""
    return error.code.startswith(INTERRUPTIONS) and row.attempts > len(config.retry_after_s)
