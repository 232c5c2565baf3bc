"""What a person decides: which subject runs a shop, which of two values stands. With a reason, in the audit trail."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify import claims, links, tasks
from identity_verify.claims import Origin
from identity_verify.errors import SubjectUnknownError, TaskStateError
from identity_verify.precedence import rank
from identity_verify.shop_link import draw_shop_edges, link_shop
from kernel import audit
from kernel.models import Subject, SubjectLink, SubjectTask


def open_task_of(session: Session, task_id: int, kind: str) -> SubjectTask:
    """An open task of a kind, locked.

    Raises:
        TaskStateError: none, another kind, or decided already.
    """
    query = select(SubjectTask).where(SubjectTask.id == task_id).with_for_update()
    task = session.execute(query).scalar_one_or_none()
    if task is None or task.kind != kind or task.state != "open":
        raise TaskStateError(
            f"expected an open task of kind {kind}, got {'none' if task is None else f'{task.kind} {task.state}'}",
            hint="该事项可能已由他人办结，请重新打开列表。",
        )
    return task


def decide_match(
    session: Session, task_id: int, subject_id: int | None, *, actor: str, reason: str, at: datetime
) -> SubjectTask:
    """Say which subject runs the shop of a task, or that none of those shown does.

    Args:
        subject_id: any known subject, also one that was not among the candidates; None for none of them.

    Raises:
        TaskStateError: not an open task of matching. SubjectUnknownError: no such subject.

    Effects: tables ``subject_link``, ``subject_task``, ``shop_identity``, ``audit``.
    """
    task = open_task_of(session, task_id, "match")
    shop_id = task.shop_id
    if shop_id is None:
        raise TaskStateError("expected a task about a shop, got none")
    if subject_id is None:
        for candidate in _candidate_ids(task):
            _reject(session, candidate, shop_id, actor=actor, at=at)
        tasks.close(session, task_id, state="dismissed", actor=actor, decision="none", reason=reason, at=at)
        link_shop(session, shop_id, at=at)
        return task
    tasks.close(session, task_id, state="done", actor=actor, decision=f"subject {subject_id}", reason=reason, at=at)
    confirm(session, shop_id, subject_id, actor=actor, reason=reason, at=at)
    return task


def _candidate_ids(task: SubjectTask) -> list[int]:
    found = task.detail.get("candidates")
    return [int(str(one["subject_id"])) for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _reject(session: Session, subject_id: int, shop_id: int, *, actor: str, at: datetime) -> None:
    live = links.live_edge(session, subject_id, "shop", str(shop_id), links.RUNS)
    if live is not None:
        links.end(live, state="rejected", actor=actor, at=at)
        session.flush()
        draw_shop_edges(session, subject_id, at=at)
        return
    row = SubjectLink(
        subject_id=subject_id, kind="shop", key=str(shop_id), relation=links.RUNS, state="rejected", source="officer",
        decided_by=actor, at=at, ended_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()


def confirm(session: Session, shop_id: int, subject_id: int, *, actor: str, reason: str, at: datetime) -> SubjectLink:
    """A person says that a subject runs a shop; any other link of the shop ends.

    Raises:
        SubjectUnknownError: no such subject.

    Effects: tables ``subject_link``, ``shop_identity``, ``audit``.
    """
    if session.get(Subject, subject_id) is None:
        raise SubjectUnknownError(f"expected a market subject, got none with number {subject_id}")
    others = [row for row in links.edges_to(session, "shop", str(shop_id)) if row.subject_id != subject_id]
    for row in others:
        links.end(row, actor=actor, at=at)
    session.flush()
    said: dict[str, object] = {"word": "officer", "points": 1000, "left": reason, "right": ""}
    edge = links.Edge("shop", str(shop_id), links.RUNS, "officer", "confirmed", 1000, (said,), decided_by=actor)
    row = links.draw(session, subject_id, edge, at=at)
    audit.append(
        session, actor=actor, action="subject.link_confirm", object_type="shop", object_id=shop_id, at=at,
        detail={"subject": subject_id, "reason": reason},
    )  # fmt: skip
    for number in {subject_id, *(other.subject_id for other in others)}:
        draw_shop_edges(session, number, at=at)
    link_shop(session, shop_id, at=at)
    return row


def unlink(session: Session, shop_id: int, subject_id: int, *, actor: str, reason: str, at: datetime) -> None:
    """A person says that a subject does not run a shop; no machine links the two again.

    Raises:
        TaskStateError: they are not linked.

    Effects: tables ``subject_link``, ``shop_identity``, ``audit``.
    """
    if links.live_edge(session, subject_id, "shop", str(shop_id), links.RUNS) is None:
        raise TaskStateError("expected a live link between shop and subject, got none", hint="请刷新页面。")
    _reject(session, subject_id, shop_id, actor=actor, at=at)
    audit.append(
        session, actor=actor, action="subject.link_reject", object_type="shop", object_id=shop_id, at=at,
        detail={"subject": subject_id, "reason": reason},
    )  # fmt: skip
    link_shop(session, shop_id, at=at)


def decide_conflict(
    session: Session, task_id: int, choice: str, *, actor: str, reason: str, at: datetime
) -> SubjectTask:
    """Settle a contradiction between sources.

    Args:
        choice: ``keep`` lets the winning value stand; the name of a source takes that source's value, as the word
            of the officer. The registry's own fields are mended at the registry, not here.

    Raises:
        TaskStateError: not open, or the officer has no word above the winning source.

    Effects: tables ``subject_claim``, ``subject``, ``subject_task``, ``audit``.
    """
    task = open_task_of(session, task_id, "conflict")
    sides = task.detail.get("sides")
    field, held = str(task.detail["field"]), sides if isinstance(sides, list) else []
    if choice == "keep":
        return tasks.close(session, task_id, state="done", actor=actor, decision="keep", reason=reason, at=at)
    side = next((one for one in held if isinstance(one, dict) and one.get("source") == choice), None)
    if side is None or task.subject_id is None:
        raise TaskStateError(f"expected keep or one of the sources, got {choice!r}", hint="请在所列来源中选择。")
    winner = str(held[0]["source"])
    if rank(field, "officer") > rank(field, winner):
        raise TaskStateError(
            f"expected a field on which officers have the word before {winner}, got {field}",
            hint="该字段以登记信息为准，请由登记部门更正；此处只能保留现值并说明。",
        )
    subject = session.get_one(Subject, task.subject_id)
    tasks.close(session, task_id, state="done", actor=actor, decision=f"take {choice}", reason=reason, at=at)
    claims.claim(session, subject, {field: side["value"]}, Origin("officer", f"task-{task_id}", at), at=at)
    claims.settle(session, subject, at=at)
    return task


def decide_other(session: Session, task_id: int, state: str, *, actor: str, reason: str, at: datetime) -> SubjectTask:
    """Close a task that asks for no choice (a licence looked at, a look-alike judged).

    Args:
        state: ``done`` or ``dismissed``.

    Raises:
        TaskStateError: decided already, or another state.

    Effects: tables ``subject_task``, ``audit``.
    """
    if state not in tasks.CLOSED:
        raise TaskStateError(f"expected {' or '.join(tasks.CLOSED)}, got {state!r}", hint="请选择办结或不成立。")
    return tasks.close(session, task_id, state=state, actor=actor, decision=state, reason=reason, at=at)
