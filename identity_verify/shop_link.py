"""Who runs a shop: what it shows, matched with the registry; a link beyond doubt, or a task for a person.

What a person confirmed or rejected is never undone by a machine: a contradiction makes a task.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify import links, tasks
from identity_verify.claims import digest_of
from identity_verify.errors import SubjectUnknownError
from identity_verify.matching import Candidate, MatchResult, match
from identity_verify.normal_name import normal_name
from identity_verify.registered_names import small_index
from identity_verify.shown_identity import ShownIdentity, shown_by
from kernel import audit
from kernel.models import Shop, ShopIdentity, SubjectLink, SubjectTask

ACTOR = "system:identity"
SOURCE = "shop-page"
MATCH_DAYS = 10
SHOP_EDGES = ("site", "platform", "phone", "licence")
MOST_SHOPS = 200
"""Shops whose facts are drawn as edges of one subject."""

Outcome = Literal["linked", "review", "unmatched", "no-facts"]
_RANK = {"auto": 2, "review": 1, "none": 0}


@dataclass(frozen=True, slots=True)
class LinkResult:
    """What came of looking at one shop.

    Attributes:
        subject_id: who runs it, when that is beyond doubt. task_id: the open task, when a person must decide.
        because: why a person must decide: words of ``MatchResult.because``, ``several-codes``, ``confirmed-other``,
            ``rejected``, or empty.
    """

    outcome: Outcome
    subject_id: int | None = None
    task_id: int | None = None
    because: str = ""
    candidates: tuple[Candidate, ...] = ()


def link_shop(session: Session, shop_id: int, *, at: datetime) -> LinkResult:
    """Look who runs a shop; the same facts and the same registry give the same answer again.

    Args:
        session: a write session.

    Raises:
        SubjectUnknownError: no such shop.

    Effects: tables ``subject_link``, ``subject_task``, ``shop_identity``, ``audit``.
    """
    shop = session.get(Shop, shop_id)
    if shop is None:
        raise SubjectUnknownError(f"expected a shop, got none with number {shop_id}")
    shown = shown_by(session, shop_id)
    edges = links.edges_to(session, "shop", str(shop_id))
    confirmed = next((row for row in edges if row.state == "confirmed"), None)
    if shown.silent:
        result = LinkResult("linked" if confirmed else "no-facts", confirmed.subject_id if confirmed else None)
        return _kept(session, shop, shown, result, None, at=at)
    found = _best_match(session, shown)
    because = _doubt(session, shop_id, shown, found, confirmed)
    if because == "several-codes":
        found = _with_holders(session, shown, found)
    if because:
        result = _ask(session, shop, shown, found, because, at=at)
    elif found.outcome == "auto" and found.subject_id is not None:
        result = _link(session, shop, found, edges, confirmed, at=at)
    else:
        result = LinkResult("unmatched", candidates=found.candidates)
    if result.outcome in {"review", "unmatched"} and not confirmed:
        _end(session, [row for row in edges if row.state == "auto"], at=at)
    if result.outcome != "review":
        _settle_task(session, shop_id, at=at)
    if confirmed and result.outcome == "unmatched":
        result = LinkResult("linked", confirmed.subject_id, candidates=found.candidates)
    return _kept(session, shop, shown, result, found, at=at)


def _best_match(session: Session, shown: ShownIdentity) -> MatchResult:
    """The most telling of the shown names; a code that several names share is given with each."""
    index = small_index(session, shown.names, shown.code)
    address = shown.addresses[0] if shown.addresses else ""
    tried = [match(name, index, code=shown.code, address=address) for name in shown.names or ("",)]
    return max(tried, key=lambda one: (_RANK[one.outcome], one.candidates[0].score if one.candidates else 0))


def _with_holders(session: Session, shown: ShownIdentity, found: MatchResult) -> MatchResult:
    """The candidates and the holder of each shown code, so that a person can choose among all of them."""
    candidates = {one.subject_id: one for one in found.candidates}
    for code in dict.fromkeys(reading.code for reading in shown.codes if reading.code):
        for one in match("", small_index(session, (), code), code=code).candidates:
            candidates.setdefault(one.subject_id, one)
    return replace(found, candidates=tuple(candidates.values()))


def _doubt(
    session: Session, shop_id: int, shown: ShownIdentity, found: MatchResult, confirmed: SubjectLink | None
) -> str:
    """Why a person must decide; empty when none must."""
    if confirmed is not None:
        best = found.subject_id
        return "confirmed-other" if best is not None and best != confirmed.subject_id else ""
    if len({reading.code for reading in shown.codes if reading.code}) > 1:
        return "several-codes"
    if found.outcome == "auto" and _was_rejected(session, shop_id, found.subject_id):
        return "rejected"
    return (found.because or "below") if found.outcome == "review" else ""


def _was_rejected(session: Session, shop_id: int, subject_id: int | None) -> bool:
    query = select(SubjectLink.id).where(
        SubjectLink.subject_id == subject_id,
        SubjectLink.kind == "shop",
        SubjectLink.key == str(shop_id),
        SubjectLink.state == "rejected",
    )
    return session.execute(query.limit(1)).scalar() is not None


def _link(
    session: Session,
    shop: Shop,
    found: MatchResult,
    edges: Sequence[SubjectLink],
    confirmed: SubjectLink | None,
    *,
    at: datetime,
) -> LinkResult:
    best = found.candidates[0]
    if confirmed is not None:
        return LinkResult("linked", confirmed.subject_id, candidates=found.candidates)
    _end(session, [row for row in edges if row.subject_id != best.subject_id], at=at)
    before = next((row for row in edges if row.subject_id == best.subject_id and row.state == "auto"), None)
    reasons = tuple(reason.as_dict() for reason in best.reasons)
    edge = links.Edge("shop", str(shop.id), links.RUNS, SOURCE, "auto", best.score, reasons)
    links.draw(session, best.subject_id, edge, at=at)
    if before is None:
        audit.append(
            session, actor=ACTOR, action="subject.link", object_type="shop", object_id=shop.id, at=at,
            detail={"subject": best.subject_id, "score": best.score},
        )  # fmt: skip
    draw_shop_edges(session, best.subject_id, at=at)
    return LinkResult("linked", best.subject_id, candidates=found.candidates)


def _end(session: Session, rows: Sequence[SubjectLink], *, at: datetime) -> None:
    for row in rows:
        links.end(row, at=at)
        if row.state != "proposed":
            audit.append(
                session, actor=ACTOR, action="subject.unlink", object_type="shop", object_id=row.key, at=at,
                detail={"subject": row.subject_id},
            )  # fmt: skip
    session.flush()
    for subject_id in {row.subject_id for row in rows}:
        draw_shop_edges(session, subject_id, at=at)


def _ask(
    session: Session, shop: Shop, shown: ShownIdentity, found: MatchResult, because: str, *, at: datetime
) -> LinkResult:
    """Open a task with the candidates and their reasons, unless a person answered just this question."""
    candidates = [candidate_dict(one) for one in found.candidates]
    # What was asked is a matter of names and codes: a new telephone number is no new question.
    asked = [sorted(map(normal_name, shown.names)), sorted(reading.text for reading in shown.codes)]
    signature = digest_of([asked, because, sorted(one.subject_id for one in found.candidates)])
    draft = tasks.TaskDraft(
        kind="match",
        topic="",
        shop_id=shop.id,
        detail={"because": because, "shown": _shown_dict(shown), "candidates": candidates, "signature": signature},
        owner_unit=shop.region,
        due_at=at + timedelta(days=MATCH_DAYS),
    )
    task = tasks.open_task(session, draft, at=at)
    if task is None:
        return LinkResult("unmatched", because="answered", candidates=found.candidates)
    return LinkResult("review", None, task.id, because, found.candidates)


def candidate_dict(one: Candidate) -> dict[str, object]:
    """A candidate as JSON, with its reasons."""
    return {
        "subject_id": one.subject_id,
        "name": one.name,
        "former": one.former,
        "code": one.code,
        "score": one.score,
        "reasons": [reason.as_dict() for reason in one.reasons],
    }


def _shown_dict(shown: ShownIdentity) -> dict[str, object]:
    return {
        "names": list(shown.names),
        "codes": [
            {
                "original": reading.original,
                "code": reading.code,
                "verdict": reading.verdict,
                "readings": [
                    {"code": one.code, "corrections": [[c.place, c.before, c.after, c.why] for c in one.corrections]}
                    for one in reading.readings
                ],
            }
            for reading in shown.codes
        ],
        "addresses": list(shown.addresses),
        "contacts": list(shown.contacts),
        "filings": list(shown.filings),
        "permits": list(shown.permits),
    }


def _settle_task(session: Session, shop_id: int, *, at: datetime) -> None:
    """A question that no longer stands needs no answer."""
    query = select(SubjectTask).where(
        SubjectTask.kind == "match", SubjectTask.about == f"shop:{shop_id}", SubjectTask.state == "open"
    )
    for task in session.execute(query).scalars():
        task.state, task.decided_by, task.decided_at = "dismissed", tasks.SYSTEM, at
        task.decision = "settled: the shop or the registry says it clearly now"


def _kept(
    session: Session,
    shop: Shop,
    shown: ShownIdentity,
    result: LinkResult,
    found: MatchResult | None,
    *,
    at: datetime,
) -> LinkResult:
    row = session.get(ShopIdentity, shop.id)
    if row is None:
        row = ShopIdentity(shop_id=shop.id)
        session.add(row)
    row.digest, row.outcome, row.last_fact_id, row.checked_at = shown.digest, result.outcome, shown.last_fact_id, at
    row.detail = {
        "because": result.because or (found.because if found else ""),
        "shown": _shown_dict(shown),
        "candidates": [candidate_dict(one) for one in result.candidates],
    }
    session.flush()
    return result


def draw_shop_edges(session: Session, subject_id: int, *, at: datetime) -> None:
    """Draw what the shops of a subject show as edges of the subject: sites, platforms, phones, numbers.

    Effects: table ``subject_link``.
    """
    query = select(SubjectLink.key).where(
        SubjectLink.subject_id == subject_id,
        SubjectLink.kind == "shop",
        SubjectLink.relation == links.RUNS,
        SubjectLink.state.in_(("auto", "confirmed")),
    )
    shop_ids = sorted(int(key) for key in session.execute(query).scalars())[:MOST_SHOPS]
    shops = session.execute(select(Shop).where(Shop.id.in_(shop_ids)).order_by(Shop.id)).scalars().all()
    wanted: dict[tuple[str, str, str], links.Edge] = {}
    for shop in shops:
        shown = shown_by(session, shop.id)
        things = [("site", shop.host, links.RUNS)]
        things += [("platform", shop.platform, "sells-on")] if shop.platform != "generic" else []
        things += [("phone", contact[:100], "shown-on") for contact in shown.contacts]
        things += [("licence", number[:100], "shown-on") for number in (*shown.permits, *shown.filings)]
        for thing in things:
            reason: dict[str, object] = {"word": "shop", "points": 0, "left": str(shop.id), "right": ""}
            wanted.setdefault(thing, links.Edge(*thing, SOURCE, reasons=(reason,)))
    links.replace(session, subject_id, SHOP_EDGES, tuple(wanted.values()), source=SOURCE, at=at)
