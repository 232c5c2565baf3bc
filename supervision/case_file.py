"""Cases (案件): filed once by number, moved step by step, on the clock of the law. Evidence names the case's number.

Spec: PROC 64 (a case is decided within 90 days of its filing); 行政处罚法 (2021) 第42条 (not fewer than two officers).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence.mandate import case_number
from identity_verify.subjects import subject_of_shop
from kernel import audit, working_days
from kernel.db import one_writer
from kernel.models import CaseFile, RuleHit, User
from supervision.errors import CaseError

STEPS: Mapping[str, tuple[str, ...]] = {
    "filed": ("investigating", "withdrawn"),
    "investigating": ("reviewing", "withdrawn"),
    "reviewing": ("noticed", "investigating", "withdrawn"),
    "noticed": ("decided", "investigating", "withdrawn"),
    "decided": ("served",),
    "served": ("performed",),
    "performed": ("closed",),
    "closed": (),
    "withdrawn": (),
}
"""From each state to those that may follow: 立案 调查 审核 告知 决定 送达 执行 结案, 撤案."""
STATES = tuple(STEPS)
DECIDED = ("decided", "served", "performed", "closed")
UNDECIDED = ("filed", "investigating", "reviewing", "noticed")
DAYS_TO_DECIDE = 90
LEAST_OFFICERS = 2
MAX_TITLE, MAX_CAUSE, MAX_TEXT = 400, 400, 2_000


@dataclass(frozen=True, slots=True)
class Filing:
    """What a case is filed with.

    Attributes:
        number: 案号. cause: 案由. hit_id: the confirmed lead it begins with, or none. region: of the place that gives
            jurisdiction, or empty. officers: accounts of those who handle it.
    """

    number: str
    title: str
    cause: str = ""
    hit_id: int | None = None
    region: str = ""
    officers: tuple[str, ...] = ()


def file(session: Session, filing: Filing, *, actor: str, at: datetime) -> CaseFile:
    """File a case.

    Raises:
        CaseError: fewer than two officers, no title, a number that is taken, or a lead that nobody confirmed.
        AuthorisationError: the number has another form.

    Effects: tables ``case_file``, ``audit``.
    """
    number = case_number(filing.number)
    title, officers = filing.title.strip(), _officers(session, filing.officers)
    if not 1 <= len(title) <= MAX_TITLE or len(filing.cause) > MAX_CAUSE:
        raise CaseError(f"expected a title of 1 to {MAX_TITLE} characters, got {len(title)}", hint="请填写案件名称。")
    one_writer(session)  # Two who file the same number at once: the second one is told that it is filed.
    if find(session, number) is not None:
        raise CaseError(f"expected a new case number, got {number}, which is filed", hint="打开该案件继续办理。")
    filed_on = working_days.day_of(at)
    row = CaseFile(
        number=number, title=title, state="filed", cause=filing.cause.strip(), filed_on=filed_on,
        due_on=due_on(filed_on), region=filing.region.strip(),
        officers=list(officers), opened_by=actor, at=at, changed_at=at, laws=[], decision="", subject_code="",
        subject_name="",
    )  # fmt: skip
    if filing.hit_id is not None:
        _begin_with(session, row, filing.hit_id)
    session.add(row)
    session.flush()
    detail = {"number": number, "hit": filing.hit_id, "officers": list(officers)}
    audit.append(session, actor=actor, action="case.file", object_type="case", object_id=row.id, detail=detail, at=at)
    return row


def _officers(session: Session, names: tuple[str, ...]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    known = session.execute(select(User.name).where(User.name.in_(wanted), User.active)).scalars().all()
    if len(wanted) < LEAST_OFFICERS or set(known) != set(wanted):
        raise CaseError(
            f"expected at least {LEAST_OFFICERS} officers with accounts, got {len(known)} known of {len(wanted)}",
            hint="执法人员不得少于两人，请填写其账号 Name two accounts of officers.",
        )
    return wanted


def _begin_with(session: Session, row: CaseFile, hit_id: int) -> None:
    hit = session.get(RuleHit, hit_id)
    if hit is None or hit.state != "confirmed":
        raise CaseError(
            f"expected a confirmed lead, got {hit.state if hit else 'none'}",
            hint="先确认线索，再立案 Confirm it first.",
        )
    row.hit_id, row.shop_id = hit.id, hit.shop_id
    row.laws = [f"{law['act']} {law['article']}"[:100] for law in hit.law]
    found = subject_of_shop(session, hit.shop_id)
    if found is not None:
        subject = found[0]
        row.subject_code, row.subject_name = subject.code or "", subject.name
        row.region = row.region or subject.region


def due_on(filed_on: date) -> date:
    """The last day to decide a case that was filed on a day; on a holiday it moves on to the next working day."""
    return working_days.calendar_after(filed_on, DAYS_TO_DECIDE).day


def miscounted(session: Session) -> list[CaseFile]:
    """Cases that are not decided, and whose last day is another by the holidays that are known by now."""
    rows = session.execute(select(CaseFile).where(CaseFile.state.in_(UNDECIDED)).order_by(CaseFile.id)).scalars()
    return [row for row in rows if row.due_on != due_on(row.filed_on)]


def recount(session: Session, *, actor: str, at: datetime) -> list[int]:
    """Put right the last days of cases that are not decided; the numbers of those that were another.

    Effects: tables ``case_file``, ``audit``.
    """
    one_writer(session)
    rows = miscounted(session)
    for row in rows:
        was, row.due_on = row.due_on, due_on(row.filed_on)
        detail = {"number": row.number, "was": was.isoformat() if was else "", "due_on": row.due_on.isoformat()}
        audit.append(
            session, actor=actor, action="case.recount", object_type="case", object_id=row.id, detail=detail, at=at
        )
    return [row.id for row in rows]


def find(session: Session, number: str) -> CaseFile | None:
    """The case of a number."""
    return session.execute(select(CaseFile).where(CaseFile.number == number)).scalar_one_or_none()


def move(session: Session, case_id: int, state: str, *, reason: str, actor: str, at: datetime) -> CaseFile:
    """Take a case one step on.

    Args:
        reason: in words; of a decision, what was decided.

    Raises:
        CaseError: no such case, no such step from where it stands, no reason.

    Effects: tables ``case_file``, ``audit``.
    """
    query = select(CaseFile).where(CaseFile.id == case_id).with_for_update()
    row = session.execute(query, execution_options={"populate_existing": True}).scalar_one_or_none()
    reason = reason.strip()
    if row is None or state not in STEPS[row.state]:
        steps = ", ".join(STEPS[row.state]) if row else "none"
        raise CaseError(
            f"expected a step to {steps or 'nothing, it is over'}, got {state[:20]!r}", hint="请刷新后再选。"
        )
    if not 1 <= len(reason) <= MAX_TEXT:
        raise CaseError(f"expected a reason of 1 to {MAX_TEXT} characters, got {len(reason)}", hint="请写明理由。")
    before, row.state, row.changed_at = row.state, state, at
    if state == "decided":
        row.decision = reason
    detail = {"number": row.number, "from": before, "to": state, "reason": reason[:200]}
    audit.append(session, actor=actor, action="case.move", object_type="case", object_id=row.id, detail=detail, at=at)
    return row
