"""12315 消费投诉: a row of the complaint system as a record of ours, without the persons.

Field names as in the old 工商 field list (domain pages 2.2): REGINO, INFOTYPE, KEYWORD, APPLBASQUE … Who complained,
how to reach them, who took the complaint and the party's telephone are never kept, not even in quarantine; numbers and
addresses within the words of a complaint are hidden before anything else reads them. ``EntName``, ``GBCODE``,
``SITEURL``, ``CONTENT`` and ``STATE`` are our names; the codes of ``STATE`` are ours as well.

Spec: 市场监督管理投诉举报处理办法 art 37, art 39 (data of complainants stay within complaint work).
"""

import re
from collections.abc import Mapping
from datetime import datetime

from exchange.connectors.complaint12315.privacy import hidden
from exchange.connectors.row import FieldList, Quarantined, Reader, SourceRow, Understood, day_in_china, keep_only

SYSTEM = "complaint12315"
KEY_FIELD = "REGINO"
PERSONAL = ("ACCREGPER", "CONSNAME", "CONSTEL", "CONSIDNO", "CONSADDR", "Addr", "Tel")
KEPT = (
    "REGINO", "INFOORI", "INCFORM", "REGDEP", "RegTime", "INFOTYPE", "KEYWORD", "APPLBASQUE", "REPORTBASQUE", "ACCSCE",
    "ACCTIME", "CONSUMETIME", "ISRECONCILE", "PTTYPE", "PriPID", "INVOPT", "UniSCID", "RegNO", "EntType", "EntName",
    "GBCODE", "SITEURL", "CONTENT", "STATE",
)  # fmt: skip
PUBLISHED = (*KEPT, *PERSONAL)
FREE_TEXT = ("CONTENT", "KEYWORD", "ACCSCE", "INVOPT")
TYPES = {"1": "complaint", "2": "report"}
STATES = {
    "1": "received", "2": "accepted", "3": "refused", "4": "mediating", "5": "agreed", "6": "terminated",
    "7": "archived",
}  # fmt: skip
MAX_SUMMARY = 300
_CODE = re.compile(r"\d{9}")
_keep = keep_only(KEPT)


def keep(fields: Mapping[str, object]) -> dict[str, object]:
    """What may be kept of a complaint: no persons, and words without numbers or addresses of persons."""
    kept = _keep(fields)
    return {name: hidden(str(value)) if name in FREE_TEXT and value else value for name, value in kept.items()}


def understand(row: SourceRow, at: datetime) -> Understood | Quarantined:
    """The complaint in a row, or its problems.

    Spec: GB/T 42499-2023 (nine digits).
    """
    kept = keep(row.fields)
    read = Reader(kept, day_in_china(at))
    number = read.text("REGINO", required=True, limit=100)
    if number and number != row.key:
        read.wrong("REGINO", "contradiction", number)
    kind = read.choice("INFOTYPE", TYPES)
    category = read.text("GBCODE", limit=30)
    if category and not _CODE.fullmatch(category):
        read.wrong("GBCODE", "form", category)
    question = read.text("REPORTBASQUE" if kind == "report" else "APPLBASQUE", limit=200)
    received, accepted = read.day("RegTime", required=True, timed=True), read.day("ACCTIME", timed=True)
    if received and accepted and accepted < received:
        read.wrong("ACCTIME", "contradiction", accepted)
    words = read.text("CONTENT")
    code, name, url = read.uscc("UniSCID"), read.text("EntName", limit=200), read.url("SITEURL")
    state = read.choice("STATE", STATES)
    keyword = read.text("KEYWORD", limit=200)
    data: dict[str, object] = {
        "kind": kind,
        "category": category,
        "question": question,
        "summary": words if len(words) <= MAX_SUMMARY else f"{words[:MAX_SUMMARY]}…",
        "goods": read.text("INVOPT", limit=200),
        "unit": read.text("REGDEP", limit=200),
        "reconciled": read.text("ISRECONCILE", limit=10),
    }
    return read.verdict(
        row,
        kept,
        subject_code=code,
        subject_name=name,
        shop_url=url,
        title=keyword or question or number,
        state=state,
        happened_on=received,
        data=data,
    )


FIELDS = FieldList(SYSTEM, PUBLISHED, KEY_FIELD, keep, understand)
