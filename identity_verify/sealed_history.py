"""The history of an identity, to be proven later: each step bound to the one before, and its hash in the log.

The hash of a step is SHA-256 over its canonical JSON without ``hash`` and with ``prev_hash``; the first ``prev_hash``
is 64 zeros. It goes into the witnessed log in the transaction that takes the step, so that none can be left out,
put in or changed afterwards without the witnesses' signatures saying so.

Spec: RFC 6962 section 2.1 (the log's tree); 电子签名法 art 5, art 6 (kept complete and unchanged).
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence.custody import event_hash
from evidence.errors import EvidenceError
from evidence.log import checkpoint, entry, ledger, proof
from evidence.log.note import parse_vkey
from evidence.trust import Trust
from identity_verify.errors import HistoryBrokenError
from kernel.clock import iso, parse_iso
from kernel.models import Application, ApplicationEvent, SiteClaim

FORM = "wangjian/identity-history/v1"
ZERO = "0" * 64
FIELDS = frozenset(
    ("actor", "after", "application", "at", "before", "detail", "event", "hash", "note", "prev_hash", "reason", "seq")
)
MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class CheckedHistory:
    """A history that holds.

    Attributes:
        records: its steps, oldest first. badge: the number it was given, or empty.
        witnesses: that cosigned each proof, at least. size: of the log, in the proof of the newest step.
    """

    records: tuple[Mapping[str, object], ...]
    badge: str
    witnesses: int
    size: int


def record_of(event: ApplicationEvent) -> dict[str, object]:
    """A step as JSON-ready values, ``hash`` included."""
    return {
        "actor": event.actor,
        "after": event.after,
        "application": event.application_id,
        "at": iso(event.at),
        "before": event.before,
        "detail": dict(event.detail),
        "event": event.event,
        "hash": event.hash,
        "note": event.note,
        "prev_hash": event.prev_hash,
        "reason": event.reason,
        "seq": event.seq,
    }


def snapshot(session: Session, row: Application) -> dict[str, object]:
    """What the application says at a step: who, which sites are proven and how, which badge."""
    query = select(SiteClaim).where(SiteClaim.application_id == row.id, SiteClaim.removed_at.is_(None))
    claims = session.execute(query.order_by(SiteClaim.id)).scalars()
    return {
        "code": row.code,
        "subject": row.subject_id,
        "name": row.subject_name,
        "declared": row.declared_name,
        "approval": row.approval,
        "badge": row.badge_id,
        "sites": [
            {
                "origin": claim.origin,
                "path": claim.path,
                "scope": claim.scope,
                "state": claim.state,
                "method": claim.method,
                "proven_at": iso(claim.proven_at) if claim.proven_at else "",
            }
            for claim in claims
        ],
    }


def seal(session: Session, event: ApplicationEvent) -> None:
    """Bind a step to the one before and put its hash into the log. The event is in the session, its row unwritten.

    Effects: tables ``application_event``, ``log_leaf``.
    """
    query = select(ApplicationEvent).where(ApplicationEvent.application_id == event.application_id)
    with session.no_autoflush:
        last = session.execute(query.order_by(ApplicationEvent.seq.desc()).limit(1)).scalar()
    event.seq, event.prev_hash = (last.seq + 1, last.hash) if last else (1, ZERO)
    event.hash = ""
    event.hash = event_hash(record_of(event))
    session.add(event)
    ledger.append(session, entry.identity(event.hash))


def steps(session: Session, application_id: int) -> list[ApplicationEvent]:
    """All steps of an application, oldest first."""
    query = select(ApplicationEvent).where(ApplicationEvent.application_id == application_id)
    return list(session.execute(query.order_by(ApplicationEvent.seq)).scalars())


def check_records(records: Sequence[Mapping[str, object]]) -> None:
    """Check that steps are one unbroken chain of one application.

    Raises:
        HistoryBrokenError: says at which step.
    """
    before, at = ZERO, parse_iso("0001-01-01T00:00:00Z")
    for number, record in enumerate(records, 1):
        where = f"step {number}"
        if set(record) != FIELDS or record["seq"] != number or record["application"] != records[0]["application"]:
            raise _broken(f"expected {where} of one application in its one form, got another")
        if record["prev_hash"] != before or record["hash"] != event_hash(record):
            raise _broken(f"expected {where} to follow from the one before, its hash says otherwise")
        when = parse_iso(str(record["at"]))
        if when < at:
            raise _broken(f"expected {where} not before the one before it, got {record['at']}")
        before, at = str(record["hash"]), when
    if not records:
        raise _broken("expected the steps of an application, got none")


def render(events: Sequence[ApplicationEvent], proofs: Sequence[bytes]) -> bytes:
    """The history as a file: JSON with each step and the log's proof of it (base64 of ``c2sp.org/tlog-proof@v1``)."""
    found = {
        "form": FORM,
        "steps": [record_of(event) for event in events],
        "proofs": [base64.b64encode(one).decode("ascii") for one in proofs],
    }
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True).encode()


def verify(data: bytes, anchors: Trust) -> CheckedHistory:
    """Check a history that somebody hands over: the chain, and that each step is in the log that witnesses cosigned.

    Args:
        anchors: the verifier's own; nothing in the file is trusted.

    Raises:
        HistoryBrokenError: says what does not hold.
    """
    records, proofs = _read(data)
    try:
        check_records(records)
        found = [
            _check_proof(data_, str(record["hash"]), anchors) for record, data_ in zip(records, proofs, strict=True)
        ]
    except (EvidenceError, ValueError) as error:
        if isinstance(error, HistoryBrokenError):
            raise
        raise _broken(f"expected a history that holds: {error}") from error
    places = [place for place, _, _ in found]
    if places != sorted(places):
        raise _broken("expected steps in the order in which they went into the log, got another")
    detail = records[-1]["detail"]
    badge = str(detail.get("badge", "")) if isinstance(detail, dict) else ""
    return CheckedHistory(tuple(records), badge, min(number for _, number, _ in found), found[-1][2])


def _read(data: bytes) -> tuple[list[Mapping[str, object]], list[bytes]]:
    if len(data) > MAX_BYTES:
        raise _broken(f"expected at most {MAX_BYTES} bytes, got {len(data)}")
    try:
        value = json.loads(data)
        records, texts = value["steps"], value["proofs"]
        good = value["form"] == FORM and all(isinstance(one, dict) for one in records) and len(records) == len(texts)
        proofs = [base64.b64decode(text, validate=True) for text in texts]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _broken(f"expected a history as a file of the form {FORM}, got {type(error).__name__}") from error
    if not good:
        raise _broken(f"expected a history of the form {FORM} with a proof of each step, got another")
    return records, proofs


def _check_proof(data: bytes, event_hash: str, anchors: Trust) -> tuple[int, int, int]:
    """Index of the step in the log, how many listed witnesses cosigned, size of the tree."""
    read = proof.parse(data)
    tree = proof.check(read, entry.identity(event_hash))
    note, _ = checkpoint.read(read.checkpoint)
    checkpoint.verify_log(note, [parse_vkey(key.vkey) for key in anchors.keys("log")])
    witnesses = len(checkpoint.verify_witnesses(note, [parse_vkey(key.vkey) for key in anchors.keys("witness")]))
    if witnesses < anchors.quorum:
        raise _broken(f"expected {anchors.quorum} witnesses to have cosigned the log, got {witnesses}")
    return read.index, witnesses, tree.size


def _broken(message: str) -> HistoryBrokenError:
    return HistoryBrokenError(
        message, hint="这份记录不能作为证明 It proves nothing as it is; ask the issuer for another copy."
    )
