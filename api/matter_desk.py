"""What a signed-in person does with leads and cases towards others: decide, file, move, preview, send, open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from api.auth import SignedIn
from api.context import Context
from api.errors import InputError, NotFoundError
from api.matter_wanted import Wanted
from api.orders import check_purpose
from api.policy import Permission
from api.queries.cases import find_case
from api.queries.hits import HitRow, decide, decide_several, read_hit
from api.queries.matters import find_matter, hidden_evidence
from exchange import addressee, matter_content, report_up, telling
from exchange.errors import ExchangeError
from exchange.jurisdiction import PLACES, Matter, Ruling
from exchange.matter_content import CASE, LEAD, VERSIONS, Content
from exchange.opening import reopen
from exchange.peers import Book
from exchange.report_up import StandingRule
from exchange.schema_registry import schema
from exchange.scope import on_the_way, outside
from exchange.telling import SUPERIOR, Address
from kernel import audit
from kernel.config import Settings
from kernel.db import one_writer
from kernel.models import CaseFile
from supervision import case_file
from supervision.case_file import Filing

MIN_REASON, MAX_REASON = 4, 1_000


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field of a message before it is sent. Attributes: is_left_out: beyond what those on the way may get."""

    name: str
    value: object
    is_sealed: bool
    is_left_out: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent.

    Attributes:
        address: to whom, or none with ``problem`` in words. ruling: line of the table, for the competent one.
        fields: of the lead or case. evidence: metadata that goes with it. hidden: of these, pieces whose pages this
            person may not open. is_new: something of it was not told to them yet.
        subject, places: what was asked or suggested.
    """

    kind: str
    object_id: int
    content: Content
    address: Address | None
    problem: str
    ruling: Ruling | None
    is_reachable: bool
    fields: tuple[ShownField, ...]
    evidence: tuple[Content, ...]
    hidden: frozenset[str]
    is_new: bool
    subject: str
    places: Mapping[str, str]


def standing_rule(settings: Settings) -> StandingRule:
    """What this installation reports without asking."""
    return StandingRule(settings.exchange_org, settings.exchange_report_up)


def decide_lead(
    session: Session, context: Context, who: SignedIn, hit_id: int, *, decision: str, reason: str
) -> HitRow:
    """Decide on a hit; who has to know of it is told in the same transaction.

    Raises:
        As :func:`api.queries.hits.decide`.

    Effects: as there; tables ``told_matter``, ``message``.
    """
    at = context.now()
    row = decide(session, who.scope, hit_id, decision=decision, reason=reason, at=at)
    session.flush()
    report_up.changed(session, standing_rule(context.settings), LEAD, hit_id, at=at)
    return row


def decide_leads(
    session: Session, context: Context, who: SignedIn, hit_ids: Sequence[int], *, decision: str, reason: str
) -> tuple[int, int]:
    """Decide on several hits; as :func:`decide_lead`, and :func:`api.queries.hits.decide_several`."""
    at = context.now()
    counted = decide_several(session, who.scope, hit_ids, decision=decision, reason=reason, at=at)
    session.flush()
    for hit_id in sorted(set(hit_ids)):
        report_up.changed(session, standing_rule(context.settings), LEAD, hit_id, at=at)
    return counted


def file_case(context: Context, who: SignedIn, filing: Filing) -> int:
    """File a case; its number.

    Raises:
        NotFoundError: a lead that this person may not see. CaseError: something lacks.

    Effects: tables ``case_file``, ``audit``.
    """
    with context.database.write() as session:
        if filing.hit_id is not None:
            read_hit(session, who.scope, filing.hit_id)
        return case_file.file(session, filing, actor=who.scope.name, at=context.now()).id


def move_case(context: Context, who: SignedIn, case_id: int, state: str, reason: str) -> CaseFile:
    """Take a case one step on; who has to know of it is told in the same transaction.

    Raises:
        NotFoundError. CaseError.

    Effects: tables ``case_file``, ``audit``, ``told_matter``, ``message``.
    """
    at = context.now()
    with context.database.write() as session:
        find_case(session, who.scope, case_id)
        row = case_file.move(session, case_id, state, reason=reason, actor=who.scope.name, at=at)
        session.flush()
        report_up.changed(session, standing_rule(context.settings), CASE, case_id, at=at)
        session.refresh(row)
        session.expunge(row)
        return row


def _require(session: Session, who: SignedIn, kind: str, object_id: int) -> int | None:
    """The shop of a lead or case that this person may see and tell of."""
    if kind == LEAD:
        return read_hit(session, who.scope, object_id).hit.shop_id
    if not who.scope.may(Permission.CASE_WRITE):
        raise NotFoundError("expected a case with this number, got none", hint="从案件列表重新打开。")
    return find_case(session, who.scope, object_id).shop_id


def preview(session: Session, context: Context, who: SignedIn, kind: str, object_id: int, *, asked: Wanted) -> Preview:
    """To whom a lead or case would go by which rule, which fields, which are sealed.

    Raises:
        NotFoundError: no such lead or case for this person.
    """
    suggested = addressee.suggest(session, _require(session, who, kind, object_id))
    content = telling.content_of(session, kind, object_id)
    given = {place: str(getattr(asked, place)).strip() for place in PLACES}
    places = given if asked.is_set else {place: suggested.places.get(place, "") for place in PLACES}
    subject = asked.subject or suggested.subject
    address, ruling, problem = _address(context.settings.exchange_org, asked, subject, places)
    evidence = matter_content.evidence_of(session, content)
    book, own = context.exchange.book(), context.settings.exchange_org
    return Preview(
        kind=kind,
        object_id=object_id,
        content=content,
        address=address,
        problem=problem,
        ruling=ruling,
        is_reachable=address is not None and addressee.is_reachable(address.to, own, book),
        fields=_fields(content, address, book),
        evidence=evidence,
        hidden=hidden_evidence(session, who.scope, [one.object_id for one in evidence]),
        is_new=address is not None and _is_new(session, content, evidence, address),
        subject=subject,
        places=places,
    )


def _address(
    own: str, asked: Wanted, subject: str, places: Mapping[str, str]
) -> tuple[Address | None, Ruling | None, str]:
    try:
        if asked.way == SUPERIOR:
            return addressee.superior(own), None, ""
        known = {place: code for place, code in places.items() if code}
        matter = Matter(addressee.MATTER, subject, known, asked.first_at.strip(), asked.address_is_dead)
        address, ruling = addressee.competent(matter)
    except ExchangeError as error:
        return None, None, error.hint or error.message
    if address.to == own:
        return None, ruling, f"{address.basis}：由本机关管辖，无须移送 It is ours by the table."
    return address, ruling, ""


def _fields(content: Content, address: Address | None, book: Book) -> tuple[ShownField, ...]:
    pointers = (*schema(content.kind, VERSIONS[content.kind]).personal, *content.personal)
    sealed = {pointer.split("/")[1] for pointer in pointers}
    left = set(outside(on_the_way(book, address.to), content.kind, content.payload)) if address else set()
    return tuple(
        ShownField(name, value, name in sealed, name in left)
        for name, value in content.payload.items()
        if value not in ("", [], None)
    )


def _is_new(session: Session, content: Content, evidence: tuple[Content, ...], address: Address) -> bool:
    for one in (content, *evidence):
        rows = telling.told_to(session, one.kind, one.object_id)
        if one.digest("UPSERT") not in {row.digest for row in rows if row.other == address.to}:
            return True
    return False


def send(context: Context, who: SignedIn, kind: str, object_id: int, *, asked: Wanted, reason: str) -> tuple[str, ...]:
    """Send what the preview shows, with a reason; ids of the messages, none where nothing is new.

    Raises:
        NotFoundError. InputError: no reason, or nobody to send it to. MatterError: a lead that nobody confirmed.

    Effects: tables ``told_matter``, ``message``, ``audit``.
    """
    reason = reason.strip()
    if not MIN_REASON <= len(reason) <= MAX_REASON:
        raise InputError(
            f"expected a reason of {MIN_REASON} to {MAX_REASON} characters, got {len(reason)}",
            hint="请写明理由，它会写入审计记录。",
            context={"fields": {"reason": f"{MIN_REASON}-{MAX_REASON}"}},
        )
    with context.database.write() as session:
        one_writer(session)  # Before anything is read: another officer may be sending, or dismissing, the same.
        found = preview(session, context, who, kind, object_id, asked=asked)
        if found.address is None:
            raise InputError("expected somebody to send it to, got none", hint=found.problem)
        told = telling.tell(
            session, kind, object_id, found.address, reason=reason, actor=who.scope.name, at=context.now()
        )
        return told.messages


def open_sealed(context: Context, who: SignedIn, matter_id: int, purpose: str) -> Mapping[str, object]:
    """Fields that travelled sealed, in plain, for a purpose; they are not kept.

    Raises:
        NotFoundError: no such matter, or its message is gone. InputError: no purpose.

    Effects: table ``audit``.
    """
    purpose = check_purpose(purpose)
    with context.database.write() as session:
        row = find_matter(session, who.scope, matter_id)
        message = telling.message_of(session, row)
        if message is None or not message.envelope:
            raise NotFoundError("expected the message of this matter, got none", hint="原消息已清理。")
        opened = reopen(
            message.envelope, message.suite, message.digest, context.exchange.book(), context.exchange.keys,
            at=message.at,
        )  # fmt: skip
        if opened.plain is None:
            raise NotFoundError("expected a message that our keys open, got another", hint="密钥已更换，无法解密。")
        audit.append(
            session, actor=who.scope.name, action="matter.open-sealed", object_type="told_matter", object_id=row.id,
            detail={"purpose": purpose, "fields": list(row.sealed), "key": row.key}, at=context.now(),
        )  # fmt: skip
        return {name: opened.plain[name] for name in row.sealed if name in opened.plain}
