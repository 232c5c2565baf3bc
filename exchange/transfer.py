"""Handing a matter over (移送), sending it back (退回), asking for help (协查): with state, deadline and one way only.

A matter that was transferred is not transferred again: who holds that it is not his asks the common superior, whose
word is final.

Spec: PROC 14 (no second transfer), 15 (objection goes to the common superior), 16 (it decides within 7 working days).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.effect import Effect, register
from exchange.envelope import Envelope
from exchange.errors import TransferError
from exchange.organisation import ancestors, check_code, common_superior, name_of
from exchange.outbox import Draft, post
from kernel import audit, working_days
from kernel.clock import CHINA, iso
from kernel.db import one_writer
from kernel.models import Message, Transfer

ANSWER_DAYS: Mapping[str, int] = {"TRANSFER": 7, "ASSIST": 15}
"""Working days until an answer is looked for: for talks on who has the matter, and for help with a case."""
STEPS: Mapping[str, Mapping[str, str]] = {
    "TRANSFER": {"accept": "accepted", "object": "objected", "return": "returned"},
    "ASSIST": {"receive": "received", "answer": "answered", "refuse": "refused", "return": "returned"},
}
"""Answers by kind, with the state they lead to."""
OPEN = ("sent", "received", "objected")
RECOUNTED = "transfer.recounted"
WAITING = ("sent", "received")
"""An answer is looked for."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is handed over or asked for.

    Attributes:
        kind: ``TRANSFER`` or ``ASSIST``. matter: key of the lead, case or complaint. to: organisation code.
        payload: further fields of the message (materials, fields asked for, basis).
    """

    kind: str
    matter: str
    to: str
    reason: str
    payload: Mapping[str, object]


def _find(session: Session, direction: str, kind: str, matter: str) -> Transfer | None:
    query = select(Transfer).where(Transfer.direction == direction, Transfer.key == f"{kind}:{matter}")
    return session.execute(query.with_for_update(), execution_options={"populate_existing": True}).scalar_one_or_none()


def ask(session: Session, request: Request, *, actor: str, at: datetime) -> str:
    """Hand a matter over, or ask for help.

    Returns:
        id of the message.

    Raises:
        TransferError: it came to us by a transfer, was transferred before, or is under way. RecipientError: no such
        organisation. SchemaError: the payload.

    Effects: tables ``transfer``, ``message``, ``audit``.
    """
    check_code(request.to)
    one_writer(session)  # Two who ask the same at once: the second one finds that it is under way.
    came = _find(session, "in", request.kind, request.matter)
    if request.kind == "TRANSFER" and came is not None and came.state != "returned":
        raise TransferError(
            f"expected a matter that was not transferred before, got {request.matter} from {came.other}",
            hint="不得再行移送，报共同上级指定管辖 It may not be transferred again: ask the common superior.",
        )
    row = _find(session, "out", request.kind, request.matter)
    if row is not None and (row.is_final or row.state in {*OPEN, "accepted"}):
        raise TransferError(f"expected a matter that is not under way, got one that is {row.state} with {row.other}")
    if row is None:
        row = Transfer(direction="out", key=f"{request.kind}:{request.matter}", kind=request.kind, version=0, at=at)
        row.matter = request.matter
        session.add(row)
    row.other, row.state, row.reason = request.to, "sent", request.reason
    row.version += 1
    row.at, row.counted_from, row.due_at = at, at, due_at(row.kind, at)
    payload = {**request.payload, "matter": request.matter, "step": "ask", "reason": request.reason}
    row.asked_id = _tell(session, row, payload, request.to, at)
    _note(session, row, "asked", actor, at)
    return row.asked_id


def answer(session: Session, kind: str, matter: str, step: str, *, reason: str, actor: str, at: datetime) -> str:
    """Accept, object, send back; or answer, refuse a request for help.

    An objection to a transfer goes to the common superior too, who decides.

    Returns:
        id of the message to the one who asked.

    Raises:
        TransferError: nothing was asked, it is decided already, or the step is none of this kind.

    Effects: tables ``transfer``, ``message``, ``audit``.
    """
    row = _find(session, "in", kind, matter)
    state = STEPS.get(kind, {}).get(step)
    if row is None or state is None or row.state not in {"sent", "received"}:
        raise TransferError(f"expected a matter that waits for {step}, got {row.state if row else 'none'}")
    if row.is_final and step != "accept":
        raise TransferError("expected the superior's word to be carried out, got an objection to it")
    row.state, row.reason = state, reason
    row.version += 1
    payload: dict[str, object] = {"matter": matter, "step": step, "reason": reason}
    if kind == "ASSIST" and step == "answer":
        payload = {"matter": matter, "step": step, "answer": reason}
    number = _tell(session, row, payload, row.other, at, reply_to=row.asked_id)
    _note(session, row, step, actor, at)
    return number


def appeal(session: Session, matter: str, own: str, *, actor: str, at: datetime) -> str:
    """Ask the common superior who has to take a transferred matter that is objected to.

    Returns:
        id of the message to the superior.

    Raises:
        TransferError: there is no objection.

    Effects: tables ``transfer``, ``message``, ``audit``.
    """
    row = _find(session, "out", "TRANSFER", matter)
    if row is None or row.state != "objected":
        raise TransferError(f"expected an objection to the transfer of {matter}, got {row.state if row else 'none'}")
    superior = common_superior(own, row.other)
    row.version += 1
    payload = {"matter": matter, "step": "object", "reason": row.reason, "to": row.other}
    number = _tell(session, row, payload, superior, at, reply_to=row.asked_id)
    _note(session, row, "appealed", actor, at)
    return number


def decide(
    session: Session, matter: str, taker: str, others: tuple[str, ...], *, reason: str, actor: str, at: datetime
) -> None:
    """As the common superior: say who has to take a matter. It is final for all.

    Args:
        taker: organisation that has to take it. others: all who are told.

    Effects: tables ``message``, ``audit``.
    """
    for number, receiver in enumerate(others, start=1):
        payload = {"matter": matter, "step": "decide", "reason": reason, "decided_for": check_code(taker)}
        draft = Draft(
            "TRANSFER", "1.0", "UPSERT", f"decide:{matter}", number, payload, receiver=receiver,
            stream=f"transfer-{receiver}"[:40], legal_basis="PROC 16", purpose="指定管辖", correlation_id="",
        )  # fmt: skip
        post(session, draft, at=at)
    detail = {"matter": matter, "taker": taker, "reason": reason[:200]}
    audit.append(
        session, actor=actor, action="transfer.decided", object_type="transfer", object_id=matter, detail=detail, at=at
    )


def due_at(kind: str, at: datetime) -> datetime:
    """Until when an answer is looked for: the end of the last working day in China, aware UTC.

    Spec: PROC 13 (talks within 7 working days), 45 (help within 15 working days).
    """
    return working_days.after(working_days.day_of(at), ANSWER_DAYS[kind]).ends_at()


def guessed_years(row: Transfer) -> tuple[int, ...]:
    """Years of its deadline whose holidays nobody entered: weekends alone were left out."""
    if row.due_at is None:
        return ()
    return working_days.unknown_years(working_days.day_of(row.counted_from or row.at), working_days.day_of(row.due_at))


def miscounted(session: Session) -> list[Transfer]:
    """Open ones whose deadline is another by the holidays that are known by now."""
    open_ones = select(Transfer).where(Transfer.state.in_(WAITING), Transfer.counted_from.is_not(None))
    rows = session.execute(open_ones.order_by(Transfer.id)).scalars()
    return [row for row in rows if row.counted_from and row.due_at != due_at(row.kind, row.counted_from)]


def recount(session: Session, *, actor: str, at: datetime) -> int:
    """Put right the deadlines of open transfers and requests; how many were another.

    Effects: tables ``transfer``, ``audit``.
    """
    one_writer(session)
    rows = miscounted(session)
    for row in rows:
        was, row.due_at = row.due_at, due_at(row.kind, row.counted_from or row.at)
        detail = {"was": iso(was) if was else "", "due_at": iso(row.due_at), "matter": row.matter}
        audit.append(
            session, actor=actor, action=RECOUNTED, object_type="transfer", object_id=row.key,
            detail=detail, at=at,
        )  # fmt: skip
    return len(rows)


def overdue(session: Session, *, at: datetime) -> list[Transfer]:
    """Those that nobody has answered in time."""
    query = select(Transfer).where(Transfer.state.in_(WAITING), Transfer.due_at < at)
    return list(session.execute(query.order_by(Transfer.due_at)).scalars())


def _tell(
    session: Session, row: Transfer, payload: Mapping[str, object], receiver: str, at: datetime, *, reply_to: str = ""
) -> str:
    if row.due_at is not None and payload["step"] == "ask":
        payload = {**payload, "due_on": row.due_at.astimezone(CHINA).date().isoformat()}
    side = "ask" if row.direction == "out" else "answer"
    draft = Draft(
        row.kind,
        "1.0",
        "UPSERT",
        f"{side}:{row.matter}",
        row.version,
        payload,
        receiver=receiver,
        legal_basis="PROC 14" if row.kind == "TRANSFER" else "执法协查",
        purpose="案件移送" if row.kind == "TRANSFER" else "协助调查",
        reply_to=reply_to,
        on_behalf_of=_asked_of(session, row),
    )
    return post(session, draft, at=at)


def _asked_of(session: Session, row: Transfer) -> str:
    """The unit of ours that was asked: its answer names it, as this installation signs for all its units."""
    if row.direction == "out":
        return ""
    query = select(Message.receiver).where(Message.message_id == row.asked_id, Message.direction == "in")
    return session.execute(query).scalar() or ""


def _note(session: Session, row: Transfer, what: str, actor: str, at: datetime) -> None:
    detail = {"matter": row.matter, "other": row.other, "name": name_of(row.other), "state": row.state}
    audit.append(
        session, actor=actor, action=f"transfer.{what}", object_type="transfer", object_id=row.key, detail=detail, at=at
    )


# --- what others tell us ----------------------------------------------------------------------------------


def take(session: Session, envelope: Envelope, payload: Mapping[str, object], at: datetime) -> Effect:
    """Handler of TRANSFER and ASSIST messages.

    Raises:
        TransferError: a second transfer, or an answer to nothing: the message is rejected with this code.

    Effects: table ``transfer``.
    """
    step, matter = str(payload["step"]), str(payload["matter"])
    if step == "ask":
        _asked(session, envelope, matter, payload, at)
    elif step == "decide":
        _decided(session, envelope, matter, payload, at)
    else:
        _answered(session, envelope, matter, step, payload)
    return Effect()


def _asked(session: Session, envelope: Envelope, matter: str, payload: Mapping[str, object], at: datetime) -> None:
    row = _find(session, "in", envelope.type, matter)
    gone = _find(session, "out", envelope.type, matter)
    # Between two units of this installation the other side of the very same request lies beside it.
    is_ours = gone is not None and gone.asked_id == envelope.message_id
    if envelope.type == "TRANSFER" and gone is not None and gone.state != "returned" and not is_ours:
        raise TransferError(f"expected a matter that we did not transfer ourselves, got {matter}")
    if row is not None and row.state not in {"returned", "refused"} and row.other != envelope.sender:
        raise TransferError(f"expected {matter} from {row.other}, who asked first, got it from {envelope.sender}")
    if row is None:
        row = Transfer(direction="in", key=f"{envelope.type}:{matter}", kind=envelope.type, version=0, at=at)
        row.matter = matter
        session.add(row)
    row.other, row.state, row.reason = envelope.sender, "received", str(payload.get("reason", ""))
    row.asked_id, row.counted_from, row.due_at = envelope.message_id, at, due_at(envelope.type, at)


def _speaker(envelope: Envelope) -> str:
    """Who answers: the unit that is named, where its installation is its own or that of one above it."""
    unit = envelope.on_behalf_of
    return unit if unit and envelope.sender in {unit, *ancestors(unit)} else envelope.sender


def _answered(session: Session, envelope: Envelope, matter: str, step: str, payload: Mapping[str, object]) -> None:
    row = _find(session, "out", envelope.type, matter)
    state = STEPS[envelope.type].get(step)
    speaker = _speaker(envelope)
    if step == "object" and payload.get("to") and (row is None or row.other != speaker):
        return  # An appeal to us as the superior: it is in the inbox for a person to decide.
    if row is None or state is None or row.other != speaker:
        raise TransferError(f"expected an answer to what we asked of {envelope.sender}, got one about {matter}")
    row.state, row.reason = state, str(payload.get("reason") or payload.get("answer") or "")


def _decided(session: Session, envelope: Envelope, matter: str, payload: Mapping[str, object], at: datetime) -> None:
    for direction in ("in", "out"):
        row = _find(session, direction, "TRANSFER", matter)
        if row is None:
            continue
        mine = envelope.receiver == payload.get("decided_for")
        row.is_final, row.reason = True, str(payload.get("reason", ""))
        if direction == "in":
            row.state = "received" if mine else "decided"
        else:
            row.state = "returned" if mine else "decided"
        row.counted_from, row.due_at = at, due_at("TRANSFER", at)


def register_handlers() -> None:
    """Let the inbox know. Called where a gateway is opened."""
    register("TRANSFER", take)
    register("ASSIST", take)
