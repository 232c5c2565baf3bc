"""Orders for sealed captures."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crawlers.errors import AddressError
from kernel.db import Database
from kernel.models import Evidence, Page, RuleHit, Shop, Visit
from pipeline.orders import order_capture, order_for_hits

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
URL = "http://a.example.test/1"


def _order(database: Database, url: str = URL, actor: str = "li", at: datetime = AT) -> str:
    with database.write() as session:
        return order_capture(session, url=url, shop_id=None, listing_id=None, purpose="核查", actor=actor, at=at).id


def test_a_double_click_makes_one_order(database: Database) -> None:
    """The same person, page and minute is the same order; anything else is another."""
    first = _order(database)
    assert _order(database, at=AT + timedelta(seconds=30)) == first
    assert _order(database, url="HTTP://A.example.test:80/1") == first
    others = {
        _order(database, actor="wang"),
        _order(database, at=AT + timedelta(minutes=1)),
        _order(database, f"{URL}2"),
    }
    assert len({first, *others}) == 4


def test_what_is_no_address_is_refused(database: Database) -> None:
    """And no row is left."""
    with pytest.raises(AddressError):
        _order(database, "ftp://a.example.test/")
    with database.read() as session:
        assert session.execute(select(Evidence)).first() is None


@pytest.fixture
def shop_id(database: Database) -> int:
    """Two pages with the same bytes; hits that ask for evidence, one that does not, one that was dismissed."""
    with database.write() as session:
        shop = Shop(url="http://a.example.test/", host="a.example.test", created_at=AT)
        session.add(shop)
        session.flush()
        visit = Visit(shop_id=shop.id, job_id="job-1", state="done", started_at=AT, budget={})
        session.add(visit)
        session.flush()
        page = Page(
            visit_id=visit.id,
            shop_id=shop.id,
            url=URL,
            final_url=URL,
            url_key="k",
            status=200,
            fetched_at=AT,
            body_sha256="a" * 64,
        )
        session.add(page)
        session.flush()
        kinds = (
            ("AD01", True, "new"),
            ("CT02", True, "confirmed"),
            ("PR05", False, "new"),
            ("AD02", True, "dismissed"),
        )
        for rule, wants, state in kinds:
            session.add(
                RuleHit(
                    key=rule,
                    rule_id=rule,
                    rule_version="1.0.0",
                    severity="high",
                    shop_id=shop.id,
                    page_id=page.id,
                    state=state,
                    wants_evidence=wants,
                    found_at=AT,
                    last_seen_at=AT,
                )
            )
        return shop.id


def test_hits_on_one_page_share_one_capture(database: Database, shop_id: int) -> None:
    """Only standing hits that ask for it; asking twice orders once."""
    with database.write() as session:
        first = order_for_hits(session, shop_ids=[shop_id], at=AT)
    with database.write() as session:
        assert order_for_hits(session, shop_ids=[shop_id], at=AT) == []
    assert len(first) == 1
    with database.read() as session:
        linked = session.execute(select(RuleHit.rule_id).where(RuleHit.evidence_id == first[0])).scalars().all()
        assert sorted(linked) == ["AD01", "CT02"]
        assert session.execute(select(Evidence.reason)).scalars().all() == ["rule"]


def test_other_shops_are_left_alone(database: Database, shop_id: int) -> None:
    """Only the shops that were asked for."""
    with database.write() as session:
        assert order_for_hits(session, shop_ids=[shop_id + 1], at=AT) == []
