"""Deliveries: what changed behind a subscription's cursor, within the scope as it stands now, once for each id.

The end of a delivery is written down before it leaves, and the cursor moves after it was taken, so that a run that
was killed sends the same delivery under the same id again.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from exchange import notice
from exchange.subscribe import feed
from exchange.subscribe.catalogue import Scope, catalogue
from exchange.subscribe.contract import ACTIVE, PAUSED, active
from exchange.subscribe.errors import DeliveryError, OutOfScopeError
from exchange.subscribe.filter import meets
from kernel import audit
from kernel.clock import as_utc, iso
from kernel.crypto import canonical_json
from kernel.db import Database
from kernel.durable import synchronise
from kernel.errors import WangjianError
from kernel.models import Change, Subscription

FORMAT = "wangjian-delivery-1"
BATCH = 500
MAX_TRIES = 10
ACTOR = "system:subscription"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery.

    Attributes:
        id: the same whenever it is sent again. body: canonical JSON with all rows, as it is signed.
        rows: what is delivered. last: number of the last change it covers, delivered or passed over.
    """

    id: str
    subscription: int
    channel: str
    target: str
    subscriber: str
    data_set: str
    rows: tuple[Mapping[str, object], ...]
    last: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Ways:
    """How deliveries leave.

    Attributes:
        post: sends a body to an address; raises ``DeliveryError`` when it was not taken.
        folder: where files go, one folder a subscription. next_try: time of the next try after so many.
    """

    post: Callable[[str, bytes], None]
    folder: Path
    next_try: Callable[[int, datetime], datetime]


def deliver(database: Database, ways: Ways, *, at: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Bring every active subscription up to date; how many rows were delivered.

    Effects: tables ``subscription``, ``notice``, ``audit``; files; calls.
    """
    with database.read() as session:
        waiting = active(session, at)
    rows = 0
    for subscription_id in waiting:
        while goes_on():
            found = prepare(database, subscription_id, at=at)
            if found is None:
                break
            if not _send(database, ways, found, at):
                break
            rows += len(found.rows)
    return rows


def prepare(database: Database, subscription_id: int, *, at: datetime) -> Delivery | None:
    """The next delivery of a subscription, or the one that is under way; None when nothing changed.

    Effects: table ``subscription`` (the delivery's end).
    """
    with database.write() as session:
        row = session.get_one(Subscription, subscription_id, with_for_update=True)
        if row.state != ACTIVE:
            return None
        until = row.pending_to if row.pending_to > row.cursor else None
        found = feed.changes(session, row.data_set, after=row.cursor, limit=BATCH, until=until)
        if not found:
            return None
        row.pending_to = found[-1].number
        try:
            scope = catalogue().scope(row.subscriber, row.data_set)
        except OutOfScopeError as error:
            _pause(session, row, error, at)
            return None
        return _delivery(row, scope, found)


def _delivery(row: Subscription, scope: Scope, found: Sequence[Change]) -> Delivery:
    key = catalogue().data_sets[row.data_set].key
    fields = [name for name in row.fields if name in scope.fields]
    rows = tuple(_shown(one, key, fields) for one in found if _wanted(one, row, scope))
    name = f"sub-{row.id}-{row.cursor + 1}-{row.pending_to}"
    body = {
        "data_set": row.data_set,
        "delivery": name,
        "fields": fields,
        "format": FORMAT,
        "purpose": row.purpose,
        "rows": list(rows),
        "subscriber": row.subscriber,
    }
    return Delivery(
        name, row.id, row.channel, row.target, row.subscriber, row.data_set, rows, row.pending_to,
        canonical_json(body) + b"\n",
    )  # fmt: skip


def seen_by(one: Change, row: Subscription) -> Mapping[str, object]:
    """The fields of a change that a subscription gets; empty when scope or filters pass it over."""
    try:
        scope = catalogue().scope(row.subscriber, row.data_set)
    except OutOfScopeError:
        return {}
    if not _wanted(one, row, scope):
        return {}
    fields = [name for name in row.fields if name in scope.fields]
    shown = _shown(one, catalogue().data_sets[row.data_set].key, fields)["row"]
    return shown if isinstance(shown, dict) else {}


def _wanted(one: Change, row: Subscription, scope: Scope) -> bool:
    """A withdrawal is told to everybody in scope, whatever the filters: they may have had the row before."""
    if not scope.covers(one.region):
        return False
    shown = {name: value for name, value in one.row.items() if name in scope.fields}
    return one.op == feed.VOID or meets(shown, row.filters)


def _shown(one: Change, key: str, fields: Sequence[str]) -> dict[str, object]:
    row = {name: one.row.get(name) for name in fields} if one.op == feed.UPSERT else {key: one.key}
    return {"number": one.number, "op": one.op, "row": row, "version": one.version}


def _send(database: Database, ways: Ways, found: Delivery, at: datetime) -> bool:
    try:
        if found.rows:
            _by_channel(database, ways, found, at)
    except WangjianError as error:
        with database.write() as session:
            row = session.get_one(Subscription, found.subscription, with_for_update=True)
            row.tries += 1
            row.error, row.next_try_at = error.message, ways.next_try(row.tries, at)
            if row.tries >= MAX_TRIES:
                _pause(session, row, error, at)
        return False
    with database.write() as session:
        row = session.get_one(Subscription, found.subscription, with_for_update=True)
        if row.cursor >= found.last:
            return True
        row.cursor, row.delivered, row.tries = found.last, row.delivered + len(found.rows), 0
        row.next_try_at, row.error = None, ""
        if found.rows:
            row.delivered_at = as_utc(at)
            detail: dict[str, object] = {"delivery": found.id, "rows": len(found.rows), "subscriber": found.subscriber}
            audit.append(
                session, actor=ACTOR, action="subscription.deliver", object_type="subscription", object_id=row.id,
                detail=detail, at=at,
            )  # fmt: skip
    return True


def _by_channel(database: Database, ways: Ways, found: Delivery, at: datetime) -> None:
    if found.channel == "webhook":
        ways.post(found.target, found.body)
    elif found.channel == "file":
        write_file(ways.folder / f"{found.subscriber}-{found.subscription}", found)
    else:
        with database.write() as session:
            title = catalogue().data_sets[found.data_set].title
            notice.tell(
                session, key=f"delivery:{found.id}", owner=found.target or found.subscriber, kind="subscription",
                title=f"{title[0]}有 {len(found.rows)} 条变化 {title[1]}: {len(found.rows)} changes",
                detail={"delivery": found.id, "rows": list(found.rows)}, at=at,
            )  # fmt: skip


def write_file(folder: Path, found: Delivery) -> Path:
    """Write a delivery as a file that appears whole; written before, it stays. Effects: the file and its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found.id}.json"
    if not path.exists():
        aside = folder / f".{found.id}.part"
        with aside.open("wb") as stream:
            stream.write(found.body)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
        synchronise(folder)
    return path


def _pause(session: Session, row: Subscription, error: WangjianError, at: datetime) -> None:
    row.state, row.error = PAUSED, error.message
    notice.tell(
        session, key=f"subscription:{row.id}:{row.tries}", owner=notice.EXCHANGE_OFFICE, kind="subscription",
        title=f"订阅 {row.id} 已暂停 subscription {row.id} is paused: {row.subscriber} {row.data_set}",
        detail={"error": error.message, "at": iso(at)}, link=f"/subscriptions/{row.id}", at=at,
    )  # fmt: skip
    audit.append(
        session, actor=ACTOR, action="subscription.pause", object_type="subscription", object_id=row.id,
        detail={"reason": error.message}, at=at,
    )  # fmt: skip


def read_body(body: bytes) -> dict[str, object]:
    """A delivery as its subscriber reads it.

    Raises:
        DeliveryError: not of this form.
    """
    try:
        found = json.loads(body)
    except ValueError as error:
        raise DeliveryError("expected a delivery in JSON, got another form") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT or canonical_json(found) + b"\n" != body:
        raise DeliveryError(f"expected a delivery of the form {FORMAT}, got another")
    return found
