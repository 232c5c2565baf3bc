"""Edges from a subject to shops, sites, platforms, phones, addresses, licences and persons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.models import SubjectLink
from kernel.models.subject import LIVE_STATES

KINDS = ("shop", "site", "platform", "live-room", "phone", "address", "licence", "person")
RUNS = "runs"


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge to be drawn; see ``kernel.models.SubjectLink``."""

    kind: str
    key: str
    relation: str
    source: str
    state: str = "auto"
    score: int = 1000
    reasons: Sequence[dict[str, object]] = field(default_factory=tuple)
    decided_by: str = ""


def draw(session: Session, subject_id: int, edge: Edge, *, at: datetime) -> SubjectLink:
    """Draw an edge, or bring the live one up to date; what a person decided is not touched by a machine.

    Effects: table ``subject_link``.
    """
    row = live_edge(session, subject_id, edge.kind, edge.key, edge.relation)
    if row is None:
        row = SubjectLink(
            subject_id=subject_id, kind=edge.kind, key=edge.key, relation=edge.relation, state=edge.state,
            score=edge.score, reasons=list(edge.reasons), source=edge.source, decided_by=edge.decided_by, at=at,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row
    if row.state == "confirmed" and not edge.decided_by:
        return row
    changed = (row.state, row.score, row.reasons) != (edge.state, edge.score, list(edge.reasons))
    if changed:
        row.state, row.score, row.reasons, row.at = edge.state, edge.score, list(edge.reasons), at
        row.decided_by, row.source = edge.decided_by, edge.source
    return row


def live_edge(session: Session, subject_id: int, kind: str, key: str, relation: str) -> SubjectLink | None:
    """The one live edge between a subject and a thing, if there is one."""
    query = select(SubjectLink).where(
        SubjectLink.subject_id == subject_id,
        SubjectLink.kind == kind,
        SubjectLink.key == key,
        SubjectLink.relation == relation,
        SubjectLink.state.in_(LIVE_STATES),
    )
    return session.execute(query).scalar_one_or_none()


def edges_to(session: Session, kind: str, key: str, relation: str = RUNS) -> list[SubjectLink]:
    """Live edges from any subject to a thing, oldest first."""
    query = select(SubjectLink).where(
        SubjectLink.kind == kind,
        SubjectLink.key == key,
        SubjectLink.relation == relation,
        SubjectLink.state.in_(LIVE_STATES),
    )
    return list(session.execute(query.order_by(SubjectLink.id)).scalars())


def end(row: SubjectLink, *, state: str = "ended", actor: str = "", at: datetime) -> None:
    """End a live edge (or reject it); the row stays as history. Effects: table ``subject_link``."""
    row.state, row.ended_at = state, at
    if actor:
        row.decided_by = actor


def replace(
    session: Session, subject_id: int, kinds: Sequence[str], wanted: Sequence[Edge], *, source: str, at: datetime
) -> None:
    """Make a source's edges of some kinds exactly these: new ones are drawn, those no longer said end.

    Effects: table ``subject_link``.
    """
    keep = {(edge.kind, edge.key, edge.relation) for edge in wanted}
    query = select(SubjectLink).where(
        SubjectLink.subject_id == subject_id,
        SubjectLink.kind.in_(kinds),
        SubjectLink.source == source,
        SubjectLink.state.in_(LIVE_STATES),
    )
    for row in session.execute(query).scalars():
        if (row.kind, row.key, row.relation) not in keep:
            end(row, at=at)
    session.flush()
    for edge in wanted:
        draw(session, subject_id, edge, at=at)
