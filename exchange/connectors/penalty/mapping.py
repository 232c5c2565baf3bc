"""行政处罚: a row of the penalty system as a record of ours.

Field names as published (domain pages 2.3): PenDecNo, IllegActType, PenType, PenContent, PenAm, ForfAm (元), PenAuth,
PenDecIssDate, PubFlag, CaseNO and the additions of the double publication (相对人类别, 违法事实, 处罚依据, 公示截止期).
``PartyType``, ``PartyName``, ``PubDate`` and ``PubEndDate`` are our names for them. The code of ``PubFlag`` is known
from memory only; a code that is not in the table is quarantined.
"""

from datetime import date, datetime

from exchange.connectors.penalty.publicity import shown_until
from exchange.connectors.row import FieldList, Quarantined, Reader, SourceRow, Understood, day_in_china, keep_only

SYSTEM = "penalty"
KEY_FIELD = "PenDecNo"
PUBLISHED = (
    "PenDecNo", "CaseNO", "PartyType", "PartyName", "UniSCID", "RegNO", "IllegActType", "IllegFact", "PenBasis",
    "PenType", "PenContent", "PenAm", "ForfAm", "PenAuth", "PenAuthCode", "PenDecIssDate", "PubFlag", "PubDate",
    "PubEndDate",
)  # fmt: skip
PARTIES = {"法人及非法人组织": "organisation", "个体工商户": "individual", "自然人": "person"}
TYPES = {
    "警告": "warning", "通报批评": "criticism", "罚款": "fine", "没收违法所得": "confiscation",
    "没收非法财物": "confiscation", "暂扣许可证件": "licence-suspended", "降低资质等级": "grade-lowered",
    "吊销许可证件": "licence-revoked", "限制开展生产经营活动": "restriction", "责令停产停业": "stop-business",
    "责令关闭": "closure", "限制从业": "ban", "其他": "other",
}  # fmt: skip
STATES = {"0": "unpublished", "1": "published", "2": "withdrawn"}
keep = keep_only(PUBLISHED)


def understand(row: SourceRow, at: datetime) -> Understood | Quarantined:
    """The penalty in a row, or its problems.

    Spec: 市场监督管理行政处罚信息公示规定 (令45号) art 4 (what the summary has).
    """
    read = Reader(row.fields, day_in_china(at))
    number = read.text("PenDecNo", required=True, limit=100)
    name = read.text("PartyName", required=True, limit=200)
    party = read.choice("PartyType", PARTIES)
    code = read.uscc("UniSCID", required=party in {"organisation", "individual"})
    types = _types(read)
    decided = read.day("PenDecIssDate", required=True)
    published, ends = read.day("PubDate"), read.day("PubEndDate", future=True)
    state = read.choice("PubFlag", STATES)
    if state == "published" and published is None and not read.problems:
        read.wrong("PubDate", "missing")
    if decided and published and published < decided:
        read.wrong("PubDate", "contradiction", published)
    until, rule = shown_until(types, published, ends)
    data: dict[str, object] = {
        "number": number,
        "case_number": read.text("CaseNO", limit=100),
        "party": party,
        "act": read.text("IllegActType", required=True, limit=300),
        "facts": read.text("IllegFact"),
        "basis": read.text("PenBasis", limit=1000),
        "types": list(types),
        "content": read.text("PenContent", required=True),
        "fine_fen": read.fen("PenAm"),
        "forfeit_fen": read.fen("ForfAm"),
        "authority": read.text("PenAuth", required=True, limit=200),
        "published_on": _iso(published),
        "shown_until": _iso(until),
        "shown_rule": rule,
    }
    if "fine" in types and data["fine_fen"] is None and not read.problems:
        read.wrong("PenAm", "missing")
    return read.verdict(
        row,
        keep(row.fields),
        subject_code=code,
        subject_name=name,
        title=f"{number} {data['act']}",
        state=state,
        happened_on=decided,
        data=data,
    )


def _types(read: Reader) -> tuple[str, ...]:
    """Our words for the kinds of penalty, each once, in the order they are named."""
    found: list[str] = []
    for word in read.text("PenType", required=True, limit=300).replace("；", ";").replace("、", ";").split(";"):
        if word.strip() in TYPES:
            found.append(TYPES[word.strip()])
        elif word.strip():
            read.wrong("PenType", "unknown-code", word.strip())
    return tuple(dict.fromkeys(found))


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


FIELDS = FieldList(SYSTEM, PUBLISHED, KEY_FIELD, keep, understand)
