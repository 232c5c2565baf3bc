"""The inbox: notices for a person, and for the units whose work the person may see."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, counts, cut
from kernel.models import Notice, User


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    """What to list; empty means any. ``state``: ``open`` or ``done``."""

    kind: str = ""
    owner: str = ""
    state: str = "open"


def notice_visible(scope: Scope) -> ColumnElement[bool]:
    """One's own, and those of units; another person's never."""
    persons = select(User.name)
    return and_(allowed(scope, Permission.INBOX_READ), or_(Notice.owner == scope.name, Notice.owner.not_in(persons)))


def list_notices(
    session: Session, scope: Scope, wanted: NoticeFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[Notice]:
    """Notices, newest first."""
    query = select(Notice).where(notice_visible(scope))
    if wanted.kind:
        query = query.where(Notice.kind == wanted.kind)
    if wanted.owner:
        query = query.where(Notice.owner == wanted.owner)
    if wanted.state == "open":
        query = query.where(Notice.done_at.is_(None))
    elif wanted.state == "done":
        query = query.where(Notice.done_at.is_not(None))
    rows, total, following = cut(session, query, Notice.id, before=before, limit=limit)
    return Slice(tuple(row[0] for row in rows), total, following)


def notice_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many there are by state, kind and owner."""
    seen = notice_visible(scope)
    ended = select(func.count()).select_from(Notice).where(seen, Notice.done_at.is_not(None))
    waiting = select(func.count()).select_from(Notice).where(seen, Notice.done_at.is_(None))
    return {
        "state": {
            "open": session.execute(waiting).scalar_one(),
            "done": session.execute(ended).scalar_one(),
        },
        "kind": counts(session, Notice.kind, seen),
        "owner": counts(session, Notice.owner, seen),
    }


def find_notice(session: Session, scope: Scope, notice_id: int) -> Notice:
    """One notice.

    Raises:
        NotFoundError: none of that number, or not this reader's.
    """
    query = select(Notice).where(Notice.id == notice_id, notice_visible(scope))
    return require(session.execute(query).scalar_one_or_none(), "a notice", "收件箱")
