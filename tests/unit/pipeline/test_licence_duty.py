"""The duty of the 亮照 check, over stored pages and the registry."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify.licence_record import display_of
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import link_shop, take_extract
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import FactVersion, LicenceLink, Listing, Page, RuleHit, Shop, SubjectTask, Visit
from pipeline.licence_duty import turn
from tests.servers.paper_net import PaperNet

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
CODE = "91310115XX0000019T"
NAME = "上海青禾(测试)商贸有限公司"
LINK = "https://zzlz.gsxt.gov.cn/lz?id=1"


def _extract(database: Database, status: str = "active", *, at: datetime = AT) -> None:
    extract = RegistryExtract(
        code=CODE, registration_number="", name=NAME, former_names=(), kind="company", status=status, region="310115",
        address="测试路1号", scope="", websites=(), persons=(), established_on=date(2020, 1, 6), approved_on=None,
        authority="", capital_fen=None, source_ref=f"r{at}", source_at=at - timedelta(hours=1),
    )  # fmt: skip
    with database.write() as session:
        take_extract(session, extract, at=at)


@pytest.fixture
def shop_id(database: Database, monkeypatch: pytest.MonkeyPatch) -> int:
    """A visited shop that shows a code, another firm's name, and a link; its pages come from the archive."""
    body = f'<a href="{LINK}">亮照</a>'.encode()
    monkeypatch.setattr("pipeline.licence_duty.read_body", lambda *_: body)
    _extract(database)
    with database.write() as session:
        shop = Shop(url="https://www.qinghe.example/", host="www.qinghe.example", created_at=AT, last_visited_at=AT)
        session.add(shop)
        session.flush()
        visit = Visit(shop_id=shop.id, job_id="j", state="done", started_at=AT, pages=1)
        session.add(visit)
        session.flush()
        page = Page(
            visit_id=visit.id, shop_id=shop.id, url=shop.url, final_url=shop.url, url_key="k", status=200, kind="home",
            fetched_at=AT, body_sha256=sha256_hex(body), warc_file="a.warc.gz",
        )  # fmt: skip
        session.add(page)
        session.flush()
        for field, value in (("licence_code", CODE), ("licence_name", "上海别家(测试)商行")):
            session.add(
                FactVersion(
                    shop_id=shop.id, field=field, slot="home", value=value, digest=field, raw=value, page_id=page.id,
                    seen_at=AT,
                )
            )  # fmt: skip
        return shop.id


def _sell(session: Session, shop_id: int, at: datetime) -> None:
    """Something is on offer, and the pages were seen again."""
    session.add(
        Listing(
            shop_id=shop_id, url="https://www.qinghe.example/1", url_key="1", title="茶", first_seen_at=at,
            last_seen_at=at, updated_at=at,
        )
    )  # fmt: skip
    visit = session.execute(select(Visit.id)).scalar()
    session.add(
        Page(
            visit_id=visit, shop_id=shop_id, url="https://www.qinghe.example/", final_url="https://www.qinghe.example/",
            url_key="k", status=200, kind="home", fetched_at=at, body_sha256="0" * 64, warc_file="b.warc.gz",
        )
    )  # fmt: skip


def _open(database: Database) -> dict[str, str]:
    with database.read() as session:
        query = select(SubjectTask).where(SubjectTask.kind == "licence", SubjectTask.state == "open")
        return {task.topic: str(task.detail["why"]) for task in session.execute(query).scalars()}


def _leads(database: Database) -> set[str]:
    with database.read() as session:
        query = select(RuleHit.rule_id).where(RuleHit.state == "new", RuleHit.listing_id.is_(None))
        return set(session.execute(query).scalars())


def test_what_failed_becomes_a_lead_and_what_is_mended_ends_it(
    config: Settings, database: Database, shop_id: int
) -> None:
    """The name, the link; then the firm ends; then all is right again. Each look is once after a visit."""
    net = PaperNet()
    net.serve(LINK, "<p>网址：www.other.example</p>")
    assert turn(config, database, AT, net) == 1
    assert turn(config, database, AT, net) == 0
    assert _leads(database) == {"ID03", "ID10"}
    _extract(database, "revoked", at=AT + timedelta(hours=2))
    later = AT + timedelta(days=8)
    with database.write() as session:
        _sell(session, shop_id, later)
    assert turn(config, database, later, net) == 1
    assert _leads(database) == {"ID03", "ID04", "ID10"}
    with database.write() as session:
        fact = session.execute(select(FactVersion).where(FactVersion.field == "licence_name")).scalar_one()
        fact.value = fact.raw = NAME
        session.get_one(Shop, shop_id).last_visited_at = later + timedelta(hours=1)
    _extract(database, "active", at=later)
    net.serve(LINK, "<p>网址：www.qinghe.example</p>")
    assert turn(config, database, later + timedelta(hours=2), net) == 1
    assert _leads(database) == set()
    assert _open(database) == {}
    with database.read() as session:
        display = display_of(session, session.get_one(Shop, shop_id), at=later)
        assert display.failed == ()
        assert session.get_one(LicenceLink, shop_id).declared == ["www.qinghe.example"]


def test_a_shop_nobody_visited_waits(config: Settings, database: Database) -> None:
    """There is nothing to look at yet."""
    with database.write() as session:
        session.add(Shop(url="https://new.example/", host="new.example", created_at=AT))
    assert turn(config, database, AT, PaperNet()) == 0


def test_without_a_link_nothing_is_fetched(
    config: Settings, database: Database, shop_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step is told as not checked."""
    monkeypatch.setattr("pipeline.licence_duty.read_body", lambda *_: b"<p>no link</p>")
    net = PaperNet()
    assert turn(config, database, AT, net) == 1
    assert net.asked == []
    assert _leads(database) == {"ID03"}


def test_a_code_the_registry_does_not_have_is_a_task(config: Settings, database: Database, shop_id: int) -> None:
    """Whether the registry lacks it or the shop made it up is for a person; it ends when the registry has it."""
    other = "92310104XX0000027L"
    with database.write() as session:
        fact = session.execute(select(FactVersion).where(FactVersion.field == "licence_code")).scalar_one()
        fact.value = fact.raw = other
    assert turn(config, database, AT, PaperNet()) == 1
    assert (_open(database), _leads(database)) == ({"registered": "not-in-registry"}, set())
    with database.write() as session:
        session.execute(select(FactVersion).where(FactVersion.field == "licence_code")).scalar_one().value = CODE
        session.get_one(Shop, shop_id).last_visited_at = AT + timedelta(hours=1)
    assert turn(config, database, AT + timedelta(hours=2), PaperNet()) == 1
    assert _open(database) == {}


def test_a_change_in_the_registry_is_looked_at_at_once(config: Settings, database: Database, shop_id: int) -> None:
    """No new visit is needed where the shop is tied to its subject."""
    with database.write() as session:
        session.execute(select(FactVersion).where(FactVersion.field == "licence_name")).scalar_one().value = NAME
        assert link_shop(session, shop_id, at=AT).outcome == "linked"
    assert turn(config, database, AT + timedelta(minutes=1), PaperNet()) == 1
    later = AT + timedelta(hours=3)
    assert turn(config, database, later, PaperNet()) == 0
    _extract(database, "revoked", at=later)
    with database.write() as session:
        _sell(session, shop_id, later)
    assert turn(config, database, later + timedelta(minutes=1), PaperNet()) == 1
    assert _leads(database) == {"ID04"}
    assert turn(config, database, later + timedelta(minutes=2), PaperNet()) == 0
