"""Webhook calls: a system tells what changed as soon as it does. Signed, near in time, each taken once.

The pull goes on beside it and finds what a call that was lost would have told.
"""

import hashlib
import hmac
import re
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from exchange.connectors import answer, state
from exchange.connectors.errors import WebhookError
from exchange.connectors.intake import Intake
from exchange.connectors.linked import Connector
from kernel.models import LinkedEvent

BELIEVED = timedelta(minutes=5)
"""A call signed earlier or later than this is not believed; so long its number is remembered."""
REMEMBERED = 2 * BELIEVED
MAX_BYTES = 4 << 20
_SIGNATURE = re.compile(r"t=(\d{10}),v1=([0-9a-f]{64})")
_EVENT = re.compile(r"[A-Za-z0-9_\-]{8,80}")
_HINT = "核对密钥与时钟 Check the secret and the clock."


def sign(secret: str, body: bytes, at: datetime) -> str:
    """The signature header of a call: ``t=<seconds>,v1=<HMAC over "<seconds>.<body>">``.

    Spec: RFC 2104 (HMAC) with SHA-256.
    """
    seconds = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256)
    return f"t={seconds},v1={mac.hexdigest()}"


def verify(secret: str, body: bytes, header: str, *, at: datetime) -> None:
    """Believe a call, or not.

    Args:
        secret: shared with the system; empty means that it may not call. at: aware UTC.

    Raises:
        WebhookError: not signed with the secret, or too far from now.
    """
    found = _SIGNATURE.fullmatch(header)
    if not secret or found is None or len(body) > MAX_BYTES:
        raise WebhookError("expected a signed call of a linked system, got another", hint=_HINT)
    told = datetime.fromtimestamp(int(found[1]), at.tzinfo)
    if not hmac.compare_digest(sign(secret, body, told), header):
        raise WebhookError("expected a signature that holds, got another", hint=_HINT)
    if abs(told - at) > BELIEVED:
        raise WebhookError(f"expected a call of these five minutes, got one signed at {told.isoformat()}", hint=_HINT)


def take(session: Session, connector: Connector, body: bytes, *, at: datetime) -> Counter[str]:
    """Take what a believed call tells, in the caller's transaction. The same call again changes nothing.

    Args:
        body: a page of rows (see :mod:`exchange.connectors.answer`) with the ``id`` of the call.

    Returns:
        what became of the rows, by word; ``repeated`` for a call that was taken before.

    Raises:
        SourceFormError: not in the agreed form.
        WebhookError: it has no number.

    Effects: tables ``linked_event``, ``linked_record``, ``linked_fault``, ``linked_state``, and what follows.
    """
    told = answer.parse(body)
    event_id = told.get("id")
    if not isinstance(event_id, str) or not _EVENT.fullmatch(event_id):
        raise WebhookError("expected the number of the call, got none", hint="id: 8 to 80 letters, digits, - and _")
    page = answer.page(told, connector.published, connector.keep)
    if not _is_new(session, connector.system, event_id, at):
        return Counter(repeated=1)
    how_far = state.of_system(session, connector.system)
    intake = Intake(connector, "webhook", at, page.server_time - at, how_far.began_at)
    taken = intake.take(session, page.rows, page.quarantined)
    state.count(how_far, taken.tally)
    state.add_lags(how_far, taken.lags)
    return taken.tally


def _is_new(session: Session, system: str, event_id: str, at: datetime) -> bool:
    session.execute(delete(LinkedEvent).where(LinkedEvent.at < at - REMEMBERED))
    query = select(LinkedEvent.id).where(LinkedEvent.system == system, LinkedEvent.event_id == event_id)
    if session.execute(query).first() is not None:
        return False
    session.add(LinkedEvent(system=system, event_id=event_id, at=at))
    session.flush()
    return True
