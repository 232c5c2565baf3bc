"""The outbox of the exchange: what must be told to others is written in the caller's own transaction.

The message gets its id here and keeps it for good. Its place in a stream, its signature and its way are
given by :mod:`exchange.sealing` afterwards, off the caller's path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from exchange import field_cipher
from exchange.errors import ClassificationError, EnvelopeError, RecipientError
from exchange.message_type import check_classification, check_op, message_type
from exchange.organisation import check_code
from exchange.schema_registry import schema, validate
from kernel.clock import as_utc, iso
from kernel.crypto import canonical_json
from kernel.identifiers import uuid7
from kernel.models import Message
from kernel.rows import insert_rows

MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What shall be told.

    Attributes:
        type, version: a schema. op: ``UPSERT`` (this is how it stands), ``VOID`` (it was taken back) or ``QUERY``.
        biz_key, biz_version: the business object and its version, from 1; the same pair has its effect once.
        payload: fits the schema, in plain text; what is personal is sealed on the way.
        receiver: organisation code; empty: the one that ``region`` falls to. stream: empty: the type's own.
        event_at: when it happened; empty: now. classification: ``public`` ``internal`` ``sensitive``.
        personal_fields: JSON pointers to seal beside those that the schema names.
        correlation_id: of the matter it belongs to. reply_to: id of the message it answers.
        on_behalf_of: the unit of ours that it comes from. ttl_s: of no use after so many seconds; 0: for ever.
    """

    type: str
    version: str
    op: str
    biz_key: str
    biz_version: int
    payload: Mapping[str, object]
    receiver: str = ""
    stream: str = ""
    event_at: datetime | None = None
    legal_basis: str = ""
    purpose: str = ""
    classification: str = "internal"
    personal_fields: tuple[str, ...] = ()
    correlation_id: str = ""
    reply_to: str = ""
    region: str = ""
    on_behalf_of: str = ""
    ttl_s: int = 0
    retention_until: str = ""
    replay_of: str = ""
    attachments: tuple[Mapping[str, object], ...] = ()


def post(session: Session, draft: Draft, *, at: datetime) -> str:
    """Write a message into the outbox, in the caller's transaction.

    Args:
        session: a write session. at: now, aware UTC.

    Returns:
        its id (UUIDv7): the same for every later try.

    Raises:
        SchemaUnknownError, SchemaError: the payload is not what the type asks. ClassificationError: secret, or marked
        too low. RecipientError: neither a receiver nor a region that leads to one. EnvelopeError: a key, version or
        operation that cannot be.

    Effects: table ``message``.
    """
    message_id = uuid7(at)
    insert_rows(session, Message, [_row(draft, message_id, as_utc(at))])
    return message_id


def post_many(session: Session, drafts: Sequence[Draft], *, at: datetime) -> list[str]:
    """Write many at once; their ids, in the order given. Raises, Effects: as :func:`post`; all or none."""
    rows = [_row(draft, uuid7(at), as_utc(at)) for draft in drafts]
    insert_rows(session, Message, rows)
    return [row["message_id"] for row in rows]


def check_draft(draft: Draft) -> None:
    """Everything that can be known before it is sent. Raises: as :func:`post`."""
    message_type(draft.type)
    check_op(draft.op)
    check_classification(draft.type, draft.classification)
    if not 0 < len(draft.biz_key) <= MAX_KEY or draft.biz_version < 1:
        raise EnvelopeError(f"expected a business key of 1 to {MAX_KEY} characters and a version from 1 on")
    validate(draft.type, draft.version, draft.payload)
    canonical_json(dict(draft.payload))
    pointers = _personal(draft)
    if draft.classification == "public" and field_cipher.has_any(draft.payload, pointers):
        raise ClassificationError("expected a message with personal data to be internal at least, got public")


_KEPT = tuple(field.name for field in fields(Draft))


def _personal(draft: Draft) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*schema(draft.type, draft.version).personal, *draft.personal_fields)))


def _receiver(draft: Draft) -> str:
    if draft.receiver or draft.region:
        return check_code(draft.receiver or draft.region)
    raise RecipientError(
        "expected a receiver, or a region that leads to one, got neither",
        hint="Give the draft a receiver (organisation code) or the region of the matter (GB/T 2260).",
    )


def _row(draft: Draft, message_id: str, at: datetime) -> dict[str, Any]:
    check_draft(draft)
    kept = {name: getattr(draft, name) for name in _KEPT}
    kept["event_at"] = iso(draft.event_at or at)
    kept["personal_fields"] = list(_personal(draft))
    kept["payload"] = dict(draft.payload)
    kept["attachments"] = [dict(item) for item in draft.attachments]
    kept["receiver"] = receiver = _receiver(draft)
    kept["stream"] = draft.stream or message_type(draft.type).stream
    return {
        "direction": "out",
        "message_id": message_id,
        "type": draft.type,
        "version": draft.version,
        "op": draft.op,
        "receiver": receiver,
        "biz_key": draft.biz_key,
        "biz_version": draft.biz_version,
        "classification": draft.classification,
        "correlation_id": draft.correlation_id,
        "state": "posted",
        "draft": kept,
        "is_replay": bool(draft.replay_of),
        "at": at,
        "event_at": as_utc(draft.event_at or at),
    }
