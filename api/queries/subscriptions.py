"""Subscriptions: the list, and one with its scope and what was delivered."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, counts, cut
from exchange.subscribe import feed
from exchange.subscribe.catalogue import Catalogue, catalogue
from exchange.subscribe.delivery import seen_by
from kernel.models import Change, Subscription

SHOWN = 200


@dataclass(frozen=True, slots=True)
class SubscriptionFilter:
    """What to list; empty means any."""

    state: str = ""
    subscriber: str = ""
    data_set: str = ""


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription. Attributes: behind: changes that wait behind its cursor."""

    row: Subscription
    behind: int


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change as the subscriber gets it. Attributes: row: its fields in scope; empty when it is passed over."""

    change: Change
    row: Mapping[str, object]


def known_sets() -> Catalogue:
    """The catalogue, for the pages."""
    return catalogue()


def list_subscriptions(session: Session, scope: Scope, wanted: SubscriptionFilter) -> tuple[SubscriptionRow, ...]:
    """The newest subscriptions."""
    query = select(Subscription).where(allowed(scope, Permission.EXCHANGE_READ))
    if wanted.state:
        query = query.where(Subscription.state == wanted.state)
    if wanted.subscriber:
        query = query.where(Subscription.subscriber == wanted.subscriber)
    if wanted.data_set:
        query = query.where(Subscription.data_set == wanted.data_set)
    rows = session.execute(query.order_by(Subscription.id.desc()).limit(SHOWN)).scalars()
    return tuple(_with_lag(session, row) for row in rows)


def _with_lag(session: Session, row: Subscription) -> SubscriptionRow:
    return SubscriptionRow(row, max(0, feed.newest(session, row.data_set) - row.cursor))


def subscription_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many there are by state, department and data set."""
    may = allowed(scope, Permission.EXCHANGE_READ)
    return {
        "state": counts(session, Subscription.state, may),
        "subscriber": counts(session, Subscription.subscriber, may),
        "data_set": counts(session, Subscription.data_set, may),
    }


def find_subscription(session: Session, scope: Scope, subscription_id: int) -> SubscriptionRow:
    """One subscription.

    Raises:
        NotFoundError: none of that number, or not this reader's.
    """
    may = allowed(scope, Permission.EXCHANGE_READ)
    row = session.execute(select(Subscription).where(Subscription.id == subscription_id, may)).scalar_one_or_none()
    return _with_lag(session, require(row, "a subscription", "订阅列表"))


def list_changes(
    session: Session, row: Subscription, part: str, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[ShownChange]:
    """What was delivered of a subscription, or what waits, newest first; only what its scope shows.

    Args:
        row: of a subscription the reader may see. part: ``waiting``, else what lies before the cursor.
    """
    query = select(Change).where(Change.data_set == row.data_set)
    behind = Change.number > row.cursor
    query = query.where(behind if part == "waiting" else ~behind)
    rows, total, following = cut(session, query, Change.number, before=before, limit=limit)
    return Slice(tuple(ShownChange(item[0], seen_by(item[0], row)) for item in rows), total, following)
