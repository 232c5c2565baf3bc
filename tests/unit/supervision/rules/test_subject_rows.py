"""Rows to subjects (the whole way is in test_record.py)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kernel.db import Database
from kernel.models import FactVersion, Listing, Page, Shop, Visit
from supervision.rules.subject_rows import CHUNK, chunks, subjects_of, touched_by

AT = datetime(2026, 11, 25, tzinfo=UTC)


def test_chunks() -> None:
    """Ids in order, no list too long."""
    parts = list(chunks(set(range(CHUNK * 2 + 1))))
    assert [len(part) for part in parts] == [CHUNK, CHUNK, 1]
    assert parts[0][:3] == [0, 1, 2]


def test_subject_has_facts_history_and_surroundings(database: Database) -> None:
    """Current facts with their last fetch, recent history of texts, shop facts, kinds of pages."""
    with database.write() as session:
        shop = Shop(
            url="http://a.example.test/", host="a.example.test", name="测试店", platform="generic", created_at=AT
        )
        session.add(shop)
        session.flush()
        visit = Visit(shop_id=shop.id, job_id="j", started_at=AT)
        session.add(visit)
        session.flush()
        when: dict[str, Any] = {"visit_id": visit.id, "shop_id": shop.id, "url": "u", "final_url": "v"}
        when |= {"status": 200, "body_sha256": "0"}
        first = Page(**when, url_key="1", kind="detail", fetched_at=AT)
        second = Page(**when, url_key="1", kind="detail", fetched_at=AT + timedelta(days=1))
        licence = Page(**when, url_key="2", kind="licence", fetched_at=AT)
        listing = Listing(
            shop_id=shop.id, url="u", url_key="1", category="食品", first_seen_at=AT, last_seen_at=AT, updated_at=AT
        )
        session.add_all([first, second, licence, listing])
        session.flush()
        of: dict[str, Any] = {
            "shop_id": shop.id,
            "listing_id": listing.id,
            "digest": "0",
            "seen_at": AT,
            "page_id": first.id,
        }
        old = AT - timedelta(days=90)
        session.add_all(
            [
                FactVersion(**of, field="title", value="茶", raw="茶"),
                FactVersion(**of, field="price", value={"kind": "shown", "fen": 1}, slot="shown"),
                FactVersion(**of, field="promotion", value="旧", raw="旧", superseded_at=AT),
                FactVersion(**{**of, "seen_at": old}, field="promotion", value="更旧", raw="更旧", superseded_at=old),
                FactVersion(**of, field="stock", value=3, superseded_at=AT),
                FactVersion(**{**of, "listing_id": None, "page_id": licence.id}, field="contact", value="1", raw="1"),
            ]
        )
        session.flush()
        touched = touched_by(session, [second.id, licence.id])
        listed, shopped = subjects_of(session, touched, AT)
        assert {fact.field for fact in listed.facts} == {"title", "price"}
        assert [fact.text for fact in listed.history] == ["旧"]
        assert [fact.field for fact in listed.shop_facts] == ["contact"]
        assert (listed.act_at, listed.category, listed.channel) == (AT + timedelta(days=1), "食品", "generic")
        title = next(fact for fact in listed.facts if fact.field == "title")
        assert (title.last_seen_at, title.page_id, title.page_url) == (AT + timedelta(days=1), first.id, "v")
        assert (shopped.kind, shopped.shop_name, shopped.page_kinds) == ("shop", "测试店", frozenset({"licence"}))
