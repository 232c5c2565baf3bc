"""Alarms of the exchange, as notices: dead letters, silent peers, gaps that stand, timestamps that lag.

Told once, and ended by themselves.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange import batch_stamp, dead_letter, notice
from exchange.notice import EXCHANGE_OFFICE
from exchange.organisation import name_of
from kernel.models import Delivery, Message, Notice, Peer, Stream
from kernel.working_days import day_of

GAP = timedelta(minutes=10)
"""How long a gap may stand before a person is told."""
SILENCE = timedelta(hours=1)
"""How long messages may wait for a peer that does not answer before a person is told."""
SHARE = 0.7
"""Of the backlog of timestamps."""
LINK = "/exchange"
KIND = "exchange"
DEAD, STAMPS, SILENT, GAPS = "exchange:dead-letters:", "exchange:stamps:", "exchange:silent:", "exchange:gap:"
OURS = DEAD, STAMPS, SILENT, GAPS
"""Keys of notices that are told here and end by themselves."""


def raise_alarms(session: Session, *, backlog: int, at: datetime) -> None:
    """Tell what is wrong now, and end what is no longer, or was told of the same before. Effects: table ``notice``."""
    wrong = {key: (title, link) for key, title, link in _wrong(session, backlog, at)}
    standing = select(Notice.key).where(Notice.kind == KIND, Notice.done_at.is_(None))
    over = [key for key in session.execute(standing).scalars() if key.startswith(OURS) and key not in wrong]
    notice.done(session, over, at=at)
    for key, (title, link) in wrong.items():
        notice.tell(session, key=key, owner=EXCHANGE_OFFICE, kind=KIND, title=title, at=at, link=link)


def _wrong(session: Session, backlog: int, at: datetime) -> Iterator[tuple[str, str, str]]:
    """Key, title and page of what is wrong."""
    day = day_of(at).isoformat()
    if dead := dead_letter.dead_count(session):
        title = f"交换有 {dead} 条死信待处理 {dead} dead letters in the exchange"
        yield f"{DEAD}{day}", title, f"{LINK}/dead-letters"
    waiting = batch_stamp.backlog(session)
    if waiting >= backlog * SHARE:
        yield f"{STAMPS}{day}", f"交换日志有 {waiting} 条未加时间戳 {waiting} messages without a timestamp", LINK
    for peer in session.execute(select(Peer).where(Peer.state == "active", Peer.failures > 0)).scalars():
        count, since = _waiting(session, peer)
        if since is not None and at - since > SILENCE:
            hours = int((at - since) / timedelta(hours=1))
            zh = f"{peer.name or name_of(peer.code)}（{peer.code}）没有应答，{count} 条消息已等待 {hours} 小时"
            yield f"{SILENT}{peer.code}:{day}", f"{zh} {peer.code} does not answer, {count} messages wait", LINK
    streams = select(Stream).where(Stream.direction == "in", Stream.missing_since < at - GAP)
    for stream in session.execute(streams).scalars():
        title = f"{stream.sender} 的 {stream.name} 缺号 A gap in {stream.name} of {stream.sender}"
        yield f"{GAPS}{stream.id}:{stream.last_seq}", title, LINK


def _waiting(session: Session, peer: Peer) -> tuple[int, datetime | None]:
    """How many messages wait for a peer, and since when the oldest one does."""
    query = select(func.count(), func.min(Message.at)).join(Delivery, Delivery.message_row == Message.id)
    count, since = session.execute(query.where(Delivery.peer == peer.code, Delivery.state == "waiting")).one()
    return int(count), since
