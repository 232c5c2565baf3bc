"""Applications (申请): begun by a code, moved step by step, each step one row, one audit line and one leaf of the log.

Spec: 网络交易监督管理办法 art 24 (identity, address, contact, licence are taken and checked).
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify import journey
from identity_verify.badge_holder import ENDED
from identity_verify.doubts import CATEGORIES
from identity_verify.errors import (
    ApplicationUnknownError,
    CodeError,
    CodeUnknownError,
    NotReadyError,
    SubjectEndedError,
)
from identity_verify.name_check import check_name
from identity_verify.sealed_history import seal, snapshot
from identity_verify.subjects import find_by_code
from kernel import audit
from kernel.identifiers import REGISTRATION_LENGTH, check_registration_number, check_uscc
from kernel.models import Application, ApplicationEvent, MerchantAccount, Subject

HINTS = {
    "length": "统一社会信用代码是 18 位，老注册号是 15 位，请数一数。",
    "alphabet": "代码里没有字母 I、O、Z、S、V，请照营业执照核对。",
    "check-digit": "代码有一位不对（校验位不符），请照营业执照逐位核对。",
    "organisation-code": "代码第 9 至 17 位有一位不对，请照营业执照逐位核对。",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a merchant enters.

    Attributes:
        code: 统一社会信用代码 or 15-digit 注册号, as typed. name: of the firm. representative: 法定代表人 or 经营者.
        category: one of ``doubts.CATEGORIES``. certified: they declare that all of it is true.
    """

    code: str
    name: str
    representative: str
    category: str
    certified: bool


def actor_of(account: MerchantAccount) -> str:
    """The account as it stands in the audit trail: never to be taken for an officer."""
    return f"merchant:{account.name}"


def read_entered_code(text: str) -> str:
    """A code as typed, in its one form.

    Raises:
        CodeError: it cannot be right; ``context['fields']`` says what is wrong.
    """
    code = "".join(unicodedata.normalize("NFKC", text).split()).upper().replace("-", "")
    check = check_registration_number(code) if len(code) == REGISTRATION_LENGTH else check_uscc(code)
    if not check.ok:
        raise CodeError(
            f"expected 18 characters (or 15 digits) with right check characters, got {code[:30]!r}: {check.reason}",
            hint=HINTS[check.reason],
            context={"fields": {"code": check.reason}},
        )
    return code


def apply(session: Session, account: MerchantAccount, wish: Wish, *, at: datetime) -> Application:
    """Begin an application, or change the draft for the same code; one that went further is given back as it is.

    Args:
        session: a write session.

    Raises:
        CodeError: the code cannot be right. CodeUnknownError: the registry does not have it.
        SubjectEndedError: struck off or revoked. OtherFirmError: the name is another firm's.
        NotReadyError: not certified, or no category.

    Effects: tables ``application``, ``application_event``, ``audit``.
    """
    code = read_entered_code(wish.code)
    _require_whole(wish)
    subject = find_by_code(session, code)
    if subject is None:
        raise CodeUnknownError(
            f"expected a code of the registry, got {code}",
            hint="登记库中没有这个代码。请核对；新设立的企业请在登记数据到达后再试。",
            context={"fields": {"code": "unknown"}},
        )
    require_in_being(subject)
    check = check_name(session, subject, wish.name)
    query = select(Application).where(
        Application.account_id == account.id, Application.code == code, Application.state.not_in(journey.ENDS)
    )
    row = session.execute(query).scalar_one_or_none()
    if row is not None and row.state != "draft":
        return row
    if row is None:
        row = Application(
            account_id=account.id, code=code, subject_id=subject.id, state="draft", state_since=at, created_at=at
        )
        session.add(row)
        session.flush()
        _write(session, row, "begin", "", actor=actor_of(account), reason="", note="", at=at)
    row.declared_name, row.representative, row.category = wish.name.strip(), wish.representative.strip(), wish.category
    row.subject_id, row.subject_name = subject.id, subject.name
    row.match = {**check.as_dict(), "status": subject.status}
    row.registry_seen_at = subject.updated_at
    return row


def _require_whole(wish: Wish) -> None:
    missing = {
        "name": not 1 < len(wish.name.strip()) <= 200,
        "representative": not 1 < len(wish.representative.strip()) <= 60,
        "category": wish.category not in CATEGORIES,
        "certified": not wish.certified,
    }
    fields = {field: "missing" for field, wrong in missing.items() if wrong}
    if fields:
        raise NotReadyError(
            f"expected all fields of the form, got nothing usable in: {', '.join(fields)}",
            hint="请填写全部内容，并勾选如实申报。",
            context={"fields": fields},
        )


def require_in_being(subject: Subject) -> None:
    """Refuse a subject that is no more.

    Raises:
        SubjectEndedError: struck off, revoked or cancelled.
    """
    if subject.status in ENDED:
        raise SubjectEndedError(
            f"expected a subject in being, got one that is {subject.status}",
            hint="登记库显示该主体已注销、吊销或被撤销，不能申请。如有误，请向登记机关更正。",
            context={"fields": {"code": subject.status}},
        )


def move(
    session: Session, row: Application, event: str, *, actor: str, reason: str = "", note: str = "", at: datetime
) -> None:
    """Take one step.

    Args:
        event: of ``journey.STEPS``. reason: a word. note: what a person wrote.

    Raises:
        StepError: not possible in this state.

    Effects: tables ``application``, ``application_event``, ``log_leaf``, ``audit``.
    """
    before = row.state
    row.state, row.state_since = journey.step(before, event), at
    _write(session, row, event, before, actor=actor, reason=reason, note=note, at=at)


def _write(
    session: Session, row: Application, event: str, before: str, *, actor: str, reason: str, note: str, at: datetime
) -> None:
    step = ApplicationEvent(
        application_id=row.id, at=at, event=event, before=before, after=row.state, reason=reason, note=note,
        actor=actor, detail=snapshot(session, row),
    )  # fmt: skip
    seal(session, step)
    audit.append(
        session, actor=actor, action=f"application.{event}", object_type="application", object_id=row.id, at=at,
        detail={"before": before, "after": row.state, "reason": reason, "subject": row.subject_id},
    )  # fmt: skip


def note_event(session: Session, row: Application, event: str, *, actor: str, reason: str, at: datetime) -> None:
    """Write down what happened without a change of state.

    Effects: tables ``application_event``, ``log_leaf``, ``audit``.
    """
    _write(session, row, event, row.state, actor=actor, reason=reason, note="", at=at)


def own_application(session: Session, account_id: int, application_id: int, *, lock: bool = False) -> Application:
    """An application of this account.

    Raises:
        ApplicationUnknownError: there is none, or it is somebody else's.
    """
    query = select(Application).where(Application.id == application_id, Application.account_id == account_id)
    row = session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    if row is None:
        raise unknown()
    return row


def any_application(session: Session, application_id: int, *, lock: bool = False) -> Application:
    """An application of anybody, for officers and duties.

    Raises:
        ApplicationUnknownError: there is none.
    """
    query = select(Application).where(Application.id == application_id)
    row = session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    if row is None:
        raise unknown()
    return row


def unknown() -> ApplicationUnknownError:
    """The refusal for what is not there, or not theirs."""
    return ApplicationUnknownError("expected an application, got none with this number", hint="请从申请列表重新打开。")
