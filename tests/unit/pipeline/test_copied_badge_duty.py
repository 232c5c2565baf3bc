"""The search for copied badges over what a crawl stored: sightings, tasks, each page once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crawlers.archive import Archive, Exchange
from identity_verify.badge_issuer import issuer_of
from identity_verify.badge_keys import open_keys
from identity_verify.badge_picture import static_png
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import Badge, BadgeSighting, Job, Page, Shop, SubjectTask, Visit
from pipeline import copied_badge_duty
from tests.data.badges.issuing import AT, Office

PICTURE = "https://copy.example.test/f.png"


@pytest.fixture
def office(database: Database, config: Settings) -> Office:
    """The issuer of the installation under test."""
    return Office(database, open_keys(config))


@pytest.fixture
def badge(office: Office) -> Badge:
    """The badge that is copied."""
    return office.issue(1, "shop1.example.test")


def _store(config: Settings, database: Database, pages: list[tuple[str, str, str]]) -> None:
    """A crawl's pages: address, kind, HTML."""
    with Archive(config.pages_path(), at=AT, software="test") as archive, database.write() as session:
        session.add(Job(id="job-1", kind="watch", state="done", created_by="x", created_at=AT))
        session.flush()
        for number, (url, kind, html) in enumerate(pages, 1):
            host = url.split("/")[2]
            body = html.encode()
            place = archive.append(Exchange(url, AT, b"", 200, (), body, sha256_hex(body)))
            shop = session.execute(select(Shop).where(Shop.host == host)).scalar_one_or_none()
            if shop is None:
                shop = Shop(url=f"https://{host}/", host=host, region="310115", created_at=AT)
                session.add(shop)
                session.flush()
                session.add(Visit(id=number, shop_id=shop.id, job_id="job-1", state="done", started_at=AT))
                session.flush()
            visit = session.execute(select(Visit.id).where(Visit.shop_id == shop.id)).scalar_one()
            session.add(
                Page(
                    visit_id=visit, shop_id=shop.id, url=url, final_url=url, url_key=str(number), status=200, kind=kind,
                    fetched_at=AT, body_sha256=sha256_hex(body), warc_file=place.file, warc_offset=place.offset,
                )
            )  # fmt: skip


def test_copies_become_sightings_and_tasks(database: Database, config: Settings, badge: Badge) -> None:
    """One task a shop and host, with what an officer needs; each page is looked at once."""
    config = config.model_copy(update={"host_delay_s": 0.0})
    origin = issuer_of(config).origin
    frame = f'<iframe src="{origin}/badge/{badge.id}"></iframe>'
    _store(
        config, database,
        [
            ("https://copy.example.test/", "home", f'<p>¥1</p><img src="{PICTURE}">'),
            ("https://copy.example.test/2", "detail", frame),
            ("https://copy.example.test/3", "detail", '<img src="/never.png">'),
            ("https://shop1.example.test/", "home", frame),
            ("https://plain.example.test/", "home", "<p>¥1</p>"),
        ],
    )  # fmt: skip
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return static_png(badge.id, "valid") if url == PICTURE else b""

    assert copied_badge_duty.search(config, database, AT + timedelta(hours=1), fetch) == 5
    assert copied_badge_duty.search(config, database, AT + timedelta(hours=2), fetch) == 0
    assert fetched == [PICTURE]
    with database.read() as session:
        rows = session.execute(select(BadgeSighting).order_by(BadgeSighting.id)).scalars().all()
        assert [(row.kind, row.host, row.badge_id, row.times) for row in rows] == [
            ("image", "copy.example.test", "", 1),
            ("link", "copy.example.test", badge.id, 1),
        ]
        assert all(row.page_id and row.shop_id for row in rows)
        tasks = session.execute(select(SubjectTask)).scalars().all()
    assert [(task.kind, task.state, task.owner_unit) for task in tasks] == [("look-alike", "open", "310115")]
    assert tasks[0].detail["kinds"] == ["image", "link"]


def test_without_badges_nothing_is_read(database: Database, config: Settings) -> None:
    """Not even a page."""
    _store(config, database, [("https://copy.example.test/", "home", "<p>红盾</p>")])
    assert copied_badge_duty.search(config, database, AT, lambda _: b"") == 0


def test_a_page_whose_record_is_gone_stops_nothing(database: Database, config: Settings, badge: Badge) -> None:
    """The others are looked at; a lost mark only repeats work."""
    origin = issuer_of(config).origin
    frame = f'<iframe src="{origin}/badge/{badge.id}"></iframe>'
    _store(config, database, [("https://a.example.test/", "home", frame), ("https://b.example.test/", "home", frame)])
    with database.write() as session:
        session.execute(select(Page).where(Page.id == 1)).scalar_one().warc_file = "gone.warc.gz"
    for times in (1, 2):
        assert copied_badge_duty.search(config, database, AT, lambda _: b"") == 2
        (config.badges_path() / "copied.json").write_text("{")
        with database.read() as session:
            row = session.execute(select(BadgeSighting)).scalar_one()
            assert (row.host, row.times) == ("b.example.test", times)
