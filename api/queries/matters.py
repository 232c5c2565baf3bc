"""What was told of leads and cases, ours to others and others' to us, with what became of each message."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed, evidence_visible
from api.queries.slices import PAGE_SIZE, Slice, counts, cut, narrowed
from api.queries.waits import Wait, wait_of
from exchange import incoming_matter, telling
from exchange.matter_content import CASE, EVIDENCE, LEAD
from kernel.models import Delivery, Evidence, Message, Receipt, RuleHit, Shop, Subject, ToldMatter
from kernel.models.rule_hit import OPEN_HITS


@dataclass(frozen=True, slots=True)
class MatterFilter:
    """What to list; empty means any."""

    kind: str = ""
    state: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class ToldView:
    """One telling of ours.

    Attributes:
        message: newest one, or none when it was cleared away. evidence: metadata told with it.
        progress: ``posted`` ``sealed`` ``retrying`` ``stored`` ``processed`` ``rejected`` ``dead``.
        error_code: why it was refused or stands still, or empty. wait: what it waits for while it is not there.
    """

    row: ToldMatter
    message: Message | None
    delivery: Delivery | None
    receipts: tuple[Receipt, ...]
    evidence: tuple["ToldView", ...] = ()
    wait: Wait | None = None

    @property
    def progress(self) -> str:
        """How far it is."""
        message, delivery = self.message, self.delivery
        if message is None:
            return "processed"
        if message.state != "sealed":
            return message.state
        if delivery is None or delivery.state == "waiting":
            return "retrying" if delivery is not None and delivery.attempts else "sealed"
        return {"stored": "stored", "dead": "dead"}.get(delivery.state, "processed")

    @property
    def error_code(self) -> str:
        """Why not."""
        of_message = self.message.error_code if self.message else ""
        if of_message or self.delivery is None or self.delivery.state == "stored":
            return of_message or self._refused()
        return self.delivery.code or self._refused()

    def _refused(self) -> str:
        return next((one.code for one in self.receipts if one.kind == "REJECTED"), "")


@dataclass(frozen=True, slots=True)
class MatterDetail:
    """What another organisation told us.

    Attributes:
        receipts: that we gave for its newest message. evidence: metadata it names. leads: ours of the same shop.
    """

    row: ToldMatter
    message: Message | None
    receipts: tuple[Receipt, ...]
    evidence: tuple[ToldMatter, ...]
    shop: Shop | None
    subject: Subject | None
    leads: tuple[RuleHit, ...]


def told_of(session: Session, scope: Scope, kind: str, object_id: int) -> tuple[ToldView, ...]:
    """Whom we told of a lead or case, with its evidence; nothing for who may not see it."""
    if not scope.may(Permission.MATTER_READ):
        return ()
    rows = telling.told_to(session, kind, str(object_id))
    return tuple(_view(session, row, with_evidence=True) for row in rows)


def _view(session: Session, row: ToldMatter, *, with_evidence: bool = False) -> ToldView:
    message = telling.message_of(session, row)
    delivery = None
    if message is not None:
        query = select(Delivery).where(Delivery.message_row == message.id).order_by(Delivery.id.desc()).limit(1)
        delivery = session.execute(query).scalar_one_or_none()
    below: tuple[ToldView, ...] = ()
    if with_evidence:
        query_below = select(ToldMatter).where(
            ToldMatter.direction == "out", ToldMatter.kind == EVIDENCE, ToldMatter.parent == row.key,
            ToldMatter.other == row.other,
        )  # fmt: skip
        below = tuple(_view(session, one) for one in session.execute(query_below.order_by(ToldMatter.id)).scalars())
    receipts = _receipts(session, row.message_id, "taken")
    return ToldView(row, message, delivery, receipts, below, wait_of(session, message, delivery))


def _receipts(session: Session, message_id: str, direction: str) -> tuple[Receipt, ...]:
    query = select(Receipt).where(Receipt.message_id == message_id, Receipt.direction == direction)
    return tuple(session.execute(query.order_by(Receipt.id)).scalars())


def list_matters(
    session: Session, scope: Scope, wanted: MatterFilter, *, before: int | None = None, limit: int = PAGE_SIZE
) -> Slice[ToldMatter]:
    """Leads and cases that others told us, the one that came last first."""
    query = select(ToldMatter).where(*_incoming(scope))
    query = narrowed(
        query, (ToldMatter.kind, wanted.kind), (ToldMatter.state, wanted.state), (ToldMatter.other, wanted.other)
    )
    rows, total, following = cut(session, query, ToldMatter.id, before=before, limit=limit)
    return Slice(tuple(row[0] for row in rows), total, following)


def _incoming(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """Leads, and cases for who may see cases."""
    return (
        ToldMatter.direction == "in",
        ToldMatter.kind.in_((LEAD, CASE) if scope.may(Permission.CASE_READ) else (LEAD,)),
        allowed(scope, Permission.MATTER_READ),
    )


def matter_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many there are by kind, state and sender."""
    columns = {"kind": ToldMatter.kind, "state": ToldMatter.state, "other": ToldMatter.other}
    return {name: counts(session, column, *_incoming(scope)) for name, column in columns.items()}


def find_matter(session: Session, scope: Scope, number: int) -> ToldMatter:
    """One that others told us.

    Raises:
        NotFoundError: no such one, or not this reader's.
    """
    query = select(ToldMatter).where(ToldMatter.id == number, *_incoming(scope))
    return require(session.execute(query).scalar_one_or_none(), "a matter told us", "来函线索与案件")


def read_matter(session: Session, scope: Scope, number: int) -> MatterDetail:
    """One that others told us, with all that its page shows.

    Raises:
        NotFoundError: no such one, or not this reader's.
    """
    row = find_matter(session, scope, number)
    leads: Sequence[RuleHit] = ()
    if row.shop_id and scope.may(Permission.HIT_READ):
        query = select(RuleHit).where(RuleHit.shop_id == row.shop_id, RuleHit.state.in_(OPEN_HITS))
        leads = session.execute(query.order_by(RuleHit.id.desc()).limit(10)).scalars().all()
    return MatterDetail(
        row=row,
        message=telling.message_of(session, row),
        receipts=_receipts(session, row.message_id, "given"),
        evidence=tuple(incoming_matter.evidence_named(session, row)),
        shop=session.get(Shop, row.shop_id) if row.shop_id else None,
        subject=session.get(Subject, row.subject_id) if row.subject_id else None,
        leads=tuple(leads),
    )


def matters_about(
    session: Session, scope: Scope, *, shop_id: int | None = None, subject_id: int | None = None
) -> tuple[ToldMatter, ...]:
    """What others told us of a shop or subject of ours, newest first."""
    about = ToldMatter.shop_id == shop_id if shop_id is not None else ToldMatter.subject_id == subject_id
    query = select(ToldMatter).where(about, *_incoming(scope))
    return tuple(session.execute(query.order_by(ToldMatter.id.desc()).limit(PAGE_SIZE)).scalars())


def hidden_evidence(session: Session, scope: Scope, ids: Sequence[str]) -> frozenset[str]:
    """Which pieces of evidence a person may not open."""
    seen = session.execute(select(Evidence.id).where(Evidence.id.in_(ids), evidence_visible(scope))).scalars()
    return frozenset(ids) - set(seen)
