"""A message that came, as a row of the table."""

from datetime import datetime
from typing import Any

from exchange.opening import Opened
from kernel.clock import parse_iso

NOTHING: dict[str, Any] = {"outcome": "", "done_at": None, "error_code": "", "error": "", "rows": []}


def row_of(
    opened: Opened, *, direction: str, stream_id: int | None, state: str, came_from: str, at: datetime
) -> dict[str, Any]:
    """The values of a new row; every row has the same keys, so that many go in at once."""
    envelope = opened.envelope
    return {
        "direction": direction,
        "message_id": envelope.message_id,
        "stream_id": stream_id,
        "seq": envelope.seq,
        "type": envelope.type,
        "version": envelope.version,
        "op": envelope.op,
        "sender": envelope.sender,
        "receiver": envelope.receiver,
        "biz_key": envelope.biz_key,
        "biz_version": envelope.biz_version,
        "classification": envelope.classification,
        "correlation_id": envelope.correlation_id,
        "state": state,
        "draft": {},
        "envelope": opened.canonical,
        "digest": opened.digest,
        "suite": opened.suite,
        "kid": opened.kid,
        "signature": opened.signature,
        "is_replay": bool(envelope.replay_of),
        "came_from": came_from,
        "at": at,
        "event_at": parse_iso(envelope.event_time),
        "attempts": 0,
        **NOTHING,
    }
