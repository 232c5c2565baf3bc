"""Claims: what each source says of a subject, kept with its history; the winning values by precedence.

A source replaces only its own words. Two sources that contradict one another make a task for a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify import naming, tasks
from identity_verify.errors import ClaimRefusedError
from identity_verify.precedence import rank, rule_of, table
from kernel.crypto import canonical_json, sha256_hex
from kernel.models import Subject, SubjectClaim, SubjectTask

CONFLICT_DAYS = 10
COLUMNS = ("code", "registration_number", "name", "kind", "status", "region", "address", "scope", "persons")
DATES = ("established_on", "approved_on")
LENGTHS = {"code": 18, "registration_number": 15, "name": 200, "kind": 20, "status": 20, "region": 6}
EMPTY: dict[str, object] = {"kind": "other", "status": "unknown", "persons": []}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Attributes:
        source: one of ``precedence.SOURCES``. ref: what it was read from. at: as of when, aware UTC.
    """

    source: str
    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a subject: the winning claim, and the live ones that say otherwise."""

    field: str
    winner: SubjectClaim
    others: tuple[SubjectClaim, ...]
    contradicting: tuple[SubjectClaim, ...]


def digest_of(value: object) -> str:
    """First 32 hex digits of the SHA-256 of a value's canonical JSON."""
    return sha256_hex(canonical_json(value))[:32]


def claim(session: Session, subject: Subject, values: Mapping[str, object], origin: Origin, *, at: datetime) -> bool:
    """Note what a source says; call :func:`settle` after it.

    Args:
        session: a write session. values: by field.

    Returns:
        True when anything new was learnt (also something that is history already).

    Raises:
        FieldUnknownError: the source has no word on a field. ClaimRefusedError: a value without its form.

    Effects: tables ``subject_claim``, ``subject_task``.
    """
    for field, value in values.items():
        rank(field, origin.source)
        _require_form(field, value)
    mine = select(SubjectClaim).where(
        SubjectClaim.subject_id == subject.id,
        SubjectClaim.source == origin.source,
        SubjectClaim.field.in_(values),
    )
    before: dict[str, list[SubjectClaim]] = {}
    for row in session.execute(mine.order_by(SubjectClaim.id)).scalars():
        before.setdefault(row.field, []).append(row)
    changed = [
        _claim_one(session, subject, (field, value), before.get(field, []), origin, at=at)
        for field, value in values.items()
    ]
    session.flush()
    return any(changed)


def _claim_one(
    session: Session,
    subject: Subject,
    said: tuple[str, object],
    rows: Sequence[SubjectClaim],
    origin: Origin,
    *,
    at: datetime,
) -> bool:
    field, value = said
    digest = digest_of(value)
    if any(row.digest == digest and row.source_at <= origin.at <= row.confirmed_at for row in rows):
        return False
    live = next((row for row in rows if row.superseded_at is None), None)
    fresh = SubjectClaim(
        subject_id=subject.id, field=field, value=value, digest=digest, source=origin.source, source_ref=origin.ref,
        source_at=origin.at, confirmed_at=origin.at, seen_at=at, superseded_at=None,
    )  # fmt: skip
    if live is None:
        session.add(fresh)
        return True
    if live.digest == digest:
        if origin.at > live.confirmed_at:
            live.confirmed_at = origin.at
        else:
            live.source_at = origin.at
        return False
    if origin.at > live.confirmed_at:
        live.superseded_at = at
    else:
        fresh.superseded_at = at
        if origin.at == live.confirmed_at:
            _ask(session, subject, field, [live, fresh], at=at)
    session.add(fresh)
    return True


def _require_form(field: str, value: object) -> None:
    """Refuse what the columns cannot hold, before it is written anywhere."""
    longest = LENGTHS.get(field)
    if longest is not None and not (isinstance(value, str) and 0 < len(value) <= longest):
        raise ClaimRefusedError(f"expected {field} as a text of 1 to {longest} characters, got {str(value)[:60]!r}")
    if field in DATES:
        try:
            date.fromisoformat(str(value))
        except ValueError:
            raise ClaimRefusedError(f"expected {field} as YYYY-MM-DD, got {str(value)[:60]!r}") from None


def withdraw(session: Session, subject: Subject, source: str, *, at: datetime) -> int:
    """A source takes back all it said; call :func:`settle` after it.

    Returns:
        how many claims stood until now.

    Effects: table ``subject_claim``.
    """
    query = select(SubjectClaim).where(
        SubjectClaim.subject_id == subject.id, SubjectClaim.source == source, SubjectClaim.superseded_at.is_(None)
    )
    rows = session.execute(query).scalars().all()
    for row in rows:
        row.superseded_at = at
    session.flush()
    return len(rows)


def views(session: Session, subject_id: int) -> dict[str, FieldView]:
    """Each field that anybody speaks on: who wins, who says otherwise."""
    query = select(SubjectClaim).where(SubjectClaim.subject_id == subject_id, SubjectClaim.superseded_at.is_(None))
    by_field: dict[str, list[SubjectClaim]] = {}
    for row in session.execute(query).scalars():
        by_field.setdefault(row.field, []).append(row)
    return {field: _view(field, rows) for field, rows in sorted(by_field.items()) if field in table()}


def _view(field: str, rows: Iterable[SubjectClaim]) -> FieldView:
    winner, *others = sorted(rows, key=lambda row: rank(field, row.source))
    rule = rule_of(field)
    against = tuple(row for row in others if not rule.agree(row.value, winner.value))
    return FieldView(field, winner, tuple(others), against)


def settle(session: Session, subject: Subject, *, at: datetime) -> tuple[str, ...]:
    """Bring columns, names and conflict tasks of a subject in line with what is claimed.

    Returns:
        the fields whose winning value changed.

    Effects: tables ``subject``, ``subject_name``, ``subject_name_key``, ``subject_task``.
    """
    found = views(session, subject.id)
    changed = [field for field in COLUMNS if _set(subject, field, found)]
    changed += [field for field in DATES if _set_date(subject, field, found)]
    former = found["former_names"].winner.value if "former_names" in found else []
    names_changed = naming.keep(session, subject, former if isinstance(former, list) else [], at=at)
    if changed or names_changed:
        subject.updated_at = at
    for view in found.values():
        if view.contradicting:
            _ask(session, subject, view.field, [view.winner, *view.contradicting], at=at)
    tasks.settle_conflicts(session, subject.id, lambda task: _stands(task, found), at=at)
    session.flush()
    return tuple(changed)


def _stands(task: SubjectTask, found: Mapping[str, FieldView]) -> bool:
    """True while what a task of conflict asks is still so."""
    view = found.get(str(task.detail["field"]))
    if view is None:
        return False
    moment = task.detail.get("moment")
    if moment is None:
        return bool(view.contradicting)
    # One source said two things of one moment: until it says something of a later one.
    words = [row for row in (view.winner, *view.others) if f"{view.field}@{row.source}" == task.topic]
    return any(row.confirmed_at.isoformat() <= str(moment) for row in words)


def _set(subject: Subject, field: str, found: Mapping[str, FieldView]) -> bool:
    value = found[field].winner.value if field in found else EMPTY.get(field, "")
    if getattr(subject, field) == value:
        return False
    setattr(subject, field, value)
    return True


def _set_date(subject: Subject, field: str, found: Mapping[str, FieldView]) -> bool:
    value = date.fromisoformat(str(found[field].winner.value)) if field in found else None
    if getattr(subject, field) == value:
        return False
    setattr(subject, field, value)
    return True


def _ask(session: Session, subject: Subject, field: str, rows: Iterable[SubjectClaim], *, at: datetime) -> None:
    """Open a task that shows the values side by side, unless a person decided on just these values."""
    sides: list[dict[str, object]] = [
        {"source": row.source, "value": row.value, "ref": row.source_ref, "source_at": row.confirmed_at.isoformat()}
        for row in rows
    ]
    signature = digest_of([[side["source"], side["value"]] for side in sides])
    detail: dict[str, object] = {"field": field, "sides": sides, "signature": signature}
    topic = field
    if len({side["source"] for side in sides}) == 1:
        topic, detail["moment"] = f"{field}@{sides[0]['source']}", sides[0]["source_at"]
    draft = tasks.TaskDraft(
        kind="conflict",
        topic=topic,
        subject_id=subject.id,
        detail=detail,
        owner_unit=subject.region,
        due_at=at + timedelta(days=CONFLICT_DAYS),
    )
    tasks.open_task(session, draft, at=at)
