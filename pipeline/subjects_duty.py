"""Shops are looked at again when what they show changed, or what the registry says of those they could be.

A handful of shops a transaction, so that nobody waits long for the records; killed anywhere, the next turn goes on.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, and_, cast, exists, or_, select
from sqlalchemy.orm import Session

from identity_verify import links, name_form
from identity_verify.shown_identity import FIELDS
from identity_verify.subjects import link_shop
from kernel.batch import batched
from kernel.config import Settings
from kernel.db import Database
from kernel.models import FactVersion, Shop, ShopIdentity, Subject, SubjectLink
from kernel.models.subject import LIVE_STATES

logger = logging.getLogger(__name__)

A_TURN = 400
A_TRANSACTION = 20
AGAIN = timedelta(days=1)
"""A shop without an answer is looked at this often: the registry may have a new subject for it."""
AT_LEAST = timedelta(days=7)
"""And every shop this often: a value ends at the time its page was fetched, its row is written later."""


def due(session: Session, *, at: datetime, limit: int = A_TURN) -> list[int]:
    """Ids of the shops that should be looked at now, those never looked at first."""
    query = (
        select(Shop.id)
        .outerjoin(ShopIdentity, ShopIdentity.shop_id == Shop.id)
        .where(
            or_(
                and_(ShopIdentity.shop_id.is_(None), _has_facts()),
                _facts_changed(),
                and_(ShopIdentity.outcome.in_(("unmatched", "review")), ShopIdentity.checked_at <= at - AGAIN),
                ShopIdentity.checked_at <= at - AT_LEAST,
                _subject_changed(),
                _code_known_now(),
            )
        )
        .order_by(ShopIdentity.checked_at.is_not(None), ShopIdentity.checked_at, Shop.id)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def _of_shop() -> ColumnElement[bool]:
    return and_(
        FactVersion.shop_id == Shop.id, FactVersion.listing_id.is_(None), FactVersion.field.in_(FIELDS)
    )  # fmt: skip


def _has_facts() -> ColumnElement[bool]:
    return exists().where(_of_shop())


def _facts_changed() -> ColumnElement[bool]:
    newer = FactVersion.id > ShopIdentity.last_fact_id
    ended = and_(
        FactVersion.id <= ShopIdentity.last_fact_id,
        FactVersion.superseded_at.is_not(None),
        FactVersion.superseded_at > ShopIdentity.checked_at,
    )
    return exists().where(_of_shop(), FactVersion.superseded_at.is_(None), newer) | exists().where(_of_shop(), ended)


def _subject_changed() -> ColumnElement[bool]:
    key = SubjectLink.key == _text_of_shop_id()
    live = SubjectLink.state.in_(LIVE_STATES)
    return exists().where(
        SubjectLink.kind == "shop",
        SubjectLink.relation == links.RUNS,
        key,
        live,
        Subject.id == SubjectLink.subject_id,
        Subject.updated_at > ShopIdentity.checked_at,
    )


def _text_of_shop_id() -> ColumnElement[str]:
    return cast(Shop.id, String)


def _code_known_now() -> ColumnElement[bool]:
    return exists().where(
        ShopIdentity.outcome != "linked",
        Shop.seller_code != "",
        Subject.code == Shop.seller_code,
        Subject.updated_at > ShopIdentity.checked_at,
    )


def turn(config: Settings, database: Database, at: datetime) -> int:
    """Look at the shops that are due, once every registered name can be found by the keys of today.

    Returns:
        how many were looked at.

    Effects: tables ``subject_link``, ``subject_task``, ``shop_identity``, ``audit``; ``subject_name``,
    ``subject_name_key`` where an older version wrote them.
    """
    del config
    if renewed := name_form.renew(database, at=at):
        logger.info("wrote the keys of %d registered names anew", renewed)
    with database.read() as session:
        if name_form.is_behind(session):
            return 0
        waiting = due(session, at=at)
    for part in batched(waiting, A_TRANSACTION):
        with database.write() as session:
            for shop_id in part:
                link_shop(session, shop_id, at=at)
    if waiting:
        logger.info("looked who runs %d shops", len(waiting))
    return len(waiting)
