"""Records: pages, what they say, and the frontier, all in one transaction.

This is the only place where an address becomes *done*. What comes from a process that lost its
lease is dropped here, so no page is recorded twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crawlers.address import canonical_or_none, url_key
from crawlers.archive import Place
from crawlers.frontier import Claim, NewLink, add_links, finish
from crawlers.lease import held
from crawlers.ledger import Ledger, Source
from kernel.facts import ListingFacts, PageFacts
from kernel.models import Page, Visit
from kernel.rows import insert_numbered

GONE = frozenset({404, 410})
STUB_PAGES = frozenset({"home", "list"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one claim, ready to be recorded.

    Attributes:
        claim: the leased address.
        state, outcome, detail: how its frontier row ends.
        status: HTTP status, 0 where no answer came: then there is no page.
        final_url: where the answer came from, or leads to (redirects).
        at: when (aware UTC). elapsed_ms: from request to last byte.
        place: its archive record; None where nothing was archived (unchanged).
        unchanged: same bytes as ``claim.previous``, or 304.
        facts: what was read; None where nothing was read.
        links: canonical addresses to follow.
    """

    claim: Claim
    at: datetime
    state: str = "done"
    outcome: str = "ok"
    detail: str = ""
    status: int = 0
    final_url: str = ""
    mime: str = ""
    kind: str = "other"
    elapsed_ms: int = 0
    body_sha256: str = ""
    body_size: int = 0
    place: Place | None = None
    remote_address: str = ""
    etag: str = ""
    last_modified: str = ""
    notes: tuple[str, ...] = ()
    unchanged: bool = False
    facts: PageFacts | None = None
    links: tuple[NewLink, ...] = ()


@dataclass(slots=True)
class Recorded:
    """What a batch added: answers recorded (in order), links and changed listings."""

    answers: list[Answer] = field(default_factory=list)
    page_ids: list[int] = field(default_factory=list)
    links: int = 0
    listings: int = 0


def record_page(session: Session, answer: Answer, *, owner: str) -> Recorded:
    """Record one answer; see :func:`record_pages`."""
    return record_pages(session, [answer], owner=owner)


def record_pages(session: Session, answers: Sequence[Answer], *, owner: str) -> Recorded:
    """Record a batch of answers in the session's transaction.

    Args:
        session: a writing session; the caller commits. The archive must be synced before.
        answers: results of claims of ``owner``. Those whose lease was lost are dropped.

    Returns:
        what was recorded.

    Effects: tables ``page``, ``listing``, ``fact``, ``shop``, ``outbox``, ``frontier``, ``visit``.
    """
    mine = held(session, owner=owner, ids=[answer.claim.id for answer in answers])
    kept = [answer for answer in answers if answer.claim.id in mine]
    result = Recorded(answers=kept)
    if not kept:
        return result
    paged = [answer for answer in kept if answer.status]
    result.page_ids = insert_numbered(session, Page, [_page_row(answer) for answer in paged])
    page_of = {answer.claim.id: page_id for answer, page_id in zip(paged, result.page_ids, strict=True)}
    result.listings = _record_facts(session, paged, page_of)
    for visit_id, links in _links(kept).items():
        result.links += add_links(session, visit_id=visit_id, links=links)
    finish(session, results=[_frontier_row(answer, page_of.get(answer.claim.id)) for answer in kept])
    _count(session, paged)
    return result


def _page_row(answer: Answer) -> dict[str, object]:
    claim, previous = answer.claim, answer.claim.previous
    place = answer.place
    return {
        "visit_id": claim.visit_id,
        "shop_id": claim.shop_id,
        "url": claim.url,
        "final_url": answer.final_url or claim.url,
        "url_key": claim.url_key,
        "status": answer.status,
        "mime": answer.mime[:100],
        "kind": answer.kind,
        "via": claim.via,
        "fetched_at": answer.at,
        "elapsed_ms": answer.elapsed_ms,
        "body_sha256": answer.body_sha256,
        "body_size": answer.body_size,
        "warc_file": place.file if place else "",
        "warc_offset": place.offset if place else 0,
        "remote_address": answer.remote_address[:60],
        "etag": answer.etag[:200],
        "last_modified": answer.last_modified[:60],
        "unchanged_from": previous.page_id if previous is not None and answer.unchanged else None,
        "notes": list(answer.notes),
        # A page without facts is not for the rules; an unchanged one is: what stands today may break a rule
        # that looks at days (a countdown that begins anew).
        "judged_at": answer.at if answer.facts is None and not answer.unchanged else None,
    }


def _frontier_row(answer: Answer, page_id: int | None) -> dict[str, object]:
    return {
        "id": answer.claim.id,
        "state": answer.state,
        "outcome": answer.outcome[:40],
        "detail": answer.detail,
        "page_id": page_id,
    }


def _links(answers: Iterable[Answer]) -> Mapping[int, list[NewLink]]:
    links: dict[int, list[NewLink]] = {}
    for answer in answers:
        if answer.links:
            links.setdefault(answer.claim.visit_id, []).extend(answer.links)
    return links


def _listing_url(entry: ListingFacts, answer: Answer) -> str | None:
    if not entry.is_stub and not entry.url:
        return answer.claim.url
    return canonical_or_none(entry.url)


def _record_facts(session: Session, answers: Sequence[Answer], page_of: Mapping[int, int]) -> int:
    ledger = Ledger(session, answers[-1].at) if answers else None
    if ledger is None:
        return 0
    wanted: dict[tuple[int, str], str] = {}
    for answer in answers:
        for entry in answer.facts.listings if answer.facts else ():
            url = _listing_url(entry, answer)
            if url is not None:
                wanted[answer.claim.shop_id, url_key(url)] = url
    shops = {answer.claim.shop_id for answer in answers if answer.facts is not None}
    ledger.load(wanted, sorted(shops))
    ledger.find((answer.claim.shop_id, answer.claim.url_key) for answer in answers if answer.facts is None)
    for answer in answers:
        _record_one(ledger, answer, page_of[answer.claim.id])
    return ledger.flush()


def _record_one(ledger: Ledger, answer: Answer, page_id: int) -> None:
    claim, facts = answer.claim, answer.facts
    if facts is None:
        if answer.unchanged:
            ledger.still_there(claim.shop_id, claim.url_key)
        elif answer.status in GONE:
            ledger.gone(claim.shop_id, claim.url_key)
        return
    source = Source(page_id, claim.shop_id, claim.url_key, facts.kind)
    present: list[str] = []
    for entry in facts.listings:
        url = _listing_url(entry, answer)
        if url is not None:
            ledger.take_listing(entry, url, source)
            present.append(url_key(url))
    if claim.previous is not None and facts.kind in STUB_PAGES:
        ledger.end_absent(source, present)
    ledger.take_shop(facts.shop, source)


def _count(session: Session, answers: Sequence[Answer]) -> None:
    totals: dict[int, list[int]] = {}
    for answer in answers:
        total = totals.setdefault(answer.claim.visit_id, [0, 0, 0])
        total[0] += 1
        total[1] += answer.body_size
        total[2] += int(answer.unchanged)
    for visit_id, (pages, size, unchanged) in totals.items():
        session.execute(
            update(Visit)
            .where(Visit.id == visit_id)
            .values(pages=Visit.pages + pages, bytes=Visit.bytes + size, unchanged=Visit.unchanged + unchanged),
            execution_options={"synchronize_session": False},
        )


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """A robots.txt that was asked for, with its rules as JSON; see ``crawlers.robots``."""

    visit_id: int
    shop_id: int
    origin: str
    url: str
    status: int
    at: datetime
    rules: Mapping[str, object]
    body_size: int = 0
    body_sha256: str = ""
    place: Place | None = None
    remote_address: str = ""


def record_robots(session: Session, answer: RobotsAnswer) -> bool:
    """Keep a robots.txt on its visit, and as a page where it was reached; once a visit and origin.

    Returns:
        False when the visit had it already.

    Effects: ``visit.robots``, ``page``.
    """
    row = session.execute(select(Visit).where(Visit.id == answer.visit_id).with_for_update()).scalar_one()
    known = dict(row.robots)
    others: dict[str, object] = dict(known.get("others") or {})  # type: ignore[call-overload]
    first = not known
    if not first and (known.get("origin") == answer.origin or answer.origin in others):
        return False
    page_id = None
    if answer.status:
        page = {
            "visit_id": answer.visit_id, "shop_id": answer.shop_id, "url": answer.url, "final_url": answer.url,
            "url_key": url_key(answer.url), "status": answer.status, "mime": "text/plain", "kind": "other",
            "via": "http", "fetched_at": answer.at, "body_sha256": answer.body_sha256, "body_size": answer.body_size,
            "warc_file": answer.place.file if answer.place else "",
            "warc_offset": answer.place.offset if answer.place else 0,
            "remote_address": answer.remote_address, "notes": ["robots"], "judged_at": answer.at,
        }  # fmt: skip
        page_id = insert_numbered(session, Page, [page])[0]
    entry: dict[str, object] = {**answer.rules, "origin": answer.origin, "page_id": page_id}
    if first:
        row.robots = entry
    else:
        row.robots = {**known, "others": {**others, answer.origin: entry}}
    session.flush()
    return True
