"""信用监管: a row of the credit system (企业综合监管) as a mark on a subject.

The published list has no names of its own for these; they follow the public system of enterprise information
(经营异常名录, 严重违法失信名单, 抽查检查, 信用分类) and, like the codes, are known from memory only: a code that is not
in the tables is quarantined.
"""

from datetime import datetime

from exchange.connectors.row import FieldList, Quarantined, Reader, SourceRow, Understood, day_in_china, keep_only

SYSTEM = "credit"
KEY_FIELD = "MarkNO"
PUBLISHED = (
    "MarkNO", "PriPID", "EntName", "UniSCID", "MarkType", "SpeCause", "AbnDate", "DecOrg", "RemDate", "RemCause",
    "CreditLevel", "CheckResult",
)  # fmt: skip
KINDS = {"1": "abnormal", "2": "serious", "3": "check", "4": "grade"}
LEVELS = {"A": "A", "B": "B", "C": "C", "D": "D"}
RESULTS = {"1": "no-problem", "2": "not-cooperating", "3": "problem", "4": "not-found"}
LISTS = frozenset({"abnormal", "serious"})
keep = keep_only(PUBLISHED)


def understand(row: SourceRow, at: datetime) -> Understood | Quarantined:
    """The mark in a row, or its problems."""
    read = Reader(row.fields, day_in_china(at))
    if read.text("MarkNO", required=True, limit=100) not in {"", row.key}:
        read.wrong("MarkNO", "contradiction", row.key)
    name, code = read.text("EntName", required=True, limit=200), read.uscc("UniSCID", required=True)
    kind = read.choice("MarkType", KINDS)
    given, removed = read.day("AbnDate", required=True), read.day("RemDate")
    if given and removed and removed < given:
        read.wrong("RemDate", "contradiction", removed)
    level = read.choice("CreditLevel", LEVELS, required=kind == "grade")
    result = read.choice("CheckResult", RESULTS, required=kind == "check")
    cause = read.text("SpeCause", required=kind in LISTS, limit=1000)
    data: dict[str, object] = {
        "kind": kind,
        "cause": cause,
        "authority": read.text("DecOrg", required=True, limit=200),
        "removed_on": removed.isoformat() if removed else "",
        "removal_cause": read.text("RemCause", limit=1000),
        "level": level,
        "result": result,
    }
    return read.verdict(
        row,
        keep(row.fields),
        subject_code=code,
        subject_name=name,
        title=cause or level or result,
        state=_state(kind, removed=removed is not None),
        happened_on=given,
        data=data,
    )


def _state(kind: str, *, removed: bool) -> str:
    if kind in LISTS:
        return "removed" if removed else "listed"
    return "graded" if kind == "grade" else "checked"


FIELDS = FieldList(SYSTEM, PUBLISHED, KEY_FIELD, keep, understand)
