"""The 亮照 check over the records: what a shop shows now against the registry now.

What fails is a lead of the rules ID01 to ID05 and ID10.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from identity_verify import tasks
from identity_verify.licence_display import Display, LinkSeen, Place, ShopLook, judge_display
from identity_verify.registry_gap import registry_gap
from identity_verify.registry_word import RegistryWord, registry_word
from identity_verify.shown_identity import shown_by
from identity_verify.subjects import find_by_code
from kernel.clock import CHINA
from kernel.models import (
    FactVersion,
    FrontierEntry,
    LicenceLink,
    Page,
    Shop,
    Subject,
    SubjectLink,
    SubjectTask,
    Visit,
)

OWN_SITE = "generic"
INSTEAD = ("declaration", "licence_image")
TELLING = ("home", "licence")
"""Kinds of pages that a licence stands on."""
UNREAD = ("captcha", "login", "empty")
NOT_THERE = ("http-404", "http-410")
FAULTS = 400
"""From this status on an answer is none."""
LOOK_EVERY = timedelta(days=7)
LINKED = ("auto", "confirmed")


def display_of(session: Session, shop: Shop, *, at: datetime) -> Display:
    """The check of one shop, from the facts and the registry as they are now."""
    shown = shown_by(session, shop.id)
    subject = find_by_code(session, shown.code) if shown.code else None
    row = session.get(LicenceLink, shop.id)
    link = LinkSeen(row.url, tuple(row.declared), row.error, row.page_id or 0) if row else None
    look = ShopLook() if shown.code else _look(session, shop.id)
    return judge_display(
        shown, subject, word=_word(session, subject, shown.code, at), look=look,
        place=_place(session, shop, link), link=link, on=at.astimezone(CHINA).date(),
    )  # fmt: skip


def _word(session: Session, subject: Subject | None, code: str, at: datetime) -> RegistryWord:
    if subject is not None:
        return registry_word(session, subject.id)
    return RegistryWord(gap=registry_gap(session, code, at=at)) if code else RegistryWord()


def _look(session: Session, shop_id: int) -> ShopLook:
    """What stands instead of a licence's text; where nothing does, the home page of the visit that read the shop."""
    stands = FactVersion.shop_id == shop_id, FactVersion.field.in_(INSTEAD), FactVersion.superseded_at.is_(None)
    fields = set(session.execute(select(FactVersion.field).where(*stands).distinct()).scalars())
    page_id = 0 if fields else _whole(session, shop_id)
    return ShopLook("declaration" in fields, "licence_image" in fields, page_id)


def _whole(session: Session, shop_id: int) -> int:
    """The home page of the newest visit that came to its end; 0 where a wall or a fault was in the way."""
    ended = select(Visit.id).where(Visit.shop_id == shop_id, Visit.state == "done", Visit.stop_reason == "finished")
    visit_id = session.execute(ended.order_by(Visit.id.desc()).limit(1)).scalar()
    if visit_id is None:
        return 0
    entry = FrontierEntry
    lost = entry.state.in_(("failed", "refused")) & entry.outcome.not_in(NOT_THERE)
    unread = (
        select(entry.id)
        .outerjoin(Page, Page.id == entry.page_id)
        .where(entry.visit_id == visit_id, entry.kind.in_(TELLING), or_(lost, Page.kind.in_(UNREAD)))
    )
    home = select(Page.id).where(Page.visit_id == visit_id, Page.kind == "home", Page.status < FAULTS)
    if session.execute(unread.limit(1)).first() is not None:
        return 0
    return session.execute(home.order_by(Page.id.desc()).limit(1)).scalar() or 0


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
    """Write down where the link leads. What the check says is for the rules; tasks of earlier days are closed.

    Effects: tables ``licence_link``, ``subject_task``.
    """
    row = session.get(LicenceLink, shop.id)
    if row is None:
        row = LicenceLink(shop_id=shop.id)
        session.add(row)
    row.url, row.declared, row.error, row.looked_at = link.url[:1000], list(link.declared), link.error, at
    row.page_id = link.page_id or None
    session.flush()
    query = select(SubjectTask).where(
        SubjectTask.kind == "licence", SubjectTask.shop_id == shop.id, SubjectTask.state == "open"
    )
    for task in session.execute(query).scalars():
        task.state, task.decided_by, task.decided_at = "dismissed", tasks.SYSTEM, at
        task.decision = "agreed: what the check says of a shop is a lead now"
    return display_of(session, shop, at=at)
