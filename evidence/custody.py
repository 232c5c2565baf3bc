"""Chain of custody: who did what to a piece of evidence, each event bound to the one before.

The hash of an event is SHA-256 over its canonical JSON without ``hash`` and with ``prev_hash``; the
first ``prev_hash`` is 64 zeros. The sealed copy (``meta/custody.jsonl``) has one event a line.

Spec: 刑诉法解释 (2021) 第111条 (access log); 互联网法院规定 (2018) 第11条(3).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence.errors import CustodyBrokenError
from evidence.log import entry, ledger
from evidence.redaction import TIME
from kernel.clock import as_utc, iso, parse_iso
from kernel.crypto import canonical_json, sha256_hex
from kernel.db import one_writer
from kernel.errors import ClockError
from kernel.models import CustodyEvent

ZERO = "0" * 64
MAX_DEPTH = 64
"""Of lists and objects within each other in an event: deeper ones are no record, and no reader must fall over them."""
MAX_DIGITS = 18
"""Of a whole number in an event: longer ones are read otherwise by one reader than by another."""
ACTIONS = (
    "ordered",
    "checkpoint",
    "captured",
    "approved",
    "sealed",
    "verified",
    "read",
    "exported",
    "renewed",
    "failed",
    "copied",
    "damaged",
    "missing",
    "restored",
    "held",
    "released",
    "deletion_asked",
    "deletion_agreed",
    "deletion_withdrawn",
    "deleted",
)
FIELDS = frozenset(
    (
        "action",
        "actor",
        "at",
        "detail",
        "evidence_id",
        "hash",
        "object_sha256",
        "prev_hash",
        "purpose",
        "role",
        "seq",
    )
)


def event_record(event: CustodyEvent) -> dict[str, object]:
    """An event as JSON-ready values, ``hash`` included."""
    return {
        "action": event.action,
        "actor": event.actor,
        "at": iso(event.at),
        "detail": dict(event.detail),
        "evidence_id": event.evidence_id,
        "hash": event.hash,
        "object_sha256": event.object_sha256,
        "prev_hash": event.prev_hash,
        "purpose": event.purpose,
        "role": event.role,
        "seq": event.seq,
    }


def event_hash(record: Mapping[str, object]) -> str:
    """The hash of an event, hex."""
    return sha256_hex(canonical_json({key: value for key, value in record.items() if key != "hash"}))


def events(session: Session, evidence_id: str) -> list[CustodyEvent]:
    """All events of one piece of evidence, oldest first."""
    query = select(CustodyEvent).where(CustodyEvent.evidence_id == evidence_id).order_by(CustodyEvent.seq)
    return list(session.execute(query).scalars())


def append(  # noqa: PLR0913 - an event has these parts, and callers name each
    session: Session,
    *,
    evidence_id: str,
    action: str,
    actor: str,
    at: datetime,
    role: str = "",
    purpose: str = "",
    object_sha256: str = "",
    detail: Mapping[str, object] | None = None,
) -> CustodyEvent:
    """Add an event to the end of the chain, and its hash to the log.

    Args:
        session: a write session; a second writer waits until it commits. actor: user name, or ``system:…``.
        at: aware UTC. action: one of ``ACTIONS``. purpose: why, in words. object_sha256: what it was done to, hex.
        detail: plain JSON values without floats.

    Returns:
        the event; it is in the session, not committed.

    Raises:
        CustodyBrokenError: unknown action.
        ValueError: a detail that has no canonical form.

    Effects: tables ``custody_event``, ``log_leaf``.
    """
    if action not in ACTIONS:
        raise CustodyBrokenError(f"expected one of {', '.join(ACTIONS)}, got {action!r}")
    session.flush()
    one_writer(session)
    query = (
        select(CustodyEvent).where(CustodyEvent.evidence_id == evidence_id).order_by(CustodyEvent.seq.desc()).limit(1)
    )
    last = session.execute(query).scalars().first()
    event = CustodyEvent(
        evidence_id=evidence_id,
        seq=last.seq + 1 if last else 1,
        at=as_utc(at),
        actor=actor,
        role=role,
        action=action,
        purpose=purpose,
        object_sha256=object_sha256,
        detail=dict(detail or {}),
        prev_hash=last.hash if last else ZERO,
    )
    event.hash = event_hash(event_record(event))
    session.add(event)
    session.flush()
    ledger.append(session, entry.custody(event.hash))
    return event


def check_records(records: Iterable[Mapping[str, object]]) -> int:
    """Check a chain given as records; the number of events.

    Raises:
        CustodyBrokenError: a field, place, link or hash is wrong; says at which event.
    """
    previous, count = ZERO, 0
    for count, record in enumerate(records, start=1):
        if set(record) != FIELDS:
            raise CustodyBrokenError(f"expected the fields of a custody event at {count}, got {sorted(record)}")
        # A truth value is no number, though Python says that True is 1.
        if isinstance(record["seq"], bool) or record["seq"] != count or record["prev_hash"] != previous:
            raise CustodyBrokenError(f"expected event {count} after {previous[:12]}, got {record['seq']!r}")
        try:
            found = event_hash(record)
        except (ValueError, RecursionError) as error:
            raise CustodyBrokenError(f"expected canonical values in event {count}, got {error}") from error
        if record["hash"] != found:
            raise CustodyBrokenError(
                f"expected hash {found[:12]} of event {count}, got {str(record['hash'])[:12]}",
                hint="The record was changed after it was written. Compare with the sealed copy and the backup.",
            )
        previous = found
    return count


def moments(records: Iterable[Mapping[str, object]]) -> tuple[datetime, ...]:
    """The times of a chain given as records, aware UTC.

    Raises:
        CustodyBrokenError: one is not a time in the form in which events are written.
    """
    return tuple(_moment(count, record.get("at")) for count, record in enumerate(records, start=1))


def _moment(count: int, said: object) -> datetime:
    if not isinstance(said, str) or not TIME.fullmatch(said):
        raise CustodyBrokenError(f"expected a time in event {count}, got {said!r}")
    try:
        return as_utc(parse_iso(said))
    except ClockError as error:
        raise CustodyBrokenError(f"expected a time in event {count}, got {error}") from error


def verify_chain(session: Session, evidence_id: str) -> int:
    """Check the stored chain of one piece of evidence; the number of events.

    Raises:
        CustodyBrokenError: an event was changed, removed or put in between.
    """
    return check_records(event_record(event) for event in events(session, evidence_id))


def render(chain: Sequence[CustodyEvent]) -> bytes:
    """The sealed copy: canonical JSON, one event a line."""
    return b"".join(canonical_json(event_record(event)) + b"\n" for event in chain)


def _whole(figures: str) -> int:
    if len(figures.lstrip("-")) > MAX_DIGITS:
        raise ValueError(f"a number of {len(figures)} figures")
    return int(figures)


def _depth(value: object) -> int:
    """How many lists and objects lie within each other."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def parse(data: bytes) -> list[dict[str, object]]:
    """The records of a sealed copy.

    Raises:
        CustodyBrokenError: not canonical JSON objects, one a line.
    """
    if data and not data.endswith(b"\n"):
        raise CustodyBrokenError("expected a line feed after each custody event, got a cut line")
    records: list[dict[str, object]] = []
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            value = json.loads(line, parse_int=_whole)
            canonical = canonical_json(value)
        except (ValueError, RecursionError) as error:
            raise CustodyBrokenError(f"expected a JSON object in line {number}, got {error}") from error
        if _depth(value) > MAX_DEPTH:
            raise CustodyBrokenError(f"expected at most {MAX_DEPTH} levels in line {number}, got more")
        if not isinstance(value, dict) or canonical != line:
            raise CustodyBrokenError(f"expected canonical JSON in line {number}, got another form")
        records.append(value)
    return records
