"""Alarms of the exchange, as notices: dead letters, gaps that stand, timestamps that lag. Told once, and ended."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange import batch_stamp, dead_letter, notice
from exchange.notice import EXCHANGE_OFFICE
from kernel.clock import CHINA
from kernel.models import Stream

GAP = timedelta(minutes=10)
"""How long a gap may stand before a person is told."""
SHARE = 0.7
"""Of the backlog of timestamps."""
LINK = "/exchange"


def raise_alarms(session: Session, *, backlog: int, at: datetime) -> None:
    """Tell what is wrong now, and end what is no longer. Effects: table ``notice``."""
    day = at.astimezone(CHINA).date().isoformat()
    dead = dead_letter.dead_count(session)
    title = f"交换有 {dead} 条死信待处理 {dead} dead letters in the exchange"
    _tell(session, f"exchange:dead-letters:{day}", title, f"{LINK}/dead-letters", wrong=dead > 0, at=at)
    waiting = batch_stamp.backlog(session)
    title = f"交换日志有 {waiting} 条未加时间戳 {waiting} messages without a timestamp"
    _tell(session, f"exchange:stamps:{day}", title, LINK, wrong=waiting >= backlog * SHARE, at=at)
    for stream in session.execute(select(Stream).where(Stream.direction == "in")).scalars():
        stands = stream.missing_since is not None and at - stream.missing_since > GAP
        title = f"{stream.sender} 的 {stream.name} 缺号 A gap in {stream.name} of {stream.sender}"
        _tell(session, f"exchange:gap:{stream.id}:{stream.last_seq}", title, LINK, wrong=stands, at=at)


def _tell(session: Session, key: str, title: str, link: str, *, wrong: bool, at: datetime) -> None:
    if wrong:
        notice.tell(session, key=key, owner=EXCHANGE_OFFICE, kind="exchange", title=title, at=at, link=link)
    else:
        notice.done(session, [key], at=at)
