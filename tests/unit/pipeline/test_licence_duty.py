"""The duty of the 亮照 check, over stored pages and the registry."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from identity_verify.licence_record import display_of
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import link_shop, take_extract
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import (
    FactVersion,
    FrontierEntry,
    LicenceLink,
    LinkedState,
    Listing,
    Page,
    RuleHit,
    Shop,
    Subject,
    SubjectTask,
    Visit,
)
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


def _registry(database: Database) -> None:
    """The registry was read to its end, and has others of the same authority."""
    with database.write() as session:
        session.add(LinkedState(system="registration", good_at=AT, keys_at=AT))
        session.add_all(Subject(code=f"92310104XX000{number}00A", updated_at=AT) for number in range(3))


def test_a_code_the_registry_does_not_have_is_a_lead(config: Settings, database: Database, shop_id: int) -> None:
    """Only where the copy of the registry would have it; it ends when the registry has the code that is shown."""
    other = "92310104XX0000027L"
    with database.write() as session:
        fact = session.execute(select(FactVersion).where(FactVersion.field == "licence_code")).scalar_one()
        fact.value = fact.raw = other
        _sell(session, shop_id, AT)
    assert turn(config, database, AT, PaperNet()) == 1
    assert (_open(database), _leads(database)) == ({}, set())
    _registry(database)
    with database.write() as session:
        session.get_one(Shop, shop_id).last_visited_at = AT + timedelta(hours=1)
        task = SubjectTask(
            kind="licence", about="shop", topic="registered", shop_id=shop_id, detail={"why": "old"}, created_at=AT,
            due_at=AT,
        )  # fmt: skip
        session.add(task)
    assert turn(config, database, AT + timedelta(hours=2), PaperNet()) == 1
    assert (_open(database), _leads(database)) == ({}, {"ID01"})
    with database.write() as session:
        fact = session.execute(select(FactVersion).where(FactVersion.field == "licence_code")).scalar_one()
        fact.value = fact.raw = CODE
        session.get_one(Shop, shop_id).last_visited_at = AT + timedelta(hours=3)
    assert turn(config, database, AT + timedelta(hours=4), PaperNet()) == 1
    assert _leads(database) == {"ID03"}


@pytest.fixture
def no_link(shop_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stored pages of the shop hold no link after all."""
    assert shop_id
    monkeypatch.setattr("pipeline.licence_duty.read_body", lambda *_: b"<p>no link</p>")


def _bare(database: Database, shop_id: int, **visit: object) -> None:
    """The shop shows nothing, and sells; its visit ended as told."""
    with database.write() as session:
        session.execute(delete(FactVersion))
        _sell(session, shop_id, AT)
        row = session.execute(select(Visit)).scalar_one()
        for name, value in visit.items():
            setattr(row, name, value)


@pytest.mark.usefixtures("no_link")
def test_a_shop_that_shows_nothing_is_a_lead(config: Settings, database: Database, shop_id: int) -> None:
    """It leads to the home page; a later visit that was cut short does not take it away, a declaration does."""
    _bare(database, shop_id, stop_reason="finished")
    assert turn(config, database, AT, PaperNet()) == 1
    assert _leads(database) == {"ID01"}
    with database.write() as session:
        hit = session.execute(select(RuleHit)).scalar_one()
        assert session.get_one(Page, hit.page_id).kind == "home"
        session.add(Visit(shop_id=shop_id, job_id="j2", state="done", started_at=AT, stop_reason="budget-pages"))
        session.get_one(Shop, shop_id).last_visited_at = AT + timedelta(hours=1)
    assert turn(config, database, AT + timedelta(hours=2), PaperNet()) == 1
    assert _leads(database) == {"ID01"}
    with database.write() as session:
        text = "个人从事零星小额交易活动，依法不需要办理市场主体登记"
        session.add(
            FactVersion(
                shop_id=shop_id, field="declaration", slot="home", value=text, digest="d", raw=text,
                page_id=hit.page_id, seen_at=AT,
            )
        )  # fmt: skip
        session.get_one(Shop, shop_id).last_visited_at = AT + timedelta(hours=3)
    assert turn(config, database, AT + timedelta(hours=4), PaperNet()) == 1
    assert "ID01" not in _leads(database)


@pytest.mark.usefixtures("no_link")
@pytest.mark.parametrize(
    ("visit", "entry"),
    [
        ({"stop_reason": "budget-pages"}, {}),
        ({"stop_reason": "cancelled", "state": "stopped"}, {}),
        ({"stop_reason": "finished", "state": "running"}, {}),
        ({"stop_reason": "finished"}, {"state": "failed", "outcome": "timeout"}),
        ({"stop_reason": "finished"}, {"state": "refused", "outcome": "robots"}),
        ({"stop_reason": "finished"}, {"state": "done", "outcome": "ok", "wall": "captcha"}),
        ({"stop_reason": "finished"}, {"state": "done", "outcome": "ok", "wall": "login"}),
    ],
)
def test_what_was_not_read_may_show_it(
    config: Settings, database: Database, shop_id: int, visit: dict[str, str], entry: dict[str, str]
) -> None:
    """A visit that was cut short, a licence page that did not answer or stands behind a wall: no lead."""
    _bare(database, shop_id, **visit)
    with database.write() as session:
        held = session.execute(select(Page)).scalars().first()
        assert held is not None
        wall = Page(
            visit_id=held.visit_id, shop_id=shop_id, url="https://www.qinghe.example/lz",
            final_url="https://www.qinghe.example/lz", url_key="w", status=200, kind=entry.get("wall", "other"),
            fetched_at=AT, body_sha256="0" * 64,
        )  # fmt: skip
        session.add(wall)
        session.flush()
        session.add(
            FrontierEntry(
                visit_id=held.visit_id, url=wall.url, url_key="w", kind="licence",
                state=entry.get("state", "done"), outcome=entry.get("outcome", "ok"), page_id=wall.id,
            )
        )  # fmt: skip
    assert turn(config, database, AT, PaperNet()) == 1
    assert _leads(database) == set()


@pytest.mark.usefixtures("no_link")
def test_a_licence_page_that_is_not_there_shows_nothing(config: Settings, database: Database, shop_id: int) -> None:
    """A link into the void is no licence."""
    _bare(database, shop_id, stop_reason="finished")
    with database.write() as session:
        visit_id = session.execute(select(Visit.id)).scalar_one()
        session.add(
            FrontierEntry(
                visit_id=visit_id, url="https://www.qinghe.example/lz", url_key="w", kind="licence", state="failed",
                outcome="http-404",
            )
        )  # fmt: skip
    assert turn(config, database, AT, PaperNet()) == 1
    assert _leads(database) == {"ID01"}


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
