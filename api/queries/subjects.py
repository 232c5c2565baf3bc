"""Market subjects: the list, and one subject with its sources, graph, timeline, shops and their evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed, evidence_visible
from api.queries.slices import PAGE_SIZE, Slice, counts, cut
from identity_verify import claims
from identity_verify.claims import FieldView
from identity_verify.links import RUNS
from kernel.models import (
    Evidence,
    RuleHit,
    Shop,
    ShopIdentity,
    Subject,
    SubjectClaim,
    SubjectLink,
    SubjectName,
    SubjectTask,
)
from kernel.models.rule_hit import OPEN_HITS
from kernel.models.subject import LIVE_STATES

SHOPS_SHOWN = 50
EVIDENCE_SHOWN = 20
EVENTS_SHOWN = 100
RANK = {
    name: place
    for place, name in enumerate(
        ("name", "former_names", "code", "registration_number", "kind", "status", "persons", "capital_fen", "address",
         "business_address", "scope", "established_on", "approved_on", "authority", "region", "websites", "phone")
    )
}  # fmt: skip
"""Fields in the order of a licence (营业执照)."""

EventKind = Literal["claim", "claim-ended", "name-ended", "link", "link-ended"]


@dataclass(frozen=True, slots=True)
class SubjectFilter:
    """What to list; empty means any. ``text`` is looked for in names (also former ones), code and number."""

    text: str = ""
    kind: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A subject with the figures of its line."""

    subject: Subject
    shops: int
    open_tasks: int


@dataclass(frozen=True, slots=True)
class LinkedShop:
    """A shop a subject runs, with its open hits."""

    link: SubjectLink
    shop: Shop
    open_hits: int


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline: when, what happened, by whose word; ``said`` are fields or things with values."""

    at: datetime
    kind: EventKind
    said: tuple[tuple[str, object], ...]
    source: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class SubjectDetail:
    """All that one subject's page shows."""

    subject: Subject
    names: tuple[SubjectName, ...]
    fields: tuple[FieldView, ...]
    links: tuple[SubjectLink, ...]
    shops: tuple[LinkedShop, ...]
    shop_total: int
    evidence: tuple[Evidence, ...]
    evidence_total: int
    tasks: tuple[SubjectTask, ...]
    timeline: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Runner:
    """Who runs a shop, as its page shows it. Empty parts are open questions."""

    identity: ShopIdentity | None
    subject: Subject | None
    link: SubjectLink | None
    task_id: int | None


def list_subjects(
    session: Session, scope: Scope, wanted: SubjectFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[SubjectRow]:
    """Subjects, newest first."""
    shops = (
        select(func.count(SubjectLink.id))
        .where(
            SubjectLink.subject_id == Subject.id,
            SubjectLink.kind == "shop",
            SubjectLink.relation == RUNS,
            SubjectLink.state.in_(("auto", "confirmed")),
        )
        .scalar_subquery()
    )
    tasks = (
        select(func.count(SubjectTask.id))
        .where(SubjectTask.subject_id == Subject.id, SubjectTask.state == "open")
        .scalar_subquery()
    )
    query = select(Subject, shops, tasks).where(allowed(scope, Permission.SUBJECT_READ))
    if wanted.kind:
        query = query.where(Subject.kind == wanted.kind)
    if wanted.status:
        query = query.where(Subject.status == wanted.status)
    if wanted.text:
        bears = exists().where(
            SubjectName.subject_id == Subject.id, SubjectName.name.icontains(wanted.text, autoescape=True)
        )
        same = (Subject.code == wanted.text.strip().upper(), Subject.registration_number == wanted.text.strip())
        query = query.where(or_(bears, *same))
    rows, total, next_before = cut(session, query, Subject.id, before=before, limit=limit)
    return Slice(tuple(SubjectRow(*row) for row in rows), total, next_before)


def subject_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many subjects there are by kind and status."""
    seen = allowed(scope, Permission.SUBJECT_READ)
    return {"kind": counts(session, Subject.kind, seen), "status": counts(session, Subject.status, seen)}


def require_subject(session: Session, scope: Scope, subject_id: int) -> Subject:
    """One subject.

    Raises:
        NotFoundError: no such subject, or not this reader's.
    """
    query = select(Subject).where(Subject.id == subject_id, allowed(scope, Permission.SUBJECT_READ))
    return require(session.execute(query).scalar_one_or_none(), "a subject", "主体列表")


def read_subject(session: Session, scope: Scope, subject_id: int) -> SubjectDetail:
    """One subject with all around it.

    Raises:
        NotFoundError: no such subject, or not this reader's.
    """
    subject = require_subject(session, scope, subject_id)
    names = tuple(session.execute(_of(SubjectName, subject_id).order_by(SubjectName.id)).scalars())
    all_links = tuple(session.execute(_of(SubjectLink, subject_id).order_by(SubjectLink.id)).scalars())
    live = tuple(link for link in all_links if link.state in LIVE_STATES)
    shop_ids = [int(link.key) for link in live if link.kind == "shop" and link.state != "proposed"]
    tasks = select(SubjectTask).where(SubjectTask.subject_id == subject_id, SubjectTask.state == "open")
    history = session.execute(_of(SubjectClaim, subject_id)).scalars().all()
    evidence, evidence_total = _evidence(session, scope, shop_ids)
    return SubjectDetail(
        subject=subject,
        names=names,
        fields=tuple(
            sorted(claims.views(session, subject_id).values(), key=lambda view: RANK.get(view.field, len(RANK)))
        ),
        links=live,
        shops=_shops(session, scope, live),
        shop_total=len(shop_ids),
        evidence=evidence,
        evidence_total=evidence_total,
        tasks=tuple(session.execute(tasks.order_by(SubjectTask.id)).scalars()),
        timeline=_timeline(history, names, all_links),
    )


def _of(table: type, subject_id: int) -> Select[Any]:
    return select(table).where(table.subject_id == subject_id)  # type: ignore[attr-defined]


def _shops(session: Session, scope: Scope, live: tuple[SubjectLink, ...]) -> tuple[LinkedShop, ...]:
    by_shop = {int(link.key): link for link in live if link.kind == "shop"}
    hits = (
        select(func.count(RuleHit.id)).where(RuleHit.shop_id == Shop.id, RuleHit.state.in_(OPEN_HITS)).scalar_subquery()
    )
    query = select(Shop, hits).where(Shop.id.in_(by_shop), allowed(scope, Permission.SHOP_READ)).order_by(Shop.id)
    rows = session.execute(query.limit(SHOPS_SHOWN)).all()
    return tuple(LinkedShop(by_shop[shop.id], shop, number) for shop, number in rows)


def _evidence(session: Session, scope: Scope, shop_ids: list[int]) -> tuple[tuple[Evidence, ...], int]:
    query = select(Evidence).where(Evidence.shop_id.in_(shop_ids), evidence_visible(scope))
    total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    newest = query.order_by(Evidence.ordered_at.desc(), Evidence.id).limit(EVIDENCE_SHOWN)
    return tuple(session.execute(newest).scalars()), int(total)


def _timeline(
    history: Sequence[SubjectClaim], names: tuple[SubjectName, ...], links: tuple[SubjectLink, ...]
) -> tuple[Event, ...]:
    """What was said, borne and linked, newest first; what one source said at one time is one line."""
    together: dict[tuple[datetime, EventKind, str, str], list[tuple[str, object]]] = {}

    def note(at: datetime | None, kind: EventKind, what: tuple[str, object], source: str, ref: str = "") -> None:
        if at is not None:
            together.setdefault((at, kind, source, ref), []).append(what)

    for row in history:
        note(row.source_at, "claim", (row.field, row.value), row.source, row.source_ref)
        note(row.superseded_at, "claim-ended", (row.field, row.value), row.source, row.source_ref)
    for name in names:
        note(name.until, "name-ended", ("name", name.name), name.source)
    for link in links:
        note(link.at, "link", (link.kind, link.key), link.decided_by or link.source)
        note(link.ended_at, "link-ended", (link.kind, link.key), link.decided_by or link.source)
    events = [Event(at, kind, tuple(said), source, ref) for (at, kind, source, ref), said in together.items()]
    events.sort(key=lambda event: event.at, reverse=True)
    return tuple(events[:EVENTS_SHOWN])


def read_runner(session: Session, scope: Scope, shop_id: int) -> Runner:
    """Who runs a shop; empty for readers who may not see subjects."""
    if not scope.may(Permission.SUBJECT_READ):
        return Runner(None, None, None, None)
    query = (
        select(Subject, SubjectLink)
        .join(SubjectLink, SubjectLink.subject_id == Subject.id)
        .where(
            SubjectLink.kind == "shop",
            SubjectLink.key == str(shop_id),
            SubjectLink.relation == RUNS,
            SubjectLink.state.in_(("auto", "confirmed")),
        )
        .order_by(SubjectLink.id)
    )
    row = session.execute(query.limit(1)).one_or_none()
    open_task = select(SubjectTask.id).where(
        SubjectTask.kind == "match", SubjectTask.shop_id == shop_id, SubjectTask.state == "open"
    )
    return Runner(
        identity=session.get(ShopIdentity, shop_id),
        subject=row[0] if row else None,
        link=row[1] if row else None,
        task_id=session.execute(open_task.limit(1)).scalar(),
    )
