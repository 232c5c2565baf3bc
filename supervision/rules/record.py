"""Judging pages of the database and keeping the hits."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from kernel.models import OutboxEntry, Page, RuleHit, Shop
from supervision.rules.engine import judge_all
from supervision.rules.explanation import stored_explanation, stored_law
from supervision.rules.hit import Hit
from supervision.rules.rule_catalogue import Catalogue
from supervision.rules.subject_rows import Touched, chunks, subjects_of, touched_by


@dataclass(frozen=True, slots=True)
class JudgeSummary:
    """What judging a batch of pages came to; counts of rows.

    Attributes:
        new: hits that were not there, or were gone and are back. kept: hits seen again. gone: hits no longer there.
    """

    pages: int = 0
    listings: int = 0
    shops: int = 0
    new: int = 0
    kept: int = 0
    gone: int = 0


def judge_pages(session: Session, page_ids: Collection[int], *, catalogue: Catalogue, at: datetime) -> JudgeSummary:
    """Judge every listing and shop the pages touch, once each, and bring their hits up to date.

    Idempotent: the same pages again change nothing. A hit keeps its row while the same quote breaks the
    same rule on the same subject. Hits that officers confirmed or dismissed keep that state when the
    fact vanishes; only ``new`` ones become ``gone``. Hits of rules outside the catalogue are left alone.

    Args:
        session: a writing session; the caller commits.
        page_ids: pages to judge, also such as came back unchanged. Unknown ids are passed over.
        at: the time of judging (aware UTC); which law applies is decided by when the pages were fetched.

    Effects: tables ``rule_hit``, ``page.judged_at``, ``outbox``.
    """
    return _bring_up_to_date(session, touched_by(session, page_ids), catalogue, at)


def judge_shops(session: Session, shop_ids: Collection[int], *, catalogue: Catalogue, at: datetime) -> JudgeSummary:
    """Judge shops themselves (not their listings) again: the registry or a 亮照 page said something new of them.

    As ``judge_pages`` otherwise.

    Effects: table ``rule_hit``.
    """
    return _bring_up_to_date(session, Touched(shop_ids=set(shop_ids)), catalogue, at)


def _bring_up_to_date(session: Session, touched: Touched, catalogue: Catalogue, at: datetime) -> JudgeSummary:
    # A shop may be judged for its pages and for what the registry said at the same time: one waits for the other.
    for ids in chunks(touched.shop_ids):
        session.execute(select(Shop.id).where(Shop.id.in_(ids)).order_by(Shop.id).with_for_update(key_share=True))
    subjects = subjects_of(session, touched, at)
    hits = {hit.key: hit for hit in judge_all(subjects, catalogue, at)}
    stored = _stored(session, touched, catalogue)
    new = [hit for key, hit in hits.items() if key not in stored or stored[key].state == "gone"]
    kept = [hit for key, hit in hits.items() if key in stored and stored[key].state != "gone"]
    gone = [row for key, row in stored.items() if key not in hits and row.state == "new"]
    for hit in (*new, *kept):
        _keep(session, hit, stored.get(hit.key), at)
    for row in gone:
        row.state = "gone"
    changed = {hit.subject.listing_id for hit in new} | {row.listing_id for row in gone}
    _tell_index(session, changed, at)
    _mark_judged(session, touched, at)
    session.flush()
    return JudgeSummary(
        pages=len(touched.pages),
        listings=len(touched.listing_ids),
        shops=len(touched.shop_ids),
        new=len(new),
        kept=len(kept),
        gone=len(gone),
    )


def _stored(session: Session, touched: Touched, catalogue: Catalogue) -> dict[str, RuleHit]:
    """Hits there are on the touched subjects, of any state, by key."""
    rules = sorted(catalogue.rules)
    wheres: list[ColumnElement[bool]] = [RuleHit.listing_id.in_(ids) for ids in chunks(touched.listing_ids)]
    wheres += [RuleHit.shop_id.in_(ids) & RuleHit.listing_id.is_(None) for ids in chunks(touched.shop_ids)]
    return {
        row.key: row
        for where in wheres
        for row in session.scalars(select(RuleHit).where(where, RuleHit.rule_id.in_(rules)))
    }


def _keep(session: Session, hit: Hit, row: RuleHit | None, at: datetime) -> None:
    signal, rule = hit.signal, hit.rule
    if row is None:
        row = RuleHit(key=hit.key, rule_id=rule.id, shop_id=hit.subject.shop_id, found_at=at, state="new")
        row.listing_id = hit.subject.listing_id
        session.add(row)
    elif row.state == "gone":
        row.state = "new"
    row.rule_version = rule.version
    row.severity = rule.severity
    row.page_id = signal.fact.page_id
    row.field = signal.fact.field
    row.locator = signal.fact.locator
    row.quote = signal.quote
    row.quote_start, row.quote_end = signal.start, signal.end
    row.law = stored_law(hit)
    row.explanation = stored_explanation(hit)
    row.wants_evidence = rule.evidence.wants_evidence
    row.last_seen_at = hit.subject.act_at


def _tell_index(session: Session, listing_ids: Iterable[int | None], at: datetime) -> None:
    session.add_all(
        OutboxEntry(topic="listing", object_id=listing_id, created_at=at)
        for listing_id in sorted(one for one in listing_ids if one is not None)
    )


def _mark_judged(session: Session, touched: Touched, at: datetime) -> None:
    for ids in chunks(page.id for page in touched.pages):
        # The pages were read as plain rows, so the session holds none to be brought up to date.
        session.execute(
            update(Page).where(Page.id.in_(ids)).values(judged_at=at), execution_options={"synchronize_session": False}
        )
