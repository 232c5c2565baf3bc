"""Facts with the page, time and place each was read from; the history of prices."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.models import FactVersion, Page

FIELD_ORDER = (
    "title", "price", "stock", "sales", "sku", "category", "brand", "option", "promotion", "gift", "rating",
    "review", "image", "description", "seller_name", "seller_shown", "licence_code", "licence_name",
    "licence_address", "licence_image", "declaration", "icp", "police_filing", "permit", "contact", "notice",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownFact:
    """One standing value of one field, and where it was read."""

    fact: FactVersion
    page: Page


@dataclass(frozen=True, slots=True)
class PricePoint:
    """One price while it stood.

    Attributes:
        kind: as in ``kernel.facts`` (``shown``, ``struck`` …). slot: tells prices of one kind apart.
        fen: amount in 分, None where no amount is given. until: None while it stands.
    """

    kind: str
    slot: str
    fen: int | None
    since: datetime
    until: datetime | None
    page_id: int


def read_facts(session: Session, *, shop_id: int, listing_id: int | None) -> tuple[ShownFact, ...]:
    """The values that stand now, in reading order; of the shop itself when ``listing_id`` is None."""
    owner = FactVersion.listing_id == listing_id if listing_id else FactVersion.listing_id.is_(None)
    query = (
        select(FactVersion, Page)
        .join(Page, Page.id == FactVersion.page_id)
        .where(FactVersion.shop_id == shop_id, owner, FactVersion.superseded_at.is_(None))
        .order_by(FactVersion.field, FactVersion.slot, FactVersion.id)
    )
    rows = [ShownFact(fact, page) for fact, page in session.execute(query).all()]
    rank = {name: place for place, name in enumerate(FIELD_ORDER)}
    return tuple(sorted(rows, key=lambda row: rank.get(row.fact.field, len(rank))))


def read_history(session: Session, listing_id: int) -> tuple[ShownFact, ...]:
    """Every value of every field there ever was, newest first."""
    query = (
        select(FactVersion, Page)
        .join(Page, Page.id == FactVersion.page_id)
        .where(FactVersion.listing_id == listing_id)
        .order_by(FactVersion.seen_at.desc(), FactVersion.id.desc())
    )
    return tuple(ShownFact(fact, page) for fact, page in session.execute(query).all())


def price_points(history: tuple[ShownFact, ...]) -> tuple[PricePoint, ...]:
    """The prices in a history, oldest first."""
    points = []
    for row in reversed(history):
        value = row.fact.value
        if row.fact.field != "price" or not isinstance(value, dict):
            continue
        fen = value.get("fen")
        points.append(
            PricePoint(
                kind=str(value.get("kind", "shown")),
                slot=row.fact.slot,
                fen=fen if isinstance(fen, int) else None,
                since=row.fact.seen_at,
                until=row.fact.superseded_at,
                page_id=row.page.id,
            )
        )
    return tuple(points)
