"""Tasks about subjects: the list, one with both sides, and what an officer decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.errors import InputError
from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import PAGE_SIZE, Slice, counts, cut, narrowed
from identity_verify import review
from identity_verify.errors import SubjectUnknownError
from identity_verify.subjects import require_by_code
from kernel.models import Shop, Subject, SubjectName, SubjectTask

MAX_REASON = 1_000
NONE = "none"


@dataclass(frozen=True, slots=True)
class MatchFilter:
    """What to list; empty means any; by default what is open."""

    kind: str = ""
    state: str = "open"
    unit: str = ""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task with what it is about."""

    task: SubjectTask
    shop: Shop | None
    subject: Subject | None


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A candidate beside what the registry says of it now."""

    subject: Subject
    names: tuple[SubjectName, ...]
    kept: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """One task with both sides."""

    row: TaskRow
    candidates: tuple[CandidateView, ...]


def _query(scope: Scope, wanted: MatchFilter) -> Select[SubjectTask, Shop, Subject]:
    query = (
        select(SubjectTask, Shop, Subject)
        .outerjoin(Shop, Shop.id == SubjectTask.shop_id)
        .outerjoin(Subject, Subject.id == SubjectTask.subject_id)
        .where(allowed(scope, Permission.SUBJECT_READ))
    )
    return narrowed(
        query, (SubjectTask.kind, wanted.kind), (SubjectTask.state, wanted.state), (SubjectTask.owner_unit, wanted.unit)
    )


def list_tasks(
    session: Session, scope: Scope, wanted: MatchFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[TaskRow]:
    """Tasks, newest first."""
    rows, total, next_before = cut(session, _query(scope, wanted), SubjectTask.id, before=before, limit=limit)
    return Slice(tuple(TaskRow(*row) for row in rows), total, next_before)


def task_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many tasks there are by kind, state and unit."""
    seen = allowed(scope, Permission.SUBJECT_READ)
    return {
        "kind": counts(session, SubjectTask.kind, seen),
        "state": counts(session, SubjectTask.state, seen),
        "unit": counts(session, SubjectTask.owner_unit, seen, SubjectTask.owner_unit != ""),
    }


def read_task(session: Session, scope: Scope, task_id: int) -> TaskDetail:
    """One task.

    Raises:
        NotFoundError: no such task, or not this reader's.
    """
    query = _query(scope, MatchFilter(state="")).where(SubjectTask.id == task_id)
    task = TaskRow(*require(session.execute(query).one_or_none(), "a task", "待核列表"))
    kept = task.task.detail.get("candidates")
    candidates = []
    for one in kept if isinstance(kept, list) else []:
        subject = session.get(Subject, int(one["subject_id"]))
        if subject is not None:
            names = select(SubjectName).where(SubjectName.subject_id == subject.id).order_by(SubjectName.id)
            candidates.append(CandidateView(subject, tuple(session.execute(names).scalars()), one))
    return TaskDetail(task, tuple(candidates))


def decide(
    session: Session, scope: Scope, task_id: int, *, choice: str, code: str, reason: str, at: datetime
) -> SubjectTask:
    """Decide a task with a reason.

    Args:
        session: a write session.
        choice: for a match the number of a subject, ``none``, or ``code`` with a code; for a conflict ``keep`` or
            the name of a source; for other tasks ``done`` or ``dismissed``.
        code: the code of a subject that is not among the candidates.
        reason: in words, 1 to 1,000 characters.

    Raises:
        InputError: no reason, or a choice that is none. NotFoundError: no such task. TaskStateError: decided already.

    Effects: tables ``subject_task``, ``subject_link``, ``subject_claim``, ``subject``, ``shop_identity``, ``audit``.
    """
    reason = required_reason(reason)
    task = read_task(session, scope, task_id).row.task
    if task.kind == "match":
        subject_id = _chosen(session, choice, code)
        return review.decide_match(session, task_id, subject_id, actor=scope.name, reason=reason, at=at)
    if task.kind == "conflict":
        return review.decide_conflict(session, task_id, choice, actor=scope.name, reason=reason, at=at)
    return review.decide_other(session, task_id, choice, actor=scope.name, reason=reason, at=at)


def required_reason(reason: str) -> str:
    """The reason without spaces around it.

    Raises:
        InputError: it is empty or too long.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise InputError(
            f"expected a reason of 1 to {MAX_REASON} characters, got {len(reason)}",
            hint="请写明理由。",
            context={"fields": {"reason": f"1-{MAX_REASON}"}},
        )
    return reason


def _chosen(session: Session, choice: str, code: str) -> int | None:
    if choice == NONE:
        return None
    if choice == "code":
        return subject_by_code(session, code).id
    if not (choice.isascii() and choice.isdigit() and len(choice) < 10):
        raise InputError(
            f"expected a candidate, none or code, got {choice!r}", context={"fields": {"choice": "unknown"}}
        )
    return int(choice)


def subject_by_code(session: Session, code: str) -> Subject:
    """The subject an officer names by its code.

    Raises:
        InputError: nobody has this code.
    """
    try:
        return require_by_code(session, code.strip().upper())
    except SubjectUnknownError as error:
        raise InputError(
            error.message, hint="请核对代码，或先取得登记信息。", context={"fields": {"code": "unknown"}}
        ) from error
