"""The 亮照 check over the records: what a shop shows now against the registry now, and tasks for what failed."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from identity_verify import tasks
from identity_verify.licence_display import Display, LinkSeen, judge_display
from identity_verify.shown_identity import shown_by
from identity_verify.subjects import find_by_code
from identity_verify.tasks import TaskDraft
from kernel.clock import CHINA
from kernel.models import FactVersion, LicenceLink, Shop, SubjectName, SubjectTask

TASK_DAYS = 10
LOOK_EVERY = timedelta(days=7)


def display_of(session: Session, shop: Shop, *, at: datetime) -> Display:
    """The check of one shop, from the facts and the registry as they are now."""
    shown = shown_by(session, shop.id)
    subject = find_by_code(session, shown.code) if shown.code else None
    names: list[str] = []
    if subject is not None:
        names = list(session.execute(select(SubjectName.name).where(SubjectName.subject_id == subject.id)).scalars())
    declaration = select(FactVersion.id).where(
        FactVersion.shop_id == shop.id, FactVersion.field == "declaration", FactVersion.superseded_at.is_(None)
    )
    link = session.get(LicenceLink, shop.id)
    return judge_display(
        shown, subject, names=names, declared=session.execute(declaration.limit(1)).first() is not None,
        host=shop.host, link=LinkSeen(link.url, tuple(link.declared), link.error) if link else None,
        on=at.astimezone(CHINA).date(),
    )  # fmt: skip


def shops_to_look_at(session: Session, *, at: datetime, limit: int) -> list[int]:
    """Shops that were visited since the last look, or not looked at for a week."""
    query = (
        select(Shop.id)
        .outerjoin(LicenceLink, LicenceLink.shop_id == Shop.id)
        .where(
            Shop.last_visited_at.is_not(None),
            or_(
                LicenceLink.looked_at.is_(None),
                LicenceLink.looked_at < Shop.last_visited_at,
                LicenceLink.looked_at <= at - LOOK_EVERY,
            ),
        )
        .order_by(Shop.id)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def keep_look(session: Session, shop: Shop, link: LinkSeen, *, at: datetime) -> Display:
    """Write down where the link leads, and open or close the shop's licence tasks by what the check says.

    Effects: tables ``licence_link``, ``subject_task``.
    """
    row = session.get(LicenceLink, shop.id)
    if row is None:
        row = LicenceLink(shop_id=shop.id)
        session.add(row)
    row.url, row.declared, row.error, row.looked_at = link.url[:1000], list(link.declared), link.error, at
    session.flush()
    display = display_of(session, shop, at=at)
    failed = {step.name: step for step in display.failed if step.name not in {"shown", "code"}}
    # ID01 and ID02 are rules of their own: the rule engine makes leads of them.
    for name, step in failed.items():
        detail: dict[str, object] = {
            "step": name, "why": step.why, "rule": step.rule, "shown": step.shown, "registered": step.registered,
            "signature": f"{name}:{step.why}:{step.shown}:{step.registered}",
        }  # fmt: skip
        draft = TaskDraft("licence", name, detail, shop_id=shop.id, owner_unit=shop.region, due_at=_due(at))
        tasks.open_task(session, draft, at=at)
    passed = {step.name for step in display.steps if step.outcome == "PASSED"}
    query = select(SubjectTask).where(
        SubjectTask.kind == "licence", SubjectTask.shop_id == shop.id, SubjectTask.state == "open"
    )
    for task in session.execute(query).scalars():
        if task.topic in passed:
            task.state, task.decided_by, task.decided_at = "dismissed", tasks.SYSTEM, at
            task.decision = "agreed: the shop shows what the registry says now"
    return display


def _due(at: datetime) -> datetime:
    return at + timedelta(days=TASK_DAYS)
