"""Claimed sites among the watched shops."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from kernel.db import Database
from kernel.models import Application, MerchantAccount, Shop, SiteClaim, Subject
from pipeline.merchant_shops import CRAWL_EVERY, crawl_due, watch_claimed

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


def _claim(database: Database, *, kind: str = "site", state: str = "issued", path: str = "/") -> int:
    with database.write() as session:
        account = MerchantAccount(name="qinghe", created_at=AT)
        subject = Subject(code="91310115XX0000019T", name="上海青禾(测试)商贸有限公司", updated_at=AT)
        session.add_all([account, subject])
        session.flush()
        application = Application(
            account_id=account.id, code=subject.code, subject_id=subject.id, state=state, state_since=AT, created_at=AT
        )
        session.add(application)
        session.flush()
        claim = SiteClaim(
            application_id=application.id, kind=kind, origin="https://www.qinghe.example", host="www.qinghe.example",
            domain="qinghe.example", path=path, token="a" * 26, token_expires_on=AT.date(), created_at=AT,
        )  # fmt: skip
        session.add(claim)
        session.flush()
        return claim.id


def test_a_claimed_shop_is_visited_now(database: Database) -> None:
    """Once, whoever asks; a site of one's own waits for its badge."""
    claim_id = _claim(database, kind="shop", path="/shop/7/")
    for _ in range(2):
        with database.write() as session:
            shop_id = watch_claimed(session, session.get_one(SiteClaim, claim_id), at=AT)
            assert shop_id is not None
            shop = session.get_one(Shop, shop_id)
            assert (shop.url, shop.next_visit_at) == ("https://www.qinghe.example/shop/7/", AT)
    with database.read() as session:
        assert session.execute(select(func.count(Shop.id))).scalar_one() == 1


def test_a_shop_that_is_known_is_only_hastened(database: Database) -> None:
    """Its row, name and platform stay."""
    claim_id = _claim(database, kind="shop", path="/shop/7/")
    with database.write() as session:
        session.add(
            Shop(
                url="https://www.qinghe.example/shop/7/", host="www.qinghe.example", name="小店", platform="pinjishi",
                created_at=AT, next_visit_at=AT + timedelta(days=1),
            )
        )  # fmt: skip
        session.flush()
        watch_claimed(session, session.get_one(SiteClaim, claim_id), at=AT)
        shop = session.execute(select(Shop)).scalar_one()
        assert (shop.name, shop.platform, shop.next_visit_at) == ("小店", "pinjishi", AT)


def test_badged_sites_are_crawled_each_week(database: Database) -> None:
    """Put under watch with the badge; again a week later, not before; one visited lately is left alone."""
    _claim(database)
    with database.write() as session:
        found = crawl_due(session, at=AT, limit=10)
        assert len(found) == 1
        assert crawl_due(session, at=AT + timedelta(days=6), limit=10) == []
        shop = session.get_one(Shop, found[0])
        shop.last_visited_at, shop.next_visit_at = AT + timedelta(days=6), AT + timedelta(days=30)
        assert crawl_due(session, at=AT + CRAWL_EVERY, limit=10) == found
        assert shop.next_visit_at == AT + timedelta(days=30)
        shop.last_visited_at = AT
        assert crawl_due(session, at=AT + 2 * CRAWL_EVERY, limit=10) == found
        assert shop.next_visit_at == AT + 2 * CRAWL_EVERY


def test_without_a_badge_nothing_is_crawled(database: Database) -> None:
    """A draft is nobody's business yet."""
    _claim(database, state="draft")
    with database.write() as session:
        assert crawl_due(session, at=AT, limit=10) == []
