"""Whether it says anything that the copy of the registry (企业登记) lacks a code: is the copy whole and fresh there?

An installation without a registry, or with one that was not read to its end, knows nothing of a code it lacks.

Spec: GB 32100-2015 clause 5 (the first eight characters: authority, kind, place); GS 15-2006 (the first six digits).
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, cast, select
from sqlalchemy.orm import Session

from kernel.identifiers import REGISTRATION_LENGTH
from kernel.models import LinkedFault, LinkedRecord, LinkedState, Subject

SYSTEM = "registration"
NO_REGISTRY = "no-registry"
BY_MESSAGES = "registry-by-messages"
"""Its records come one by one, as they change; nobody ever read it to its end."""
BEHIND = "registry-behind"
OTHER_PLACE = "other-authority"
UNREADABLE = "registry-unreadable"
HALF_READ, NOT_FRESH, NOT_COMPARED, KEYS_DIFFER = "half-read", "not-fresh", "not-compared", "keys-differ"
"""In which way a copy is behind."""
FRESH = timedelta(hours=26)
"""A registry that drops a file a day is read once in this time."""
COMPARED = timedelta(days=8)
"""Its keys were compared, or a full file of it taken, within this time: a week and a day."""
NEIGHBOURS = 3
"""So many other codes of the same authority and kind say that the copy reaches there."""
CODE_AREA = 8
"""Characters of a 统一社会信用代码 that say authority, kind and place."""
NUMBER_AREA = 6
"""Digits of a 注册号 that say the authority."""


def registry_gap(session: Session, code: str, *, at: datetime) -> str:
    """Why it says nothing that the copy of the registry lacks a code; empty where the copy would have it.

    Args:
        code: 18 characters, or a 注册号 of 15 digits. at: aware UTC; the copy is to be fresh then, or later.
    """
    whole = copy_gap(session, at=at)
    if whole:
        return whole if whole in {NO_REGISTRY, BY_MESSAGES} else BEHIND
    if not _reaches(session, code):
        return OTHER_PLACE
    held = LinkedFault.system == SYSTEM, LinkedFault.state.in_(("open", "again"))
    query = select(LinkedFault.id).where(*held, cast(LinkedFault.row, String).contains(code, autoescape=True))
    return UNREADABLE if session.execute(query.limit(1)).first() else ""


def copy_gap(session: Session, *, at: datetime) -> str:
    """Why the copy as a whole says nothing of any code it lacks, whatever the code; empty where it is whole and fresh.

    Args:
        at: aware UTC.
    """
    state = session.get(LinkedState, SYSTEM)
    if state is None or state.good_at is None:
        taken = select(LinkedRecord.id).where(LinkedRecord.system == SYSTEM).limit(1)
        return BY_MESSAGES if session.execute(taken).first() else NO_REGISTRY
    holds = {
        HALF_READ: state.cursor_at is not None,
        NOT_FRESH: at - state.good_at > FRESH,
        NOT_COMPARED: state.keys_at is None or at - state.keys_at > COMPARED,
        KEYS_DIFFER: bool(state.keys_differ),
    }
    return next((word for word, is_so in holds.items() if is_so), "")


def _reaches(session: Session, code: str) -> bool:
    """Whether the copy has other codes of the same authority and kind."""
    old = len(code) == REGISTRATION_LENGTH
    area = code[: NUMBER_AREA if old else CODE_AREA]
    if not area.isdecimal():
        return False
    column = Subject.registration_number if old else Subject.code
    # Bounds of digits sort alike in every collation, and use the index.
    within: tuple[ColumnElement[bool], ...] = (column >= area, column < str(int(area) + 1).zfill(len(area)))
    found = session.execute(select(Subject.id).where(column != "", *within).limit(NEIGHBOURS)).all()
    return len(found) >= NEIGHBOURS
