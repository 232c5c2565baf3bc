"""The ledger, where a batch is more than its pages: unknown listings, the shop's columns."""

from datetime import UTC, datetime

from sqlalchemy import select

from crawlers.ledger import Ledger, Source
from kernel.db import Database
from kernel.facts import Fact
from kernel.models import Listing, Page, Shop
from kernel.rows import insert_numbered

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def _name(text: str) -> Fact:
    return Fact("licence_name", text, text, "css:x", "heuristic")


def test_an_unknown_listing_is_neither_gone_nor_there(database: Database, visit_id: int) -> None:
    """A 404 of a page that is no listing makes none."""
    with database.write() as session:
        ledger = Ledger(session, AT)
        ledger.find([(1, "0" * 32)])
        ledger.gone(1, "0" * 32)
        ledger.still_there(1, "0" * 32)
        assert ledger.flush() == 0
        assert session.execute(select(Listing)).first() is None
    assert visit_id


def test_the_shops_name_is_the_licences(database: Database, visit_id: int) -> None:
    """Another page fills the column only where it is empty; the licence page always."""
    with database.write() as session:
        shop_id = session.execute(select(Shop.id)).scalar_one()
        page = {
            "visit_id": visit_id, "shop_id": shop_id, "url": "u", "final_url": "u", "url_key": "k", "status": 200,
            "fetched_at": AT, "body_sha256": "0" * 64, "notes": [],
        }  # fmt: skip
        page_id = insert_numbered(session, Page, [page])[0]
        for kind, name, expected in (
            ("home", "甲", "甲"),
            ("detail", "乙", "甲"),
            ("licence", "丙", "丙"),
            ("home", "丁", "丙"),
        ):
            ledger = Ledger(session, AT)
            ledger.load({}, [shop_id])
            ledger.take_shop([_name(name)], Source(page_id, shop_id, "k", kind))
            ledger.flush()
            assert session.execute(select(Shop.seller_name)).scalar_one() == expected
