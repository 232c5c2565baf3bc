"""Identity reports of platforms: the live rooms (直播间) they name become edges of the subjects they name.

A platform's word ties a room to a subject whose code and name it gives as the registry has them; where the name is
another, the edge is proposed and waits for a person. A version takes the place of the one before it.

Spec: 网络交易监督管理办法 art 25 (identity of traders is reported); LIVE 9 (live rooms too).
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.effect import Effect, register
from exchange.envelope import Envelope
from identity_verify import links
from identity_verify.links import RUNS, Edge
from identity_verify.normal_name import normal_name
from identity_verify.subjects import find_by_code
from kernel.models import SubjectLink
from kernel.models.subject import LIVE_STATES

TYPE, SOURCE, LIVE_ROOM = "IDENTITY_REPORT", "platform-report", "live-room"
MAX_KEY = 500


def take(session: Session, envelope: Envelope, payload: Mapping[str, object], at: datetime) -> Effect:
    """Draw the live rooms that a report names, and end those that its platform named before and names no more.

    Effects: table ``subject_link``.
    """
    platform = str(payload.get("platform_name", ""))
    rows = payload.get("rows")
    named: set[int] = set()
    for row in rows if isinstance(rows, list) else ():
        edge = _edge(session, row, platform, envelope) if isinstance(row, dict) else None
        if edge is not None:
            named.add(links.draw(session, *edge, at=at).id)
    if not payload.get("parts") or payload.get("parts") == 1:
        _end_others(session, platform, named, at)
    return Effect()


def _edge(session: Session, row: Mapping[str, object], platform: str, envelope: Envelope) -> tuple[int, Edge] | None:
    account = str(row.get("live_account") or "")
    if row.get("kind") != "live" or not account:
        return None
    subject = find_by_code(session, str(row.get("code") or ""))
    if subject is None:
        return None
    same = normal_name(str(row.get("name") or "")) == normal_name(subject.name)
    reason: dict[str, object] = {
        "word": "platform-report", "points": 0, "left": str(row.get("name") or ""), "right": subject.name,
        "message": envelope.message_id,
    }  # fmt: skip
    key = f"{account} · {platform}"[:MAX_KEY]
    return subject.id, Edge(LIVE_ROOM, key, RUNS, SOURCE, "auto" if same else "proposed", 1000, (reason,))


def _end_others(session: Session, platform: str, named: set[int], at: datetime) -> None:
    query = select(SubjectLink).where(
        SubjectLink.kind == LIVE_ROOM, SubjectLink.source == SOURCE, SubjectLink.state.in_(LIVE_STATES),
        SubjectLink.key.endswith(f" · {platform}", autoescape=True),
    )  # fmt: skip
    for row in session.execute(query).scalars():
        if row.id not in named and row.state != "confirmed":
            links.end(row, at=at)


def register_handlers() -> None:
    """Let the inbox know. Called where a gateway is opened."""
    register(TYPE, take)
