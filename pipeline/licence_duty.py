"""The standing duty of the 亮照 check: after each visit, what a shop shows is held against the registry and judged.

The pages were stored by the crawl; only the page behind a 亮照 link is fetched, outside of any transaction.
"""

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.archive import read_body
from identity_verify.control import Fetcher
from identity_verify.licence_link import follow_link, link_in
from identity_verify.licence_record import keep_look, shops_to_look_at
from kernel.clock import monotonic
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.models import Page, Shop
from pipeline.probe import Probe
from supervision.rules.record import judge_shops
from supervision.rules.rule_catalogue import load_catalogue

logger = logging.getLogger(__name__)
BATCH = 50
TURN_SECONDS = 20.0
PAGES = 6
KINDS = ("home", "licence")


def turn(config: Settings, database: Database, at: datetime, fetcher: Fetcher | None = None) -> int:
    """Look at the shops whose turn it is; how many.

    Effects: connections to hosts of the 亮照 system; tables ``licence_link``, ``subject_task``, ``rule_hit``.
    """
    begun, way, looked = monotonic(), fetcher or Probe(config), 0
    with database.read() as session:
        due = shops_to_look_at(session, at=at, limit=BATCH)
    for shop_id in due:
        if monotonic() - begun > TURN_SECONDS:
            break
        with database.read() as session:
            url, page_id = _link(session, config, shop_id)
        seen = follow_link(url, way, page_id=page_id)
        with database.write() as session:
            keep_look(session, session.get_one(Shop, shop_id), seen, at=at)
            judge_shops(session, [shop_id], catalogue=load_catalogue(), at=at)
        looked += 1
    return looked


def _link(session: Session, config: Settings, shop_id: int) -> tuple[str, int]:
    """The shop's 亮照 link and the page that holds it, among its newest home or licence pages as they were stored."""
    query = select(Page).where(Page.shop_id == shop_id, Page.kind.in_(KINDS), Page.status == 200)
    for page in session.execute(query.order_by(Page.id.desc()).limit(PAGES)).scalars():
        stored = page if page.warc_file else session.get(Page, page.unchanged_from or 0)
        if stored is None or not stored.warc_file:
            continue
        try:
            body = read_body(config.pages_path(), stored.warc_file, stored.warc_offset)
        except WangjianError as error:
            logger.warning("page %s cannot be read again: %s (%s)", stored.id, error.message, error.code)
            continue
        if found := link_in(body, page.final_url, frozenset(config.identity_licence_hosts)):
            return found, page.id
    return "", 0
