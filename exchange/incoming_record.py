"""What other authorities tell of subjects, penalties, complaints and recalls by message.

A subject becomes claims of the registry, a penalty or complaint a record beside the subject and its shops, with the
message it came by. Where the linked system itself has told of the same record, its word stands (一数一源); when it does
so later, it takes the record over. A recall is a notice for the unit it came to.

Spec: 市场监督管理投诉举报处理办法 art 37, art 39 (data of complainants stay within complaint work).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.address import canonical_url
from crawlers.errors import AddressError
from exchange import notice
from exchange.connectors.complaint12315.privacy import hidden
from exchange.connectors.registration.mapping import key_by_message
from exchange.effect import Effect, register
from exchange.envelope import Envelope
from exchange.errors import ScopeError
from exchange.organisation import level, name_of
from exchange.schema_registry import RowError
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import end_extract, find_by_code, take_extract
from kernel.clock import parse_iso
from kernel.models import LinkedRecord
from kernel.working_days import day_of

PENALTY, COMPLAINT, SUBJECT, RECALL = "PENALTY", "COMPLAINT", "SUBJECT", "RECALL"
REGISTRY, PENALTIES, COMPLAINTS = "registration", "penalty", "complaint12315"
TITLE, SUMMARY = 300, 300
DAYS = ("decided_on", "publish_until", "established_on", "approved_on")
PENALTY_STATES = {"in-force": "published", "corrected": "published", "expired": "published", "withdrawn": "withdrawn"}
COMPLAINT_STATES = {"mediation": "mediating", "closed": "archived"}
PARTIES = {"company": "organisation", "other": "organisation"}


@dataclass(frozen=True, slots=True)
class _Told:
    """A record in our words. Attributes: as of ``LinkedRecord``."""

    key: str
    title: str
    state: str
    subject_code: str = ""
    subject_name: str = ""
    shop_url: str = ""
    happened_on: date | None = None
    data: Mapping[str, object] = field(default_factory=dict)


def take(session: Session, envelope: Envelope, payload: Mapping[str, object], at: datetime) -> Effect:
    """Handler of SUBJECT, PENALTY and COMPLAINT.

    Raises:
        ScopeError: the sender is none of the market supervision. ExtractRefusedError: an extract that cannot be right.

    Effects: tables ``linked_record``, ``subject…``.
    """
    if envelope.op == "QUERY":
        return Effect("kept")
    if not level(envelope.sender):
        raise ScopeError(
            f"expected {envelope.type} of an authority of market supervision, got it of {envelope.sender}",
            hint="登记、处罚、投诉信息只接收市场监管部门发来的 Only market supervision may tell of these.",
        )
    wrong = tuple(RowError(-1, f"/{name}", "day", "expected a day of the calendar") for name in _bad_days(payload))
    if wrong:
        return Effect(rows=wrong)
    system, read = _READERS[envelope.type]
    told = read(payload)
    row = _row(session, system, told.key)
    if (row is not None and not _is_same_source(row, envelope)) or _is_ours(session, system, told):
        return Effect("kept")
    if envelope.op == "VOID":
        return _take_back(session, row, envelope, at)
    if envelope.type == SUBJECT:
        take_extract(session, _extract(envelope, payload), at=at)
    _keep(session, row, system, told, envelope, at)
    return Effect()


def _row(session: Session, system: str, key: str) -> LinkedRecord | None:
    query = select(LinkedRecord).where(LinkedRecord.system == system, LinkedRecord.key == key)
    return session.execute(query.with_for_update()).scalar_one_or_none()


def _is_same_source(row: LinkedRecord, envelope: Envelope) -> bool:
    """Whether a record came by messages of this sender: the system's own word, or another's, stands."""
    return bool(row.message_id) and row.data.get("from") == envelope.sender


def _is_ours(session: Session, system: str, told: _Told) -> bool:
    """Whether our own line to the registry has the subject, under a key of its own."""
    if system != REGISTRY:
        return False
    own = LinkedRecord.system == system, LinkedRecord.message_id == "", LinkedRecord.deleted_at.is_(None)
    query = select(LinkedRecord.id).where(*own, LinkedRecord.subject_code == told.subject_code).limit(1)
    return session.execute(query).first() is not None


def _take_back(session: Session, row: LinkedRecord | None, envelope: Envelope, at: datetime) -> Effect:
    if row is None or row.deleted_at is not None:
        return Effect("kept")
    row.deleted_at, row.message_id = at, envelope.message_id
    if envelope.type == SUBJECT and find_by_code(session, row.subject_code) is not None:
        end_extract(session, row.subject_code, source_ref=_reference(envelope), at=at)
    return Effect()


def _keep(  # noqa: PLR0917 - the parts of one row
    session: Session, row: LinkedRecord | None, system: str, told: _Told, envelope: Envelope, at: datetime
) -> None:
    if row is None:
        # Version 0: the system's own first version is a later one and takes the record over.
        row = LinkedRecord(system=system, key=told.key, version=0, happened_on=None, source_at=at, fetched_at=at)
        session.add(row)
    row.version, row.digest, row.message_id, row.deleted_at, row.lag_ms = 0, "", envelope.message_id, None, 0
    row.subject_code, row.subject_name, row.shop_url = told.subject_code, told.subject_name[:200], told.shop_url
    row.title, row.state, row.happened_on = told.title[:TITLE], told.state, told.happened_on
    row.data = {**told.data, "from": envelope.sender}
    row.source_at, row.fetched_at = parse_iso(envelope.event_time), at
    session.flush()


def _reference(envelope: Envelope) -> str:
    return f"message:{envelope.message_id}"


def _text(payload: Mapping[str, object], name: str) -> str:
    return str(payload.get(name) or "").strip()


def _day(payload: Mapping[str, object], name: str) -> date | None:
    text = _text(payload, name)
    return date.fromisoformat(text) if text else None


def _bad_days(payload: Mapping[str, object]) -> list[str]:
    """Fields whose day is none: the schema asks for the form alone, and the 31st of February has it."""
    found = []
    for name in DAYS:
        try:
            _day(payload, name)
        except ValueError:
            found.append(name)
    return found


def _texts(payload: Mapping[str, object], name: str) -> tuple[str, ...]:
    found = payload.get(name)
    return tuple(str(one) for one in found) if isinstance(found, list) else ()


def _number(payload: Mapping[str, object], name: str) -> int | None:
    found = payload.get(name)
    return found if isinstance(found, int) else None


def _url(payload: Mapping[str, object]) -> str:
    text = _text(payload, "shop_url")
    try:
        return canonical_url(text) if text else ""
    except AddressError:
        return ""


def _extract(envelope: Envelope, payload: Mapping[str, object]) -> RegistryExtract:
    kind, person = _text(payload, "kind") or "other", _text(payload, "legal_representative")
    role = "operator" if kind == "individual" else "legal-representative"
    return RegistryExtract(
        code=_text(payload, "code"),
        registration_number=_text(payload, "registration_number"),
        name=_text(payload, "name"),
        former_names=_texts(payload, "former_names"),
        kind=kind,
        status=_text(payload, "status"),
        region=_text(payload, "region"),
        address=_text(payload, "address"),
        scope=_text(payload, "scope"),
        persons=((role, person),) if person else (),
        established_on=_day(payload, "established_on"),
        approved_on=_day(payload, "approved_on"),
        authority=_text(payload, "authority"),
        capital_fen=_number(payload, "capital_fen"),
        websites=_texts(payload, "websites"),
        source_ref=_reference(envelope),
        source_at=parse_iso(envelope.event_time),
    )


def _subject(payload: Mapping[str, object]) -> _Told:
    name = _text(payload, "name")
    return _Told(
        key=key_by_message(_text(payload, "code")), title=name, state=_text(payload, "status"),
        subject_code=_text(payload, "code"), subject_name=name,
        happened_on=_day(payload, "approved_on") or _day(payload, "established_on"),
        data={name: _text(payload, name) for name in ("registration_number", "authority", "kind", "region")},
    )  # fmt: skip


def _penalty(payload: Mapping[str, object]) -> _Told:
    """A penalty in the words of our records."""
    kind, until = _text(payload, "subject_kind"), _text(payload, "publish_until")
    number, act = _text(payload, "decision_number"), _text(payload, "act")
    return _Told(
        key=number, title=f"{number} {act}", state=PENALTY_STATES.get(_text(payload, "state"), "published"),
        subject_code=_text(payload, "subject_code"), subject_name=_text(payload, "subject_name"),
        shop_url=_url(payload), happened_on=_day(payload, "decided_on"),
        data={
            "number": number, "party": PARTIES.get(kind, kind), "act": act, "facts": _text(payload, "facts"),
            "basis": _text(payload, "basis"), "types": list(_texts(payload, "kinds")),
            "content": _text(payload, "content"), "fine_fen": _number(payload, "fine_fen"),
            "forfeit_fen": _number(payload, "forfeit_fen"), "authority": _text(payload, "authority"),
            "shown_until": until, "shown_rule": "source" if until else "",
        },
    )  # fmt: skip


def _complaint(payload: Mapping[str, object]) -> _Told:
    """A complaint without its persons; numbers in its words are hidden."""
    words, state = hidden(_text(payload, "content")), _text(payload, "state") or "received"
    received = _text(payload, "received_at")
    return _Told(
        key=_text(payload, "record_number"), title=words, state=COMPLAINT_STATES.get(state, state),
        subject_code=_text(payload, "subject_code"), subject_name=_text(payload, "subject_name"),
        shop_url=_url(payload), happened_on=day_of(parse_iso(received)) if received else None,
        data={
            "kind": _text(payload, "kind"), "category": _text(payload, "category"),
            "summary": words if len(words) <= SUMMARY else f"{words[:SUMMARY]}…",
        },
    )  # fmt: skip


_READERS: Mapping[str, tuple[str, Callable[[Mapping[str, object]], _Told]]] = {
    SUBJECT: (REGISTRY, _subject),
    PENALTY: (PENALTIES, _penalty),
    COMPLAINT: (COMPLAINTS, _complaint),
}


def take_recall(session: Session, envelope: Envelope, payload: Mapping[str, object], at: datetime) -> Effect:
    """Handler of RECALL: a notice for the unit it came to, with a way to the listings that may be it.

    Effects: table ``notice``.
    """
    if envelope.op == "QUERY":
        return Effect("kept")
    product, brand = _text(payload, "product"), _text(payload, "brand")
    key = f"recall:{envelope.sender}:{envelope.biz_key}"[:190]
    over = envelope.op == "VOID" or _text(payload, "state") == "withdrawn"
    notice.done(session, [f"{key}:{number}" for number in range(1, envelope.biz_version)], at=at)
    verb = "召回撤回 recall withdrawn" if over else "召回 recall"
    detail: dict[str, object] = {
        name: payload[name] for name in ("notice_number", "producer", "brand", "defect", "measure", "published_on")
        if payload.get(name)
    }  # fmt: skip
    detail |= {name: ", ".join(_texts(payload, name)[:50]) for name in ("models", "batches") if payload.get(name)}
    notice.tell(
        session, key=f"{key}:{envelope.biz_version}", owner=envelope.receiver, kind="recall", at=at,
        title=f"{verb}：{product} · {_text(payload, 'producer')} · {name_of(envelope.sender)}"[:400],
        detail=detail, link=f"/search?{urlencode({'q': f'{brand} {product}'.strip()})}",
    )  # fmt: skip
    return Effect()


def register_handlers() -> None:
    """Let the inbox know. Called where a gateway is opened."""
    for kind in _READERS:
        register(kind, take)
    register(RECALL, take_recall)
