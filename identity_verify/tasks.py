"""Tasks about subjects: what a machine may not decide."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify.errors import TaskStateError
from kernel import audit
from kernel.models import SubjectTask

KINDS = ("match", "conflict", "licence", "look-alike")
CLOSED = ("done", "dismissed")
SYSTEM = "system:identity"


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task to be opened; see ``kernel.models.SubjectTask``.

    Attributes:
        detail: with a ``signature``, the same question is not asked again once a person answered it.
        owner_unit: org code of who decides; six digits of a 分局, eight of a 所, or empty.
    """

    kind: str
    topic: str
    detail: dict[str, object]
    subject_id: int | None = None
    shop_id: int | None = None
    owner_unit: str = ""
    due_at: datetime | None = None

    @property
    def about(self) -> str:
        """The thing as one text: the shop where there is one, else the subject."""
        return f"shop:{self.shop_id}" if self.shop_id is not None else f"subject:{self.subject_id}"


def open_task(session: Session, draft: TaskDraft, *, at: datetime) -> SubjectTask | None:
    """Open a task, or bring the open one about the same thing up to date.

    Returns:
        the open task; None when a person answered this very question before.

    Effects: table ``subject_task``.
    """
    same = select(SubjectTask).where(
        SubjectTask.kind == draft.kind, SubjectTask.about == draft.about, SubjectTask.topic == draft.topic
    )
    rows = session.execute(same.order_by(SubjectTask.id)).scalars().all()
    current = next((row for row in rows if row.state == "open"), None)
    if current is not None:
        if current.detail != draft.detail:
            current.detail = draft.detail
        return current
    signature = draft.detail.get("signature")
    if signature and any(row.detail.get("signature") == signature and row.decided_by != SYSTEM for row in rows):
        return None
    task = SubjectTask(
        kind=draft.kind, about=draft.about, topic=draft.topic, subject_id=draft.subject_id, shop_id=draft.shop_id,
        detail=draft.detail, owner_unit=draft.owner_unit, created_at=at, due_at=draft.due_at, state="open",
    )  # fmt: skip
    session.add(task)
    session.flush()
    return task


def close(
    session: Session, task_id: int, *, state: str, actor: str, decision: str, reason: str, at: datetime
) -> SubjectTask:
    """Close an open task with what was decided, and say so in the audit trail.

    Raises:
        TaskStateError: no such task, or decided already.

    Effects: tables ``subject_task``, ``audit``.
    """
    query = select(SubjectTask).where(SubjectTask.id == task_id).with_for_update()
    task = session.execute(query).scalar_one_or_none()
    if task is None or task.state != "open":
        raise TaskStateError(
            f"expected an open task, got {'none' if task is None else task.state} with number {task_id}",
            hint="Open the list of tasks again; somebody may have decided it.",
        )
    task.state, task.decided_by, task.decided_at, task.decision = state, actor, at, f"{decision}: {reason}"
    audit.append(
        session, actor=actor, action=f"subject.task_{state}", object_type="subject_task", object_id=task_id, at=at,
        detail={"kind": task.kind, "topic": task.topic, "decision": decision, "reason": reason},
    )  # fmt: skip
    return task


def settle_conflicts(session: Session, subject_id: int, stands: Callable[[SubjectTask], bool], *, at: datetime) -> None:
    """Where the sources agree again, an open task has nothing left to decide.

    Args:
        stands: says of a task whether what it asks is still so.

    Effects: table ``subject_task``.
    """
    query = select(SubjectTask).where(
        SubjectTask.kind == "conflict", SubjectTask.about == f"subject:{subject_id}", SubjectTask.state == "open"
    )
    for task in session.execute(query).scalars():
        if not stands(task):
            task.state, task.decided_by, task.decided_at = "dismissed", SYSTEM, at
            task.decision = "agreed: the sources agree now"
