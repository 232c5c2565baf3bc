"""Faults of the log: once one is proven nothing is sealed, until a complete audit finds the log whole again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence.log.errors import LogChangedError, LogFaultError, LogForkedError, LogRewoundError
from kernel.clock import as_utc, iso
from kernel.models import LogFault

KINDS: dict[str, type[LogFaultError]] = {kind.code: kind for kind in (LogChangedError, LogRewoundError, LogForkedError)}
HINT = (
    "封存已停止：保留数据库、日志目录和见证方的检查点，恢复正确的备份，再运行 wangjian log audit。 "
    "Sealing is stopped: keep the database, the log's folder and the witness's checkpoint as they are, restore the "
    "right backup, then run wangjian log audit."
)


def record(session: Session, error: LogFaultError, at: datetime) -> None:
    """Write a fault down, unless the same one is open.

    Args:
        session: a write session. error: what was found; its context becomes the proof. at: aware UTC.

    Effects: table ``log_fault``.
    """
    if any(fault.code == error.code and fault.message == error.message for fault in open_faults(session)):
        return
    detail = {name: str(value) for name, value in error.context.items()}
    session.add(LogFault(at=as_utc(at), code=error.code, message=error.message, hint=HINT, detail=detail))


def open_faults(session: Session) -> list[LogFault]:
    """Faults that stop sealing, oldest first."""
    query = select(LogFault).where(LogFault.closed_at.is_(None)).order_by(LogFault.id)
    return list(session.execute(query).scalars())


def require_none(session: Session) -> None:
    """Refuse to go on while a fault is open.

    Raises:
        LogFaultError: of the kind that was found first.
    """
    for fault in open_faults(session):
        kind = KINDS.get(fault.code, LogFaultError)
        raise kind(fault.message, hint=fault.hint, context={"found_at": iso(fault.at), **fault.detail})


def close_all(session: Session, at: datetime) -> int:
    """Close every open fault, after a complete audit; how many there were. Effects: table ``log_fault``."""
    found = open_faults(session)
    for fault in found:
        fault.closed_at = as_utc(at)
    return len(found)
