"""行政处罚: what is told to the penalty system — a decision that is to be published.

Spec: 市场监督管理行政处罚信息公示规定 (令45号) art 4 (number, party, act, content, authority, day).
"""

from collections.abc import Mapping

from exchange.connectors.errors import WriteBackError
from exchange.connectors.post import Sending

KIND = "publicity"
NEEDED = {
    "number": "PenDecNo",
    "party_name": "PartyName",
    "act": "IllegActType",
    "content": "PenContent",
    "authority": "PenAuth",
    "decided_on": "PenDecIssDate",
}


def shape(what: Mapping[str, object]) -> Sending:
    """A publicity entry.

    Args:
        what: ``cause``, the words of ``NEEDED``, ``subject_code``, ``shop_id``, ``note``.

    Raises:
        WriteBackError: something of the summary lacks.
    """
    lacking = [name for name in NEEDED if not str(what.get(name) or "").strip()]
    if lacking:
        raise WriteBackError(
            f"expected all of the summary of a decision, got none of: {', '.join(lacking)}",
            hint="处罚摘要须有文号、当事人、违法行为、处罚内容、机关、日期 Complete the summary.",
            context={"fields": dict.fromkeys(lacking, "必填 needed")},
        )
    payload = {field: str(what[name]).strip() for name, field in NEEDED.items()}
    code, shop = str(what.get("subject_code") or ""), what.get("shop_id")
    return Sending(
        KIND,
        str(what.get("cause") or f"decision:{payload['PenDecNo']}"),
        {**payload, "UniSCID": code, "Remark": str(what.get("note") or "")},
        record_key="",
        subject_code=code,
        shop_id=shop if isinstance(shop, int) else None,
    )
