"""The rules on the labelled sample market: pages read, recorded and judged, two days running.

Run with ``-s`` to see recall and precision for each rule.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.address import canonical_url, url_key
from crawlers.extraction import extract
from crawlers.ledger import Ledger, Source
from kernel.config import Settings
from kernel.db import Database
from kernel.facts import PageFacts
from kernel.models import Listing, OutboxEntry, Page, RuleHit, Shop, Visit
from kernel.schema import upgrade
from simulators.market.world import World
from supervision.rules.record import judge_pages
from supervision.rules.rule_catalogue import load_catalogue
from tests.servers.market_licences import look_at_links, take_registry

DAY0 = datetime(2026, 11, 25, 2, tzinfo=UTC)
DETERMINISTIC = {"ID01", "ID02", "ID03", "ID04", "ID05", "ID07", "ID10", "AD09", "PR03", "PR04", "CT02", "CT04"}
BATCH = 100


@dataclass(frozen=True)
class Market:
    """A database that has seen two days of the market, with the truth of the second."""

    database: Database
    truth: Mapping[str, Any]
    page_ids: list[int]


def visit(session: Session, world: World, shops: Mapping[str, int], at: datetime) -> list[int]:
    """Read every page that needs no browser, as a visit a day would; one page a second."""
    truth = world.labels()
    visits: dict[int, int] = {}
    page_ids: list[int] = []
    for second, (url, want) in enumerate(sorted(truth["pages"].items())):
        home = next((home for home in shops if url.startswith(home)), None)
        if home is None or want["needs_browser"]:
            continue
        shop_id, when = shops[home], at + timedelta(seconds=second)
        if shop_id not in visits:
            row = Visit(
                shop_id=shop_id, job_id="job-test", started_at=at, state="done", stop_reason="finished", finished_at=at
            )  # fmt: skip
            session.add(row)
            session.flush()
            visits[shop_id] = row.id
        parts = urlsplit(url)
        answer = world.page(parts.netloc.partition(":")[0], parts.path + (f"?{parts.query}" if parts.query else ""))
        facts = extract(
            answer.body, url=url, content_type=answer.content_type, platform=truth["shops"][home]["platform"]
        )
        page = Page(
            visit_id=visits[shop_id], shop_id=shop_id, url=url, final_url=url, url_key=url_key(canonical_url(url)),
            status=200, kind=facts.kind, fetched_at=when, body_sha256="0" * 64,
        )  # fmt: skip
        session.add(page)
        session.flush()
        page_ids.append(page.id)
        write(session, facts, page, when)
    return page_ids


def write(session: Session, facts: PageFacts, page: Page, when: datetime) -> None:
    """Keep a page's facts as the crawler does."""
    ledger = Ledger(session, when)
    urls = {url: entry for entry in facts.listings if (url := canonical_url(entry.url or page.url))}
    ledger.load({(page.shop_id, url_key(url)): url for url in urls}, [page.shop_id])
    source = Source(page.id, page.shop_id, page.url_key, facts.kind)
    for url, entry in urls.items():
        ledger.take_listing(entry, url, source)
    if facts.kind in {"home", "list"}:
        ledger.end_absent(source, [url_key(url) for url in urls])
    ledger.take_shop(facts.shop, source)
    ledger.flush()
    session.flush()


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """Two days of the market, judged after each."""
    config = Settings(data_dir=tmp_path_factory.mktemp("market"))
    database = Database(config.sqlalchemy_url())
    upgrade(database)
    page_ids: list[int] = []
    worlds = [World(0), World(1)]
    with database.write() as session:
        shops: dict[str, int] = {}
        for home, want in worlds[0].labels()["shops"].items():
            row = Shop(url=home, host=urlsplit(home).netloc, platform=want["platform"], created_at=DAY0)
            session.add(row)
            session.flush()
            shops[home] = row.id
        take_registry(session, DAY0 - timedelta(days=1), DAY0.date())
    for day, world in enumerate(worlds):
        at = DAY0 + timedelta(days=day)
        with database.write() as session:
            page_ids = visit(session, world, shops, at)
            look_at_links(session, world, shops, at)
            for start in range(0, len(page_ids), BATCH):
                judge_pages(
                    session, page_ids[start : start + BATCH], catalogue=load_catalogue(), at=at + timedelta(hours=1)
                )
    yield Market(database, worlds[1].labels(), page_ids)
    database.close()


def place(url: str | None) -> str:
    """A listing's address as the database keeps it; empty for a shop."""
    return canonical_url(url) if url else ""


def test_recall_and_precision(market: Market) -> None:
    """Every planted offence that can be known is found, and hardly anything else."""
    wanted = {
        (hit["rule"], hit["shop"], place(hit["listing_url"])): hit
        for hit in market.truth["hits"]
        if not hit["needs_browser"] and hit["from_day"] <= 1
    }
    with market.database.read() as session:
        rows = session.execute(
            select(RuleHit, Shop.url, Listing.url)
            .join(Shop, Shop.id == RuleHit.shop_id)
            .outerjoin(Listing, Listing.id == RuleHit.listing_id)
            .where(RuleHit.state == "new")
        ).all()
        session.expunge_all()
    found: dict[tuple[str, str, str], list[RuleHit]] = defaultdict(list)
    for hit, home, url in rows:
        found[hit.rule_id, home, url or ""].append(hit)
    lines: list[str] = []
    recalls: dict[str, float] = {}
    for rule in sorted({key[0] for key in (*wanted, *found)}):
        want, got = ({key for key in keys if key[0] == rule} for keys in (wanted, found))
        recalls[rule] = len(want & got) / max(1, len(want))
        precision = len(want & got) / max(1, len(got))
        lines.append(f"{rule}  wanted {len(want):3}  recall {recalls[rule]:.3f}  precision {precision:.3f}")
        lines += [f"    missed {key[1:]} {wanted[key]['sentence']}" for key in sorted(want - got)]
        lines += [f"    false  {key[1:]} {[(h.field, h.quote) for h in found[key]]}" for key in sorted(got - want)]
    sys.stdout.write("\n".join(["", *lines, ""]))
    # Of listings everything is found. What stands on rules and licence pages of some shops the extractor does
    # not read yet (test_rules_labels.py judges those facts as they should be read).
    of_listings = {rule: recall for rule, recall in recalls.items() if rule not in {"CT02", "ID07"}}
    assert set(of_listings) == set(load_catalogue().rules) - {"CT02", "ID07"}
    assert all(of_listings[rule] == 1.0 for rule in DETERMINISTIC & set(of_listings))
    assert min(of_listings.values()) >= 0.9
    assert recalls["CT02"] >= 0.8
    assert len(wanted.keys() & found.keys()) / len(found) >= 0.98


def test_quotes_stand_where_they_say(market: Market) -> None:
    """A term hit quotes a piece of the planted sentence."""
    sentences = defaultdict(list)
    for hit in market.truth["hits"]:
        sentences[hit["rule"], place(hit["listing_url"])].append(hit["sentence"])
    with market.database.read() as session:
        rows = session.execute(
            select(RuleHit, Listing.url).join(Listing, Listing.id == RuleHit.listing_id).where(RuleHit.state == "new")
        ).all()
        session.expunge_all()
    for hit, url in rows:
        if hit.rule_id[:2] in {"AD", "UC"}:
            assert any(hit.quote in sentence for sentence in sentences[hit.rule_id, url]), (hit.rule_id, hit.quote)


def test_judging_again_changes_nothing(market: Market) -> None:
    """The same pages judged again make no new row, no lost row, no word to the index."""
    with market.database.write() as session:
        before = session.scalars(select(RuleHit.key)).all()
        told = len(session.scalars(select(OutboxEntry.id)).all())
        at = DAY0 + timedelta(days=1, hours=2)
        summary = judge_pages(session, market.page_ids, catalogue=load_catalogue(), at=at)
        assert (summary.new, summary.gone) == (0, 0)
        assert summary.kept > 0
        assert sorted(session.scalars(select(RuleHit.key))) == sorted(before)
        assert len(session.scalars(select(OutboxEntry.id)).all()) == told
