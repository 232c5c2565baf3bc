"""Telling an organisation of a lead, a case or its evidence: a version when something changed, nothing otherwise.

Everything is posted in the transaction of the change (:mod:`exchange.outbox`). Whoever was told of a matter is told of
its changes, and of its end.

Spec: PROC 14 (a matter goes to whom it belongs to).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange import matter_content
from exchange.errors import MatterError
from exchange.matter_content import CASE, LEAD, VERSIONS, Content
from exchange.organisation import name_of
from exchange.outbox import Draft, post
from kernel import audit
from kernel.db import one_writer
from kernel.models import Message, ToldMatter

COMPETENT, SUPERIOR, STANDING = "competent", "superior", "standing"
WAYS = (COMPETENT, SUPERIOR, STANDING)
CONFIRMED = "confirmed"
MAX_BASIS = 200
PURPOSE = {COMPETENT: "移送有管辖权的机关", SUPERIOR: "上报", STANDING: "按设置上报"}


@dataclass(frozen=True, slots=True)
class Address:
    """To whom, and why to them.

    Attributes:
        to: organisation code. way: of ``WAYS``. basis: the rule that says so, in words.
    """

    to: str
    way: str
    basis: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was posted: ids of messages, empty where nothing was new. row: of the matter itself."""

    row: ToldMatter
    messages: tuple[str, ...]


def content_of(session: Session, kind: str, object_id: int) -> Content:
    """A lead or case as it stands.

    Raises:
        MatterError: none of that number, or a kind that is neither.
    """
    if kind == LEAD:
        return matter_content.lead(session, object_id)
    if kind == CASE:
        return matter_content.case(session, object_id)
    raise MatterError(f"expected a lead or a case, got {kind[:20]!r}")


def may_be_told(content: Content) -> bool:
    """A hit is told once a person confirmed it; a case from its filing on."""
    return content.kind != LEAD or content.state == CONFIRMED


def tell(
    session: Session, kind: str, object_id: int, address: Address, *, reason: str, actor: str, at: datetime
) -> Told:
    """Tell somebody of a lead or case as it stands, with the metadata of its sealed evidence.

    Two who tell the same at once pass one at a time: the second finds what the first one said.

    Args:
        session: a write session. Whoever reads of the matter before this takes ``kernel.db.one_writer`` first.
        reason: why, in words. actor: account, or name of a duty.

    Raises:
        MatterError: no such matter, or a lead that nobody confirmed. RecipientError: no such organisation.
        SchemaError: the row does not fit the schema.

    Effects: tables ``told_matter``, ``message``, ``audit``.
    """
    one_writer(session)
    content = content_of(session, kind, object_id)
    if not may_be_told(content):
        raise MatterError(
            f"expected a confirmed lead, got one that is {content.state}", hint="先确认线索，再报送 Confirm it first."
        )
    return _tell_all(session, content, address, reason=reason, actor=actor, at=at)


def _tell_all(session: Session, content: Content, address: Address, *, reason: str, actor: str, at: datetime) -> Told:
    row, first = _say(session, content, address, "UPSERT", reason=reason, actor=actor, at=at)
    evidence = [
        _say(session, one, address, "UPSERT", reason=reason, actor=actor, at=at, parent=content.key)[1]
        for one in matter_content.evidence_of(session, content)
    ]
    messages = tuple(number for number in (first, *evidence) if number)
    if messages:
        detail = {
            "kind": content.kind, "key": content.key, "to": address.to, "name": name_of(address.to),
            "way": address.way, "basis": address.basis, "version": row.version, "messages": len(messages),
            "reason": reason[:200],
        }  # fmt: skip
        _note(session, "matter.told", content, detail, by=actor, at=at)
    return Told(row, messages)


def follow(session: Session, kind: str, object_id: int, *, actor: str, at: datetime) -> tuple[str, ...]:
    """Tell everybody who was told of a lead or case how it stands now; ids of messages, none where nothing is new.

    A lead that is no longer confirmed is taken back (VOID).

    Effects: tables ``told_matter``, ``message``, ``audit``.
    """
    one_writer(session)
    rows = told_to(session, kind, str(object_id))
    if not rows:
        return ()
    content = content_of(session, kind, object_id)
    posted: list[str] = []
    for row in rows:
        address = Address(row.other, row.way, row.basis)
        if may_be_told(content):
            posted += _tell_all(session, content, address, reason=row.reason, actor=actor, at=at).messages
        elif row.op != "VOID":
            posted.append(_say(session, content, address, "VOID", reason=row.reason, actor=actor, at=at)[1])
            detail: dict[str, object] = {"key": content.key, "to": row.other, "state": content.state}
            _note(session, "matter.withdrawn", content, detail, by=actor, at=at)
    return tuple(posted)


def told_to(session: Session, kind: str, object_id: str) -> Sequence[ToldMatter]:
    """Who was told of a matter of ours, first told first."""
    query = select(ToldMatter).where(
        ToldMatter.direction == "out", ToldMatter.kind == kind, ToldMatter.object_id == object_id
    )
    return session.execute(query.order_by(ToldMatter.id)).scalars().all()


def _say(
    session: Session,
    content: Content,
    address: Address,
    op: str,
    *,
    reason: str,
    actor: str,
    at: datetime,
    parent: str = "",
) -> tuple[ToldMatter, str]:
    """Post a version unless the same was said before; the row, and the id of the message or an empty one."""
    query = select(ToldMatter).where(
        ToldMatter.direction == "out", ToldMatter.kind == content.kind, ToldMatter.key == content.key,
        ToldMatter.other == address.to, ToldMatter.unit == "",
    )  # fmt: skip
    # What was read before the wait for the other writer is old by now.
    row = session.execute(query, execution_options={"populate_existing": True}).scalar_one_or_none()
    digest = content.digest(op)
    if row is not None and row.digest == digest:
        return row, ""
    if row is None:
        row = ToldMatter(direction="out", kind=content.kind, key=content.key, other=address.to, unit="", version=0)
        row.object_id, row.at, row.content = content.object_id, at, {}
        session.add(row)
    draft = Draft(
        content.kind,
        VERSIONS[content.kind],
        op,
        content.key,
        row.version + 1,
        content.payload,
        receiver=address.to,
        legal_basis=address.basis[:MAX_BASIS],
        purpose=PURPOSE[address.way],
        personal_fields=content.personal,
        region=content.region,
    )
    row.version, row.op, row.digest, row.state = row.version + 1, op, digest, content.state
    row.way, row.basis, row.reason, row.actor = address.way, address.basis, reason, actor
    row.sealed, row.parent, row.changed_at = list(content.personal), parent, at
    row.message_id = post(session, draft, at=at)
    session.flush()
    return row, row.message_id


def _note(session: Session, action: str, content: Content, detail: dict[str, object], *, by: str, at: datetime) -> None:
    kind = "rule_hit" if content.kind == LEAD else "case"
    audit.append(
        session, actor=by, action=action, object_type=kind, object_id=content.object_id, detail=detail,
        at=at,
    )  # fmt: skip


def message_of(session: Session, row: ToldMatter) -> Message | None:
    """The newest message about a matter, of ours or theirs."""
    query = select(Message).where(Message.message_id == row.message_id, Message.direction == row.direction)
    return session.execute(query).scalar_one_or_none()
