"""A document to vary."""

from datetime import UTC, datetime

import pytest

from search.documents import ListingDocument

AT = datetime(2026, 1, 31, 18, 30, tzinfo=UTC)


@pytest.fixture
def document() -> ListingDocument:
    """One listing with a value in every field."""
    return ListingDocument(
        id=7,
        title="青禾 国家级保温杯 ５００ＭＬ",
        description="七天无理由退货，\n包邮",
        url="https://shop.example.test/7",
        shop_id=3,
        shop_name="青禾专营店",
        platform="generic",
        host="shop.example.test",
        seller_name="上海青禾贸易有限公司",
        seller_code="",
        category="家居>杯具",
        brand="青禾",
        price_fen=9_950,
        struck_fen=None,
        sales=12,
        stock=None,
        rules=("AD01", "PR03"),
        severities=("high",),
        hit_states=("new",),
        status="on",
        region="310104",
        first_seen=AT,
        last_seen=AT,
        updated=AT,
    )
