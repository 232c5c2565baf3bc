"""Leads, cases and evidence metadata that others tell us: kept by sender and key, tied to what we know, in the inbox.

Fields that travelled sealed are not kept here: they stay in the message, which is opened for a person with a purpose.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.address import canonical_url
from crawlers.errors import AddressError
from exchange import notice
from exchange.effect import Effect, register
from exchange.envelope import Envelope
from exchange.matter_content import CASE, EVIDENCE, KINDS, LEAD
from exchange.organisation import name_of
from exchange.schema_registry import schema
from identity_verify.subjects import find_by_code
from kernel.models import Shop, ToldMatter

NOTICE = "matter"
OLDER_NOTICES = 20
TITLES = {LEAD: ("收到线索", "lead"), CASE: ("收到案件", "case")}


def take(session: Session, envelope: Envelope, payload: Mapping[str, object], at: datetime) -> Effect:
    """Handler of LEAD, CASE and EVIDENCE_META: the newest version of each, and a notice for the unit it came to.

    Effects: tables ``told_matter``, ``notice``.
    """
    if envelope.op == "QUERY":
        return Effect("kept")
    row = _row(session, envelope, at)
    pointers = (*schema(envelope.type, envelope.version).personal, *envelope.personal)
    row.content = {name: value for name, value in payload.items() if not _is_sealed(name, pointers)}
    row.sealed = sorted({pointer.split("/")[1] for pointer in pointers} & payload.keys())
    row.version, row.op, row.message_id = envelope.biz_version, envelope.op, envelope.message_id
    row.state = "void" if envelope.op == "VOID" else str(payload.get("state") or "told")
    row.basis, row.reason, row.changed_at = envelope.legal_basis, envelope.purpose, at
    row.shop_id, row.subject_id = _ties(session, payload)
    session.flush()
    if envelope.type in TITLES:
        _tell(session, envelope, row, at)
    return Effect()


def _is_sealed(name: str, pointers: Sequence[str]) -> bool:
    return any(pointer.split("/")[1] == name for pointer in pointers)


def _row(session: Session, envelope: Envelope, at: datetime) -> ToldMatter:
    query = select(ToldMatter).where(
        ToldMatter.direction == "in", ToldMatter.kind == envelope.type, ToldMatter.key == envelope.biz_key,
        ToldMatter.other == envelope.sender, ToldMatter.unit == envelope.receiver,
    )  # fmt: skip
    row = session.execute(query.with_for_update()).scalar_one_or_none()
    if row is None:
        row = ToldMatter(
            direction="in", kind=envelope.type, key=envelope.biz_key, other=envelope.sender, unit=envelope.receiver,
            at=at, version=0,
        )  # fmt: skip
        session.add(row)
    return row


def _ties(session: Session, payload: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Our shop of the same address and our subject of the same code; a name alone ties nothing."""
    shop = None
    address = str(payload.get("shop_url") or "")
    if address:
        try:
            query = select(Shop.id).where(Shop.url == canonical_url(address))
            shop = session.execute(query).scalar_one_or_none()
        except AddressError:
            shop = None
    code = str(payload.get("subject_code") or "")
    subject = find_by_code(session, code) if code else None
    return shop, subject.id if subject else None


def _tell(session: Session, envelope: Envelope, row: ToldMatter, at: datetime) -> None:
    zh, en = TITLES[envelope.type]
    verb = " 已撤回 withdrawn" if envelope.op == "VOID" else ""
    title = f"{zh} {en}{verb}：{row.content.get('title', '')} · {name_of(envelope.sender)}"
    older = range(max(1, row.version - OLDER_NOTICES), row.version)
    notice.done(session, [f"matter:{row.id}:{number}" for number in older], at=at)
    notice.tell(
        session, key=f"matter:{row.id}:{row.version}", owner=envelope.receiver, kind=NOTICE, title=title[:400], at=at,
        detail={"key": row.key, "version": row.version, "from": row.other}, link=f"/matters/{row.id}",
    )  # fmt: skip


def evidence_named(session: Session, row: ToldMatter) -> Sequence[ToldMatter]:
    """Metadata of the evidence that a lead or case names, as its sender told us."""
    ids = row.content.get("evidence_ids") or []
    query = select(ToldMatter).where(
        ToldMatter.direction == "in", ToldMatter.kind == EVIDENCE, ToldMatter.other == row.other,
        ToldMatter.unit == row.unit, ToldMatter.key.in_([f"evidence:{one}" for one in ids]),
    )  # fmt: skip
    return session.execute(query.order_by(ToldMatter.key)).scalars().all()


def register_handlers() -> None:
    """Let the inbox know. Called where a gateway is opened."""
    for kind in KINDS:
        register(kind, take)
