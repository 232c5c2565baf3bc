"""Searches that a person keeps."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.errors import InputError
from api.policy import Scope
from api.queries.presence import require
from api.queries.scope import saved_search_visible
from kernel.models import SavedSearch

MAX_NAME = 100
MAX_QUERY = 2_000


def list_saved(session: Session, scope: Scope) -> tuple[SavedSearch, ...]:
    """One's own, by name."""
    query = select(SavedSearch).where(saved_search_visible(scope)).order_by(SavedSearch.name)
    return tuple(session.execute(query).scalars())


def save_search(session: Session, scope: Scope, *, name: str, query_string: str, at: datetime) -> SavedSearch:
    """Keep a search under a name; the same name again replaces it.

    Raises:
        InputError: no name, or too long.

    Effects: table ``saved_search``.
    """
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or len(query_string) > MAX_QUERY:
        raise InputError(
            f"expected a name of 1 to {MAX_NAME} characters, got {len(name)}",
            hint="给这个搜索起个名字。",
            context={"fields": {"name": f"1-{MAX_NAME}"}},
        )
    mine = select(SavedSearch).where(saved_search_visible(scope), SavedSearch.name == name)
    row = session.execute(mine).scalar_one_or_none()
    if row is None:
        row = SavedSearch(user_id=scope.user_id, name=name, created_at=at)
        session.add(row)
    row.query_string = query_string.lstrip("?")
    session.flush()
    return row


def drop_search(session: Session, scope: Scope, search_id: int) -> None:
    """Forget a search.

    Raises:
        NotFoundError: no such search, or somebody else's.

    Effects: table ``saved_search``.
    """
    mine = saved_search_visible(scope)
    require(session.execute(select(SavedSearch.id).where(SavedSearch.id == search_id, mine)).first(), "a saved search")
    session.execute(delete(SavedSearch).where(SavedSearch.id == search_id, mine))
