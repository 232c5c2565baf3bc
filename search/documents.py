"""Search documents: what the index knows of a listing, made from the records.

The index is a projection: everything in it can be made again from the database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from kernel.batch import batched
from kernel.clock import CHINA, as_utc
from kernel.models import Evidence, Listing, RuleHit, Shop
from kernel.models.rule_hit import OPEN_HITS
from search.fields import FILLED, HIGHEST, LOWEST, TEXTS

YUAN = "CNY"
EVIDENCE_ORDER = ("none", "failed", "ordered", "capturing", "captured", "sealed")
PRICE_BANDS = ((0, "0-10"), (10, "10-50"), (50, "50-100"), (100, "100-500"), (500, "500-1000"), (1000, "1000-5000"))
TOP_BAND = "5000+"
NO_BAND = "none"
BAND_NAMES = (NO_BAND, *(name for _, name in PRICE_BANDS), TOP_BAND)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BATCH = 500
_TEXT_ATTRIBUTES = {"shop": "shop_name", "seller": "seller_name"}


@dataclass(frozen=True, slots=True)
class ListingDocument:
    """One listing as the engines index it.

    Attributes:
        platform: folder name in ``crawlers/platforms``. host: of the shop's address.
        seller_name, seller_code: licence facts the shop shows.
        price_fen, struck_fen: 分 where the currency is CNY; null for others, which compare with nothing here.
        currency: ISO 4217 code. sales, stock: counts, or null.
        rules, severities: of the hits that stand (``new`` or ``confirmed``).
        hit_states: states of all hits. status: ``on`` or ``gone``.
        region: GB/T 2260 code of six digits, or empty.
        first_seen, last_seen, updated: aware UTC.
        evidence: best state of any evidence of the listing, ``none`` without.
    """

    id: int
    title: str
    description: str
    url: str
    shop_id: int
    shop_name: str
    platform: str
    host: str
    seller_name: str
    seller_code: str
    category: str
    brand: str
    price_fen: int | None
    struck_fen: int | None
    sales: int | None
    stock: int | None
    rules: tuple[str, ...]
    severities: tuple[str, ...]
    hit_states: tuple[str, ...]
    status: str
    region: str
    first_seen: datetime
    last_seen: datetime
    updated: datetime
    evidence: str = "none"
    currency: str = "CNY"

    def text(self, name: str) -> str:
        """The raw text behind one of ``search.fields.TEXTS``."""
        return str(getattr(self, _TEXT_ATTRIBUTES.get(name, name)))

    def keywords(self) -> dict[str, tuple[str, ...]]:
        """Values of the keyword fields; empty ones are left out."""
        levels = region_levels(self.region)
        values: dict[str, tuple[str, ...]] = {
            "platform": (self.platform,),
            "shop_id": (str(self.shop_id),),
            "category": (self.category,),
            "brand": (self.brand,),
            "currency": (self.currency,),
            "host": (self.host,),
            "code": (self.seller_code,),
            "rule": self.rules,
            "severity": self.severities,
            "hit": self.hit_states,
            "status": (self.status,),
            "region": tuple(dict.fromkeys(levels)),
            "month": (month_of(self.first_seen),),
            "band": (price_band(self.price_fen),),
            "evidence": (self.evidence,),
            FILLED: tuple(name for name in TEXTS if self.text(name)),
        }
        values.update({name: (code,) for name, code in zip(("province", "city", "county"), levels, strict=False)})
        return {name: kept for name, given in values.items() if (kept := tuple(value for value in given if value))}

    def integers(self) -> dict[str, int]:
        """Values of the integer fields; unknown ones are left out, sort fields are always there."""
        values = {
            "id": self.id,
            "price": self.price_fen,
            "struck": self.struck_fen,
            "sales": self.sales,
            "stock": self.stock,
            "first_seen": microseconds(self.first_seen),
            "last_seen": microseconds(self.last_seen),
            "updated": microseconds(self.updated),
            "price_rising": HIGHEST if self.price_fen is None else self.price_fen,
            "price_falling": LOWEST if self.price_fen is None else self.price_fen,
            "sales_falling": LOWEST if self.sales is None else self.sales,
        }
        return {name: value for name, value in values.items() if value is not None}


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 UTC, exact."""
    return (as_utc(at) - _EPOCH) // _MICROSECOND


class _ListingRow(NamedTuple):
    """What the index asks of a listing: rows of plain values cost a fraction of mapped objects."""

    id: int
    shop_id: int
    title: str
    description: str
    url: str
    category: str
    brand: str
    price_fen: int | None
    struck_fen: int | None
    currency: str
    sales: int | None
    stock: int | None
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    updated_at: datetime


_LISTING = cast("Table", Listing.__table__).c
_LISTING_COLUMNS = tuple(_LISTING[name] for name in _ListingRow._fields)


def month_of(at: datetime) -> str:
    """``YYYY-MM`` of a time on the calendar of China."""
    return at.astimezone(CHINA).strftime("%Y-%m")


def price_band(price_fen: int | None) -> str:
    """Name of the price band (in 元, lower end included, upper end not)."""
    if price_fen is None:
        return NO_BAND
    name = PRICE_BANDS[0][1]
    for low, band in PRICE_BANDS:
        if price_fen >= low * 100:
            name = band
    return TOP_BAND if price_fen >= 500_000 else name


def region_levels(region: str) -> tuple[str, ...]:
    """Codes of province, city and county as far as the code says them.

    Spec: GB/T 2260-2007 section 4: digits 1-2 province, 3-4 city, 5-6 county; zeros mean "the whole".
    """
    if len(region) != 6 or not (region.isascii() and region.isdigit()):
        return ()
    levels = [region[:2] + "0000"]
    if region[2:4] != "00":
        levels.append(region[:4] + "00")
        if region[4:6] != "00":
            levels.append(region)
    return tuple(levels)


def load_documents(session: Session, listing_ids: Sequence[int]) -> list[ListingDocument]:
    """Documents of the listings that exist, by rising id; four queries for each 500.

    Ids without a row are left out: their documents are to be deleted.
    """
    documents: list[ListingDocument] = []
    wanted = sorted(set(listing_ids))
    for part in batched(wanted, _BATCH):
        documents.extend(_load_batch(session, part))
    return documents


def _load_batch(session: Session, ids: Sequence[int]) -> Iterable[ListingDocument]:
    query = select(*_LISTING_COLUMNS).where(_LISTING.id.in_(ids)).order_by(_LISTING.id)
    rows = [_ListingRow._make(row) for row in session.execute(query)]
    shops = {shop.id: shop for shop in session.scalars(select(Shop).where(Shop.id.in_({row.shop_id for row in rows})))}
    hits: dict[int, list[tuple[str, str, str]]] = {}
    hit_query = select(RuleHit.listing_id, RuleHit.rule_id, RuleHit.severity, RuleHit.state)
    for listing_id, rule_id, severity, state in session.execute(hit_query.where(RuleHit.listing_id.in_(ids))):
        if listing_id is not None:
            hits.setdefault(listing_id, []).append((rule_id, severity, state))
    evidence: dict[int, list[str]] = {}
    evidence_query = select(Evidence.listing_id, Evidence.state).where(Evidence.listing_id.in_(ids))
    for listing_id, state in session.execute(evidence_query):
        if listing_id is not None:
            evidence.setdefault(listing_id, []).append(state)
    return [_document(row, shops[row.shop_id], hits.get(row.id, []), evidence.get(row.id, [])) for row in rows]


def _document(
    listing: _ListingRow, shop: Shop, hits: Sequence[tuple[str, str, str]], evidence: Sequence[str]
) -> ListingDocument:
    standing = [(rule, severity) for rule, severity, state in hits if state in OPEN_HITS]
    return ListingDocument(
        id=listing.id,
        title=listing.title,
        description=listing.description,
        url=listing.url,
        shop_id=shop.id,
        shop_name=shop.name,
        platform=shop.platform,
        host=shop.host,
        seller_name=shop.seller_name,
        seller_code=shop.seller_code,
        category=listing.category,
        brand=listing.brand,
        price_fen=listing.price_fen if listing.currency == YUAN else None,
        struck_fen=listing.struck_fen if listing.currency == YUAN else None,
        currency=listing.currency,
        sales=listing.sales,
        stock=listing.stock,
        rules=tuple(sorted({rule for rule, _ in standing})),
        severities=tuple(sorted({severity for _, severity in standing})),
        hit_states=tuple(sorted({state for _, _, state in hits})),
        status=listing.state,
        region=shop.region,
        first_seen=listing.first_seen_at,
        last_seen=listing.last_seen_at,
        updated=listing.updated_at,
        evidence=max(evidence, key=_evidence_rank, default="none"),
    )


def _evidence_rank(state: str) -> int:
    return EVIDENCE_ORDER.index(state) if state in EVIDENCE_ORDER else 0
