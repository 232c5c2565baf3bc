"""Documents say what the records say."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.db import Database
from kernel.models import Evidence, Listing, Page, RuleHit, Shop, Visit
from search.documents import ListingDocument, load_documents, microseconds, month_of, price_band, region_levels
from tests.servers.empty_records import open_records

AT = datetime(2026, 1, 31, 18, 30, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Two listings, one with hits and evidence."""
    made = open_records(tmp_path / "records.db")
    with made.write() as session:
        session.add(Shop(id=1, url="https://s.example.test/", host="s.example.test", region="310104", created_at=AT))
        session.flush()
        session.add(Visit(id=1, shop_id=1, job_id="j", started_at=AT))
        times = {"first_seen_at": AT, "last_seen_at": AT, "updated_at": AT}
        session.add_all(Listing(id=n, shop_id=1, url=f"u{n}", url_key=str(n), title=f"第{n}", **times) for n in (1, 2))
        session.flush()
        session.add(
            Page(
                id=1,
                visit_id=1,
                shop_id=1,
                url="u",
                final_url="u",
                url_key="1",
                status=200,
                fetched_at=AT,
                body_sha256="0" * 64,
            )
        )
        session.flush()
        session.add_all(
            RuleHit(
                key=f"k{n}",
                rule_id=rule,
                rule_version="1",
                severity=severity,
                shop_id=1,
                listing_id=1,
                page_id=1,
                state=state,
                found_at=AT,
                last_seen_at=AT,
            )
            for n, (rule, severity, state) in enumerate(
                [("AD01", "high", "new"), ("AD02", "low", "dismissed"), ("PR03", "high", "confirmed")]
            )
        )
        session.add_all(
            Evidence(
                id=f"ev-{state}",
                key=state,
                url="u",
                listing_id=1,
                reason="rule",
                ordered_by="x",
                ordered_at=AT,
                state=state,
            )
            for state in ("failed", "sealed", "ordered")
        )
    yield made
    made.close()


def test_documents_join_shop_hits_and_evidence(database: Database) -> None:
    """Only standing hits give rules; the best evidence counts; ids without a row are left out."""
    with database.read() as session:
        first, second = load_documents(session, [2, 1, 99, 1])
    assert (first.id, second.id) == (1, 2)
    assert first.rules == ("AD01", "PR03")
    assert first.severities == ("high",)
    assert first.hit_states == ("confirmed", "dismissed", "new")
    assert first.evidence == "sealed"
    assert first.region == "310104"
    assert first.first_seen == AT
    assert (second.rules, second.evidence) == ((), "none")


def test_foreign_prices_do_not_compare_with_ours(database: Database) -> None:
    """A price in dollars has its currency, and stands in no range or band of 元."""
    with database.write() as session:
        first, second = (session.get_one(Listing, number) for number in (1, 2))
        first.price_fen, first.struck_fen, first.currency = 2_999, 3_999, "USD"
        second.price_fen = 2_999
    with database.read() as session:
        dollars, yuan = load_documents(session, [1, 2])
    assert (dollars.price_fen, dollars.struck_fen, dollars.currency) == (None, None, "USD")
    assert dollars.keywords()["currency"] == ("USD",)
    assert dollars.keywords()["band"] == ("none",)
    assert (yuan.price_fen, yuan.currency) == (2_999, "CNY")


def test_columns(document: ListingDocument) -> None:
    """Empty values are left out; sort columns are always there."""
    keywords = document.keywords()
    assert keywords["region"] == ("310000", "310100", "310104")
    assert (keywords["province"], keywords["city"], keywords["county"]) == (("310000",), ("310100",), ("310104",))
    assert keywords["month"] == ("2026-02",)
    assert "code" not in keywords
    assert "seller" in keywords["filled"]
    integers = replace(document, price_fen=None, sales=None).integers()
    assert "price" not in integers
    assert integers["price_rising"] == 2**63 - 1
    assert integers["price_falling"] == integers["sales_falling"] == -(2**63)


@pytest.mark.parametrize(
    ("price", "band"),
    [
        (None, "none"),
        (0, "0-10"),
        (999, "0-10"),
        (1_000, "10-50"),
        (99_999, "500-1000"),
        (100_000, "1000-5000"),
        (499_999, "1000-5000"),
        (500_000, "5000+"),
        (-5, "0-10"),
    ],
)
def test_price_bands(price: int | None, band: str) -> None:
    """Lower end included, upper end not."""
    assert price_band(price) == band


@pytest.mark.parametrize(
    ("code", "levels"),
    [
        ("310104", ("310000", "310100", "310104")),
        ("310100", ("310000", "310100")),
        ("310000", ("310000",)),
        ("", ()),
        ("31010", ()),
        ("31010x", ()),
    ],
)
def test_region_levels(code: str, levels: tuple[str, ...]) -> None:
    """As far down as the code says."""
    assert region_levels(code) == levels


def test_times() -> None:
    """Microseconds are exact; months are those of China."""
    assert microseconds(datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)) == 1_767_225_600_000_001
    assert month_of(AT) == "2026-02"
