"""The ledger: listings and the history of their facts, for one batch of pages in one transaction.

Loads what stands once, compares in memory, writes in bulk.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crawlers.address import url_key
from crawlers.history import (
    Changes,
    Placed,
    Standing,
    detail_changes,
    is_stub_slot,
    listing_columns,
    place_detail,
    place_shop,
    place_stub,
    shared_changes,
)
from kernel.batch import batched
from kernel.facts import Fact, ListingFacts
from kernel.models import FactVersion, Listing, OutboxEntry, Page, Shop
from kernel.rows import dialect_insert, insert_rows, table_of, update_rows

CHUNK = 500
COLUMNS = (
    "title", "description", "category", "brand", "price_fen", "struck_fen", "currency", "stock", "sales",
    "image_url", "state", "last_seen_at", "updated_at", "last_page_id",
)  # fmt: skip


@dataclass(slots=True)
class _Row:
    """A listing while the batch is worked on."""

    id: int
    shop_id: int
    values: dict[str, object]
    standing: list[Standing]
    touched: bool = False
    dirty: bool = False

    @property
    def has_detail(self) -> bool:
        return any(not is_stub_slot(item.slot) for item in self.standing)


@dataclass(frozen=True, slots=True)
class Source:
    """The page values are read from: row id, shop, ``url_key``, kind."""

    page_id: int
    shop_id: int
    url_key: str
    kind: str


@dataclass(slots=True)
class Ledger:
    """Work on listings and facts; nothing is written before :meth:`flush` except new listings.

    Effects: tables ``listing``, ``fact``, ``shop``, ``outbox``.
    """

    session: Session
    at: datetime
    _rows: dict[tuple[int, str], _Row] = field(default_factory=dict)
    _shops: dict[int, list[Standing]] = field(default_factory=dict)
    _new_facts: list[dict[str, object]] = field(default_factory=list)
    _ended: list[int] = field(default_factory=list)
    _shop_values: dict[int, dict[str, tuple[str, bool]]] = field(default_factory=dict)

    def load(self, wanted: dict[tuple[int, str], str], shop_ids: Iterable[int]) -> None:
        """Read what stands.

        Args:
            wanted: (shop id, url_key) to canonical URL of every listing in the batch; missing ones are made.
            shop_ids: shops with facts of their own in the batch.
        """
        self._select(wanted)
        missing = {key: url for key, url in wanted.items() if key not in self._rows}
        if missing:
            common = {"first_seen_at": self.at, "last_seen_at": self.at, "updated_at": self.at}
            rows = [{"shop_id": key[0], "url": url, "url_key": key[1], **common} for key, url in missing.items()]
            self.session.execute(dialect_insert(self.session, Listing), rows)
            self._select(missing)
        self._load_facts({row.id: row for key, row in self._rows.items() if key not in missing})
        for shop_id in shop_ids:
            found = self._facts(FactVersion.shop_id == shop_id, FactVersion.listing_id.is_(None))
            self._shops[shop_id] = [standing for _, standing in found]

    def _select(self, wanted: Iterable[tuple[int, str]]) -> None:
        by_shop: dict[int, list[str]] = {}
        for shop_id, key in wanted:
            by_shop.setdefault(shop_id, []).append(key)
        listing = table_of(Listing).c  # not the mapped class: plain rows cost less
        columns = [listing[name] for name in COLUMNS]
        for shop_id, keys in by_shop.items():
            for part in batched(keys, CHUNK):
                query = select(listing.id, listing.url_key, *columns).where(
                    listing.shop_id == shop_id, listing.url_key.in_(part)
                )
                for row in self.session.execute(query):
                    values = dict(zip(COLUMNS, row[2:], strict=True))
                    self._rows[shop_id, row[1]] = _Row(row[0], shop_id, values, [])

    def _load_facts(self, rows: dict[int, _Row]) -> None:
        ids = list(rows)
        for part in batched(ids, CHUNK):
            for listing_id, standing in self._facts(FactVersion.listing_id.in_(part)):
                rows[listing_id].standing.append(standing)

    def _facts(self, *conditions: object) -> list[tuple[int, Standing]]:
        fact = FactVersion
        query = (
            select(fact.id, fact.listing_id, fact.field, fact.slot, fact.digest, Page.url_key)
            .join(Page, Page.id == fact.page_id)
            .where(fact.superseded_at.is_(None), *conditions)  # type: ignore[arg-type]
            .order_by(fact.id)
        )
        return [(row[1] or 0, Standing(row[0], row[2], row[3], row[4], row[5])) for row in self.session.execute(query)]

    def take_listing(self, entry: ListingFacts, url: str, source: Source) -> None:
        """One listing as a page shows it. A stub never overwrites what the listing's own page says."""
        row = self._rows[source.shop_id, url_key(url)]
        if entry.is_stub:
            stubs = [item for item in row.standing if is_stub_slot(item.slot)]
            changes = shared_changes(stubs, place_stub(entry.facts), source.url_key)
        else:
            changes = detail_changes(row.standing, place_detail(entry.facts))
        columns = {} if entry.is_stub and row.has_detail else listing_columns(entry)
        if not entry.is_stub:
            columns["last_page_id"] = source.page_id
            row.touched = row.touched or row.values["last_page_id"] is None
        self._apply(row.standing, changes, source, listing_id=row.id)
        changed = any(row.values[name] != value for name, value in columns.items() if name != "last_page_id")
        row.values.update(columns)
        self._seen(row, changed=changed or bool(changes))

    def _seen(self, row: _Row, *, changed: bool) -> None:
        changed = changed or row.values["state"] != "on"
        row.values.update(state="on", last_seen_at=self.at)
        row.dirty = True
        if changed:
            row.values["updated_at"] = self.at
            row.touched = True

    def take_shop(self, facts: Sequence[Fact], source: Source) -> None:
        """Facts about the shop from one page; licence pages speak for the shop's own columns."""
        standing = self._shops[source.shop_id]
        changes = shared_changes(
            [item for item in standing if item.slot.partition("#")[0] == source.kind],
            place_shop(facts, source.kind),
            source.url_key,
        )
        self._apply(standing, changes, source, listing_id=None)
        values = self._shop_values.setdefault(source.shop_id, {})
        for name, fields in (("seller_name", ("licence_name", "seller_name")), ("seller_code", ("licence_code",))):
            found = next((fact for wanted in fields for fact in facts if fact.field == wanted), None)
            if found is not None and (source.kind == "licence" or name not in values):
                values[name] = (str(found.value), source.kind == "licence")

    def end_absent(self, source: Source, present: Iterable[str]) -> None:
        """End stub values that were read from this list page before and are on it no longer.

        Args:
            source: the list page. present: url_keys of the listings now on it.
        """
        here = {row.id for key in present if (row := self._rows.get((source.shop_id, key)))}
        pages = select(Page.id).where(Page.shop_id == source.shop_id, Page.url_key == source.url_key)
        rows = self._facts(FactVersion.page_id.in_(pages), FactVersion.listing_id.is_not(None))
        self._ended.extend(
            standing.id for listing_id, standing in rows if listing_id not in here and is_stub_slot(standing.slot)
        )

    def still_there(self, shop_id: int, key: str) -> None:
        """The listing's page answered and has not changed."""
        row = self._rows.get((shop_id, key))
        if row is not None:
            self._seen(row, changed=False)

    def gone(self, shop_id: int, key: str) -> None:
        """The listing's page is not found any more (404, 410)."""
        row = self._rows.get((shop_id, key))
        if row is not None and row.values["state"] != "gone":
            row.values.update(state="gone", updated_at=self.at)
            row.dirty = row.touched = True

    def find(self, keys: Iterable[tuple[int, str]]) -> None:
        """Read listings that may be there, without making them."""
        self._select([key for key in keys if key not in self._rows])

    def _apply(self, standing: list[Standing], changes: Changes, source: Source, *, listing_id: int | None) -> None:
        for item in changes.ended:
            standing.remove(item)
            if item.id:
                self._ended.append(item.id)
            else:
                self._new_facts[item.pending]["superseded_at"] = self.at
        for placed in changes.new:
            pending = len(self._new_facts)
            self._new_facts.append(self._fact_row(placed, source, listing_id))
            standing.append(Standing(0, placed.fact.field, placed.slot, placed.digest, source.url_key, pending))

    def _fact_row(self, placed: Placed, source: Source, listing_id: int | None) -> dict[str, object]:
        fact = placed.fact
        return {
            "shop_id": source.shop_id,
            "listing_id": listing_id,
            "field": fact.field[:30],
            "slot": placed.slot,
            "value": fact.value if isinstance(fact.value, str | int) else dict(fact.value),
            "digest": placed.digest,
            "raw": fact.raw,
            "locator": fact.locator,
            "method": fact.method,
            "confidence": fact.confidence,
            "page_id": source.page_id,
            "seen_at": self.at,
            "superseded_at": None,
        }

    def flush(self) -> int:
        """Write everything; returns how many listings changed."""
        insert_rows(self.session, FactVersion, self._new_facts)
        for ids in batched(self._ended, CHUNK):
            self.session.execute(
                update(FactVersion).where(FactVersion.id.in_(ids)).values(superseded_at=self.at),
                execution_options={"synchronize_session": False},
            )
        dirty = [{"id": row.id, **row.values} for row in self._rows.values() if row.dirty]
        update_rows(self.session, Listing, dirty)
        touched = [row.id for row in self._rows.values() if row.touched]
        outbox = [{"topic": "listing", "object_id": identifier, "created_at": self.at} for identifier in touched]
        insert_rows(self.session, OutboxEntry, outbox)
        self._flush_shops()
        return len(touched)

    def _flush_shops(self) -> None:
        for shop_id, values in self._shop_values.items():
            shop = self.session.get(Shop, shop_id)
            if shop is None:
                continue
            for name, (text, from_licence) in values.items():
                if from_licence or not getattr(shop, name):
                    setattr(shop, name, text[: 20 if name == "seller_code" else 200])
        self.session.flush()
