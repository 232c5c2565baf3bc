"""The standing duty of subscriptions: what changed in the records becomes changes in the feed, and is delivered."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange.gateway import Gateway
from exchange.retry import next_try
from exchange.subscribe import feed
from exchange.subscribe.delivery import Ways, deliver
from exchange.subscribe.webhook import Webhook
from kernel.batch import batched
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Change, RuleHit, Shop, Subject, Subscription
from pipeline.exchange_node import open_gateway

Row = tuple[str, str, Mapping[str, object]]
"""Key, region, fields of the catalogue."""
BATCH = 500
PACE = (60.0, 300.0, 900.0, 3_600.0, 21_600.0)
FOLDER = "subscriptions"
PREFIX = b"wangjian-exchange/1 delivery\n"


def turn(config: Settings, database: Database, at: datetime) -> None:
    """Collect and deliver; nothing happens while nobody has subscribed.

    Effects: tables ``change``, ``change_counter``, ``subscription``, ``notice``, ``audit``; files; calls.
    """
    with database.read() as session:
        if session.execute(select(Subscription.id).where(Subscription.state == "active").limit(1)).first() is None:
            return
    for data_set, rows in SOURCES.items():
        collect(database, data_set, rows, at=at)
    gateway = open_gateway(config, database)
    with closing(Webhook(partial(_sign, gateway), ca_file=config.exchange_ca_file)) as webhook:
        folder = config.data_dir / "exchange" / FOLDER
        ways = Ways(webhook.post, folder, lambda tries, moment: next_try(tries, PACE, moment))
        deliver(database, ways, at=at)


def _sign(gateway: Gateway, body: bytes) -> Mapping[str, str]:
    name = gateway.ours[0]
    kid, value = gateway.keys.sign(name, PREFIX + body)
    return {"suite": name, "kid": kid, "value": base64.b64encode(value).decode()}


def collect(database: Database, data_set: str, rows: Callable[[Session], Iterator[Row]], *, at: datetime) -> int:
    """Put every row that is new or changed since its last change into the feed; how many.

    Effects: tables ``change``, ``change_counter``.
    """
    with database.read() as session:
        stream, changed, seen = rows(session), list[Found](), set[str]()
        while batch := list(islice(stream, BATCH)):
            changed += _new(session, data_set, batch)
            seen |= {key for key, _, _ in batch}
        changed += _gone(session, data_set, seen)
    for part in batched(changed, BATCH):
        with database.write() as session:
            for one in part:
                feed.publish(session, data_set, one.key, one.version, one.fields, at=at, op=one.op, region=one.region)
    return len(changed)


@dataclass(frozen=True, slots=True)
class Found:
    """A row that is new, changed or gone."""

    key: str
    region: str
    fields: Mapping[str, object]
    version: int
    op: str = feed.UPSERT


def _newest(session: Session, data_set: str, keys: Sequence[str]) -> dict[str, Change]:
    """The last change of some keys."""
    versions = (
        select(Change.key, func.max(Change.version).label("version"))
        .where(Change.data_set == data_set, Change.key.in_(keys))
        .group_by(Change.key)
        .subquery()
    )
    same = (Change.key == versions.c.key) & (Change.version == versions.c.version) & (Change.data_set == data_set)
    return {row.key: row for row in session.execute(select(Change).join(versions, same)).scalars()}


def _gone(session: Session, data_set: str, seen: set[str]) -> Iterator[Found]:
    """Rows that were told and are there no more, for example a lead that was dismissed."""
    told = session.execute(select(Change.key).where(Change.data_set == data_set).distinct()).scalars()
    lost = sorted(set(told) - seen)
    for part in batched(lost, BATCH):
        for key, last in _newest(session, data_set, part).items():
            if last.op == feed.UPSERT:
                yield Found(key, last.region, {}, last.version + 1, feed.VOID)


def _new(session: Session, data_set: str, batch: Sequence[Row]) -> Iterator[Found]:
    known = _newest(session, data_set, [key for key, _, _ in batch])
    for key, region, fields in batch:
        last = known.get(key)
        if last is None:
            yield Found(key, region, fields, 1)
        elif last.op == feed.VOID or last.region != region or any(last.row.get(k) != v for k, v in fields.items()):
            yield Found(key, region, fields, last.version + 1)


def _shops(session: Session) -> Iterator[Row]:
    for shop in session.execute(select(Shop).order_by(Shop.id)).yield_per(BATCH).scalars():
        fields = {
            "name": shop.name, "url": shop.url, "platform": shop.platform, "seller_name": shop.seller_name,
            "seller_code": shop.seller_code, "status": shop.status,
        }  # fmt: skip
        yield str(shop.id), shop.region, fields


def _leads(session: Session) -> Iterator[Row]:
    query = select(RuleHit, Shop).join(Shop, Shop.id == RuleHit.shop_id).where(RuleHit.state == "confirmed")
    for hit, shop in session.execute(query.order_by(RuleHit.id)).yield_per(BATCH):
        fields = {
            "rule": hit.rule_id, "severity": hit.severity, "state": hit.state, "quote": hit.quote, "shop_url": shop.url,
            "seller_name": shop.seller_name, "seller_code": shop.seller_code,
        }  # fmt: skip
        yield str(hit.id), shop.region, fields


def _subjects(session: Session) -> Iterator[Row]:
    for subject in session.execute(select(Subject).order_by(Subject.id)).yield_per(BATCH).scalars():
        fields = {
            "code": subject.code, "name": subject.name, "kind": subject.kind, "status": subject.status,
            "region": subject.region, "address": subject.address, "scope": subject.scope,
        }  # fmt: skip
        yield str(subject.id), subject.region, fields


SOURCES: Mapping[str, Callable[[Session], Iterator[Row]]] = {"shop": _shops, "lead": _leads, "subject": _subjects}
"""Where the rows of each data set of the catalogue are."""
