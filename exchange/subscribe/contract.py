"""A subscription from its asking to its end: asked with a purpose, approved by another person, paused, ended.

Spec: 个人信息保护法 (2021) 第6条, 第34条 (stated purpose, least data, within the duties of the department).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange import notice
from exchange.subscribe import feed
from exchange.subscribe.catalogue import Catalogue, catalogue
from exchange.subscribe.errors import OutOfScopeError, SubscribeError
from exchange.subscribe.filter import require_filters
from kernel import audit
from kernel.clock import as_utc
from kernel.models import Subscription

CHANNELS = ("inbox", "webhook", "file")
ASKED, ACTIVE, PAUSED, ENDED, REFUSED = "asked", "active", "paused", "ended", "refused"
_MOVES = {
    "approve": ({ASKED}, ACTIVE),
    "refuse": ({ASKED}, REFUSED),
    "pause": ({ACTIVE}, PAUSED),
    "resume": ({PAUSED}, ACTIVE),
    "end": ({ASKED, ACTIVE, PAUSED}, ENDED),
}
MOVES = tuple(_MOVES)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a department asks for.

    Attributes:
        filters: conditions. fields: empty means all of the scope. purpose, legal_basis: why, on what ground.
        channel: ``inbox``, ``webhook`` or ``file``. target: owner of the inbox, or address.
        from_now: only changes from now on; else all there are.
    """

    subscriber: str
    data_set: str
    purpose: str
    legal_basis: str
    channel: str
    target: str = ""
    fields: tuple[str, ...] = ()
    filters: Sequence[object] = ()
    from_now: bool = True


def ask(session: Session, wish: Wish, *, actor: str, at: datetime) -> Subscription:
    """Enter a wish; nothing is delivered before another person approves it.

    Raises:
        OutOfScopeError: data set, field or host beyond the department's scope. SubscribeError: not understood.

    Effects: tables ``subscription``, ``audit``.
    """
    known = catalogue()
    scope = known.scope(wish.subscriber, wish.data_set)
    fields = tuple(dict.fromkeys((known.data_sets[wish.data_set].key, *(wish.fields or scope.fields))))
    beyond = [name for name in fields if name not in scope.fields]
    if beyond:
        raise OutOfScopeError(f"expected fields in the scope of {wish.subscriber}, got {', '.join(beyond)[:200]}")
    if not wish.purpose.strip() or not wish.legal_basis.strip():
        raise SubscribeError("expected a purpose and its legal basis, got none", hint="写明用途和法律依据。")
    _require_target(known, wish)
    row = Subscription(
        subscriber=wish.subscriber,
        data_set=wish.data_set,
        filters=require_filters(wish.filters, scope.fields),
        fields=list(fields),
        purpose=wish.purpose.strip(),
        legal_basis=wish.legal_basis.strip(),
        channel=wish.channel,
        target=wish.target.strip(),
        state=ASKED,
        created_by=actor,
        created_at=as_utc(at),
        cursor=feed.newest(session, wish.data_set) if wish.from_now else 0,
    )
    session.add(row)
    session.flush()
    _note(session, row, "ask", actor, "", at)
    return row


def _require_target(known: Catalogue, wish: Wish) -> None:
    if wish.channel not in CHANNELS:
        raise SubscribeError(f"expected one of {', '.join(CHANNELS)}, got {wish.channel[:20]!r}")
    if wish.channel != "webhook":
        return
    try:
        parts = urlsplit(wish.target.strip())
        host = parts.hostname or ""
    except ValueError as error:
        raise SubscribeError(f"expected an address for the webhook, got {wish.target[:80]!r}") from error
    hosts = known.departments[wish.subscriber].hosts
    local = parts.scheme == "http" and host in {"127.0.0.1", "localhost"}
    if (parts.scheme != "https" and not local) or host not in hosts or parts.username or parts.fragment:
        raise OutOfScopeError(f"expected https and one of the hosts {', '.join(hosts)}, got {wish.target[:80]!r}")


def move(session: Session, subscription_id: int, verb: str, *, actor: str, reason: str, at: datetime) -> Subscription:
    """Approve, refuse, pause, resume or end.

    Args:
        verb: one of ``MOVES``. actor: for an approval another person than the one who asked. reason: needed but for
            an approval.

    Raises:
        SubscribeError: not in a state that allows it, the same person, or no reason.

    Effects: tables ``subscription``, ``notice``, ``audit``.
    """
    row = session.get(Subscription, subscription_id, with_for_update=True)
    if row is None or verb not in _MOVES:
        raise SubscribeError(f"expected a subscription and one of {', '.join(MOVES)}, got {subscription_id}")
    states, to = _MOVES[verb]
    if row.state not in states:
        raise SubscribeError(f"expected a subscription that is {' or '.join(sorted(states))}, it is {row.state}")
    if verb in {"approve", "refuse"} and actor == row.created_by:
        raise SubscribeError("expected another person than the one who asked", hint="申请人不能自己审批。")
    if verb != "approve" and not reason.strip():
        raise SubscribeError("expected a reason, got none", hint="写明理由 say why.")
    row.state = to
    if verb == "approve":
        row.approved_by, row.approved_at = actor, as_utc(at)
    if verb == "resume":
        row.tries, row.next_try_at, row.error = 0, None, ""
    notice.done(session, [f"subscription:{row.id}:{row.tries}"], at=at)
    _note(session, row, verb, actor, reason.strip(), at)
    return row


def active(session: Session, at: datetime) -> list[int]:
    """Numbers of the subscriptions that may be delivered to now."""
    query = select(Subscription).where(Subscription.state == ACTIVE).order_by(Subscription.id)
    rows = session.execute(query).scalars()
    return [row.id for row in rows if row.next_try_at is None or row.next_try_at <= at]


def _note(session: Session, row: Subscription, verb: str, actor: str, reason: str, at: datetime) -> None:  # noqa: PLR0917 - one record
    detail = {
        "subscriber": row.subscriber, "data_set": row.data_set, "fields": row.fields, "purpose": row.purpose,
        "legal_basis": row.legal_basis, "channel": row.channel, "target": row.target, "reason": reason,
    }  # fmt: skip
    audit.append(
        session, actor=actor, action=f"subscription.{verb}", object_type="subscription", object_id=row.id,
        detail=detail, at=at,
    )  # fmt: skip
