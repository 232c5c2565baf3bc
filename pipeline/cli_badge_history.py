"""Commands about the history of a badge: written out with the log's proofs, and checked without network."""

import argparse
import json
from pathlib import Path

from sqlalchemy import select

from evidence.log import entry
from evidence.trust import load as load_trust
from identity_verify import sealed_history
from identity_verify.badge_id import shown
from identity_verify.badges import require_badge_id
from identity_verify.errors import HistoryBrokenError
from identity_verify.sealed_history import CheckedHistory
from kernel.config import settings
from kernel.models import Application
from pipeline.cli_officer import opened
from pipeline.errors import UsageError
from pipeline.wiring import open_log


def history_export(options: argparse.Namespace) -> int:
    """Write the history of a badge with the log's proof of each step, and check what was written."""
    config, number = settings(), require_badge_id(options.id)
    with opened() as database:
        with database.read() as session:
            query = select(Application.id).where(Application.badge_id == number).order_by(Application.id.desc())
            application = session.execute(query.limit(1)).scalar()
            events = sealed_history.steps(session, application) if application else []
        if not events:
            raise UsageError(
                f"expected a badge that a merchant applied for, got {shown(number)}",
                hint="由本单位直接签发的标识见审计记录 a badge that the bureau issued itself is in the audit trail.",
            )
        with open_log(config, database) as publisher:
            published = publisher.publish([entry.identity(event.hash) for event in events])
    data = sealed_history.render(events, [one.proof for one in published])
    with Path(options.out).open("xb") as stream:
        stream.write(data)
    return _tell(sealed_history.verify(data, load_trust(config.trust_path())))


def history_verify(options: argparse.Namespace) -> int:
    """Check a history that somebody hands over."""
    try:
        data = Path(options.file).read_bytes()
    except OSError as error:
        raise HistoryBrokenError(f"expected a readable file, got {error}", hint="核对文件名 check the name") from error
    return _tell(sealed_history.verify(data, load_trust(options.trust or settings().trust_path())))


def _tell(checked: CheckedHistory) -> int:
    for record in checked.records:
        change = f"{record['before'] or '-'} -> {record['after']}"
        reason = json.dumps(record["reason"], ensure_ascii=False) if record["reason"] else ""
        print(f"{record['seq']:>4}  {record['at']}  {record['event']:<14} {change:<22} {record['actor']}  {reason}")
    badge = shown(checked.badge) if checked.badge else "-"
    print(f"标识 badge {badge}：{len(checked.records)} 步连续，均在日志中 steps in one chain, all in the log")
    print(f"日志长度 log size {checked.size}，见证 witnesses {checked.witnesses}")
    return 0
