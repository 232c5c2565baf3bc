"""Why a message of ours is not there yet: what it waits for, since when, how often it was tried, and when next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.transport import OTHER_WAYS, scheme_of
from kernel.models import Delivery, Message, Peer

Cause = Literal["unsealed", "due", "silent", "refused", "suspended", "carried", "packed"]


@dataclass(frozen=True, slots=True)
class Wait:
    """A message that has not arrived.

    Attributes:
        cause: ``unsealed`` not signed yet; ``due`` first try is due; ``silent`` the peer does not answer; ``refused``
            the peer did not take it; ``suspended`` the peer is suspended here; ``carried`` no call reaches the peer,
            its messages go by folder or package; ``packed`` it is in the package ``error`` names, whose return is out.
        peer: code of the next hop, or of the receiver while that is not known.
        since: when it was posted. tries: of a silent peer, calls in a row without an answer; else tries of the message.
        code, error: of the last failure. next_at: of the next try; none where nothing is tried by itself.
    """

    cause: Cause
    peer: str
    since: datetime
    tries: int = 0
    code: str = ""
    error: str = ""
    next_at: datetime | None = None

    @property
    def counts(self) -> bool:
        """Whether these tries lead to the dead letters in the end: silence of the other side never does."""
        return self.cause == "refused"


def wait_of(session: Session, message: Message | None, delivery: Delivery | None) -> Wait | None:
    """What a message of ours waits for; none when it arrived, was refused for good, or is a dead letter."""
    if message is None or message.direction == "in" or message.state not in {"posted", "sealed", "passing"}:
        return None
    if delivery is None:
        return Wait("unsealed", message.receiver, message.at) if message.state == "posted" else None
    if delivery.state != "waiting":
        return None
    peer = session.execute(select(Peer).where(Peer.code == delivery.peer)).scalar_one_or_none()
    return (_of_peer(peer, delivery, message.at) if peer else None) or _of_message(delivery, message.at)


def _of_peer(peer: Peer, delivery: Delivery, since: datetime) -> Wait | None:
    """Where it is the peer that is not reached, whatever the message."""
    if peer.state != "active":
        return Wait("suspended", peer.code, since)
    if scheme_of(peer.url) in OTHER_WAYS and not delivery.attempts:
        package = delivery.package
        return Wait("packed" if package else "carried", peer.code, since, error=package or "")
    if not peer.failures:
        return None
    next_at = max(delivery.next_at, peer.open_until or delivery.next_at)
    return Wait("silent", peer.code, since, peer.failures, peer.error_code, peer.error, next_at)


def _of_message(delivery: Delivery, since: datetime) -> Wait:
    cause: Cause = "refused" if delivery.attempts else "due"
    return Wait(cause, delivery.peer, since, delivery.attempts, delivery.code, delivery.error, delivery.next_at)
