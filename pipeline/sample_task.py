"""The standing task of the sample market: its captures say that the ground they were taken on is not a real one."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from evidence import mandate

NUMBER = "SAMPLE-TASK"
BASIS = "样本市场演示，并非真实授权 made for the sample market, not a real authorisation"
ISSUED_BY = "网鉴样本 Wangjian's sample"
LASTS = timedelta(days=3650)


def ensure_sample_task(session: Session, *, at: datetime) -> None:
    """Enter the sample's task at the first start. A task entered later goes before it.

    Args:
        session: a write session. at: aware UTC.

    Effects: tables ``authorisation``, ``audit``.
    """
    if mandate.find(session, NUMBER) is None:
        mandate.add(
            session,
            kind=mandate.TASK,
            number=NUMBER,
            basis=BASIS,
            issued_by=ISSUED_BY,
            valid_from=at - timedelta(minutes=1),
            valid_to=at + LASTS,
            actor="system:sample",
            at=at,
        )
