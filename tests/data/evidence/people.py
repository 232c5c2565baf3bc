"""Officers, an authorisation and a captured page for tests. Names and numbers are made up."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from evidence import intake, mandate, officer
from kernel.models import Authorisation, Evidence, Officer

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
CASE = "测试市监案〔2026〕1号"
DAY = timedelta(days=1)


def enter_officer(session: Session, account: str, *, days: int = 30, at: datetime = AT) -> Officer:
    """An officer whose certificate holds from yesterday on."""
    return officer.add(
        session,
        name=f"测试{account}",
        number=f"TEST-{account}",
        unit="测试市场监督管理局",
        account=account,
        valid_from=at - DAY,
        valid_to=at + days * DAY,
        actor="admin",
        at=at,
    )


def enter_case(
    session: Session, number: str = "测试授权1号", *, case: str = CASE, days: int = 30, at: datetime = AT
) -> Authorisation:
    """An authorisation of a case that holds from yesterday on."""
    return mandate.add(
        session,
        kind="case",
        number=number,
        basis="行政处罚法第五十四条",
        issued_by="测试局负责人",
        valid_from=at - DAY,
        valid_to=at + days * DAY,
        case=case,
        actor="admin",
        at=at,
    )


def enter_capture(session: Session, key: str = "k", *, case: str = CASE, at: datetime = AT) -> Evidence:
    """A page captured for a case, not sealed."""
    row = intake.order(
        session,
        key=key,
        url="http://a.example.test/1",
        shop_id=None,
        listing_id=None,
        reason="order",
        purpose="核查",
        actor="li",
        at=at,
        case_number=case,
    )
    intake.transition(session, row, "capturing", actor="system:capture", at=at)
    return intake.transition(session, row, "captured", actor="system:capture", at=at)
