"""The 亮照 check over the records: what a shop shows now against the registry now.

What fails is a lead of the rules ID01 to ID05 and ID10. A code that the registry does not have is a task: whether the
registry lacks it or the shop made it up is for a person to find out.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from identity_verify import tasks
from identity_verify.licence_display import Display, LinkSeen, Place, judge_display
from identity_verify.registry_word import RegistryWord, registry_word
from identity_verify.shown_identity import shown_by
from identity_verify.subjects import find_by_code
from identity_verify.tasks import TaskDraft
from kernel.clock import CHINA
from kernel.models import FactVersion, LicenceLink, Page, Shop, Subject, SubjectLink, SubjectTask

ASKED = frozenset({"registered"})
"""Steps whose failure is a person's task; the others are rules."""
OWN_SITE = "generic"
TASK_DAYS = 10
LOOK_EVERY = timedelta(days=7)
LINKED = ("auto", "confirmed")


def display_of(session: Session, shop: Shop, *, at: datetime) -> Display:
    """The check of one shop, from the facts and the registry as they are now."""
    shown = shown_by(session, shop.id)
    subject = find_by_code(session, shown.code) if shown.code else None
    declaration = select(FactVersion.id).where(
        FactVersion.shop_id == shop.id, FactVersion.field == "declaration", FactVersion.superseded_at.is_(None)
    )
    row = session.get(LicenceLink, shop.id)
    link = LinkSeen(row.url, tuple(row.declared), row.error, row.page_id or 0) if row else None
    return judge_display(
        shown, subject, word=registry_word(session, subject.id) if subject else RegistryWord(),
        declared=session.execute(declaration.limit(1)).first() is not None, place=_place(session, shop, link),
        link=link, on=at.astimezone(CHINA).date(),
    )  # fmt: skip


def _place(session: Session, shop: Shop, link: LinkSeen | None) -> Place:
    """Where the shop is, and where its home page was answered from last."""
    hosts = [shop.host]
    if link is not None and link.declared:
        newest = select(Page.final_url).where(Page.shop_id == shop.id, Page.kind == "home", Page.status == 200)
        final = session.execute(newest.order_by(Page.id.desc()).limit(1)).scalar()
        hosts += [urlsplit(final).hostname or shop.host] if final else []
    path = urlsplit(shop.url).path or "/"
    return Place(tuple(dict.fromkeys(host.partition(":")[0] for host in hosts)), path, shop.platform != OWN_SITE)


def shops_to_look_at(session: Session, *, at: datetime, limit: int) -> list[int]:
    """Shops that were visited since the last look, whose registry entry changed since, or not looked at for a week."""
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
    found = dict.fromkeys(session.execute(query).scalars())
    found |= dict.fromkeys(_changed(session, at=at, limit=limit))
    return list(found)[:limit]


def _changed(session: Session, *, at: datetime, limit: int) -> list[int]:
    """Shops of subjects whose entry changed after the last look; what is older than a week, the week finds."""
    query = (
        select(LicenceLink.shop_id)
        .join(SubjectLink, (SubjectLink.kind == "shop") & (SubjectLink.key == cast(LicenceLink.shop_id, String)))
        .join(Subject, Subject.id == SubjectLink.subject_id)
        .where(
            Subject.updated_at > at - LOOK_EVERY, Subject.updated_at > LicenceLink.looked_at,
            SubjectLink.state.in_(LINKED),
        )
        .distinct()
        .limit(limit)
    )  # fmt: skip
    return list(session.execute(query).scalars())


def keep_look(session: Session, shop: Shop, link: LinkSeen, *, at: datetime) -> Display:
    """Write down where the link leads, and open or close the shop's licence task by what the check says.

    Effects: tables ``licence_link``, ``subject_task``.
    """
    row = session.get(LicenceLink, shop.id)
    if row is None:
        row = LicenceLink(shop_id=shop.id)
        session.add(row)
    row.url, row.declared, row.error, row.looked_at = link.url[:1000], list(link.declared), link.error, at
    row.page_id = link.page_id or None
    session.flush()
    display = display_of(session, shop, at=at)
    failed = {step.name: step for step in display.failed if step.name in ASKED}
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
        if task.topic in passed or task.topic not in ASKED:
            task.state, task.decided_by, task.decided_at = "dismissed", tasks.SYSTEM, at
            task.decision = "agreed: the shop shows what the registry says now"
    return display


def _due(at: datetime) -> datetime:
    return at + timedelta(days=TASK_DAYS)
