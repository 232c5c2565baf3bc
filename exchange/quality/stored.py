"""Rows that lie here already, for the rules of every night: market subjects, linked records, messages that came.

Read a thousand at a time by their number, so that nobody waits for a long question.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.quality.engine import Row
from kernel.clock import CHINA
from kernel.models import LinkedRecord, Message, Subject

AT_ONCE = 1_000
SUBJECT_FIELDS = (
    "code", "registration_number", "name", "kind", "status", "region", "address", "established_on", "approved_on",
)  # fmt: skip
RECORD_FIELDS = ("system", "state", "subject_code", "subject_name", "title", "happened_on")
DATA_SET_OF_TYPE = {
    "IDENTITY_REPORT": "identity_report",
    "LEAD": "lead",
    "CASE": "case_message",
    "PENALTY": "penalty_message",
    "COMPLAINT": "complaint_message",
    "EVIDENCE_META": "evidence_meta",
    "RECALL": "recall_message",
}
"""Types of messages whose content has rules, and the data set of its rows."""


def subjects(session: Session) -> Iterator[Row]:
    """Every market subject; ``ref`` is ``subject:<number>``."""
    columns = (Subject.id, *(getattr(Subject, name) for name in SUBJECT_FIELDS))
    for row in _by_number(session, columns, Subject.id):
        yield {"ref": f"subject:{row['id']}", **row}


def linked_records(session: Session) -> Iterator[Row]:
    """Every record of a linked system that is not gone; ``ref`` is ``<system>:<key>``."""
    columns = (
        LinkedRecord.id, LinkedRecord.key, LinkedRecord.source_at, LinkedRecord.fetched_at,
        *(getattr(LinkedRecord, name) for name in RECORD_FIELDS),
    )  # fmt: skip
    for row in _by_number(session, columns, LinkedRecord.id, LinkedRecord.deleted_at.is_(None)):
        yield {
            **row,
            "ref": f"{row['system']}:{row['key']}",
            "source_on": row["source_at"].astimezone(CHINA).date(),
            "fetched_on": row["fetched_at"].astimezone(CHINA).date(),
        }


def _by_number(session: Session, columns: Any, number: Any, *conditions: Any) -> Iterator[Mapping[str, Any]]:
    last = 0
    while True:
        query = select(*columns).where(number > last, *conditions).order_by(number).limit(AT_ONCE)
        rows = session.execute(query).mappings().all()
        for row in rows:
            last = row["id"]
            yield dict(row)
        if len(rows) < AT_ONCE:
            return


STORED: Mapping[str, Callable[[Session], Iterator[Row]]] = {"subject": subjects, "linked_record": linked_records}
"""Where the rows of each data set of the night come from."""


def messages(session: Session, kind: str, after: int, limit: int) -> Iterator[tuple[int, str, list[Row]]]:
    """Messages of a type that were processed here since a row number: its number, its sender, its rows.

    Personal fields are sealed in them: that they are there is seen, what they say is not.
    """
    query = (
        select(Message.id, Message.sender, Message.biz_key, Message.envelope)
        .where(Message.direction == "in", Message.type == kind, Message.state == "processed", Message.id > after)
        .order_by(Message.id)
        .limit(limit)
    )
    for number, sender, key, envelope in session.execute(query):
        payload = json.loads(envelope)["payload"]
        rows = payload["rows"] if isinstance(payload.get("rows"), list) else [payload]
        yield number, sender, [{**row, **_counts(row), "biz_key": key} for row in rows if isinstance(row, dict)]


def _counts(row: Mapping[str, Any]) -> dict[str, int]:
    """How many there are in each list, as ``<field>_count``: rules ask for two officers, not for which."""
    return {f"{name}_count": len(value) for name, value in row.items() if isinstance(value, list)}
