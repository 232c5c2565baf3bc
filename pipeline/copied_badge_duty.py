"""The standing duty that looks for copied badges in what the crawl has stored.

Each crawled page is looked at once: a quick look at its bytes, and a whole one where it may hold something. Pictures
are fetched for shops' home pages and for pages with words of a seal, a few a turn, through the one way out, at the
pace that the host is promised. What is found becomes a sighting, and a task for an officer.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawlers.archive import read_body
from crawlers.errors import ArchiveError
from crawlers.reading.decoding import decode
from identity_verify.badge_issuer import issuer_of
from identity_verify.copied_badge import KnownBadge, KnownBadges, candidates, find_copies, may_show
from identity_verify.page_look import look_at
from identity_verify.picture_hash import MAX_BYTES
from identity_verify.sightings import Seen, record
from identity_verify.tasks import TaskDraft, open_task
from kernel.clock import monotonic
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Badge, BadgeSighting, Page, Shop
from pipeline.probe import Probe

PAGES = 200
FETCHES = 12
SECONDS = 20.0
STATE_FILE = "copied.json"
Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Stored:
    """A page to be looked at."""

    page_id: int
    shop_id: int
    url: str
    kind: str
    warc_file: str
    warc_offset: int


def turn(config: Settings, database: Database, at: datetime) -> None:
    """One round over pages that were not looked at yet.

    Effects: tables ``badge_sighting``, ``subject_task``, ``audit``; connections to hosts of pictures.
    """
    probe = Probe(config)
    search(config, database, at, lambda url: probe.fetch(url, max_bytes=MAX_BYTES).body)


def search(config: Settings, database: Database, at: datetime, fetch: Fetch) -> int:
    """As :func:`turn`, with the way to fetch pictures as an argument.

    Returns:
        pages looked at.
    """
    mark = config.badges_path() / STATE_FILE
    with database.read() as session:
        known = known_badges(session, issuer_of(config).origin, at=at)
        pages = _next_pages(session, _looked_at(mark)) if known.by_id else []
    if not pages:
        return 0
    begun, fetches, looked = monotonic(), FETCHES, 0
    for page in pages:
        found, used = _look(config, page, known, fetch, fetches)
        fetches -= used
        if found:
            with database.write() as session:
                for seen in found:
                    _keep(session, seen, page, at=at)
        looked += 1
        _mark(mark, page.page_id)
        if fetches <= 0 or monotonic() - begun > SECONDS:
            break
    return looked


def known_badges(session: Session, origin: str, *, at: datetime) -> KnownBadges:
    """All badges, as the search for copies needs them."""
    rows = session.execute(select(Badge)).scalars()
    return KnownBadges.of(
        origin,
        (
            KnownBadge(
                row.id, row.code, row.name, tuple(row.sites), in_force=row.state == "active" and row.expires_at > at
            )
            for row in rows
        ),
    )


def _next_pages(session: Session, after: int) -> list[Stored]:
    query = (
        select(Page)
        .where(Page.id > after, Page.status == 200, Page.warc_file != "", Page.unchanged_from.is_(None))
        .order_by(Page.id)
        .limit(PAGES)
    )
    return [
        Stored(row.id, row.shop_id, row.final_url, row.kind, row.warc_file, row.warc_offset)
        for row in session.execute(query).scalars()
    ]


def _look(
    config: Settings, page: Stored, known: KnownBadges, fetch: Fetch, fetches: int
) -> tuple[tuple[Seen, ...], int]:
    """What a page shows, and how many pictures were fetched for it."""
    try:
        raw = read_body(config.pages_path(), page.warc_file, page.warc_offset)
    except ArchiveError:
        return (), 0  # the archive's own check tells of it
    suspect = may_show(raw, known)
    if (not suspect and page.kind != "home") or known.at_home(page.url):
        return (), 0
    look = look_at(decode(raw, "").text, url=page.url)
    pictures: dict[str, bytes] = {}
    for address in candidates(look, most=max(0, min(8, fetches))):
        if pictures:
            time.sleep(config.host_delay_s)
        pictures[address] = fetch(address)
    return find_copies(look, known, pictures), len(pictures)


def _keep(session: Session, seen: Seen, page: Stored, *, at: datetime) -> None:
    """The sighting, and the task: one for a shop and the host that shows the badge."""
    row, new = record(
        session,
        Seen(
            seen.badge_id, seen.kind, seen.host, seen.url, seen.score, seen.reasons,
            shop_id=page.shop_id, page_id=page.page_id,
        ),
        at=at,
    )  # fmt: skip
    if not new:
        return
    badge = session.get(Badge, seen.badge_id) if seen.badge_id else None
    shop = session.get(Shop, page.shop_id)
    kinds = select(BadgeSighting.kind).where(BadgeSighting.host == seen.host).distinct()
    detail: dict[str, object] = {
        "signature": f"copied-badge {seen.host}",
        "host": seen.host,
        "url": seen.url,
        "badge": seen.badge_id,
        "kinds": sorted(session.execute(kinds).scalars()),
        "score": session.execute(select(func.max(BadgeSighting.score)).where(BadgeSighting.host == seen.host)).scalar(),
        "sighting": row.id,
    }
    draft = TaskDraft(
        kind="look-alike", topic=f"copied-badge:{seen.host}"[:60], detail=detail, shop_id=page.shop_id,
        subject_id=badge.subject_id if badge else None, owner_unit=shop.region if shop else "",
    )  # fmt: skip
    open_task(session, draft, at=at)


def _looked_at(mark: Path) -> int:
    """Number of the last page that was looked at; 0 where nothing is known, which only repeats work."""
    try:
        return int(json.loads(mark.read_text("utf-8"))["page"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _mark(mark: Path, page_id: int) -> None:
    mark.parent.mkdir(parents=True, exist_ok=True)
    aside = mark.with_suffix(".new")
    aside.write_text(json.dumps({"page": page_id}), "utf-8")
    aside.replace(mark)
