"""信用监管: what is told to the credit system — a hint of risk that our watching found, for its grading."""

from collections.abc import Mapping

from exchange.connectors.errors import WriteBackError
from exchange.connectors.post import Sending

KIND = "risk-hint"


def shape(what: Mapping[str, object]) -> Sending:
    """A hint of risk.

    Args:
        what: ``cause``, ``subject_code``, ``text``, and where there are ``rule``, ``url``, ``evidence_id``,
            ``shop_id``.

    Raises:
        WriteBackError: code or text lacks.
    """
    code, text = str(what.get("subject_code") or ""), str(what.get("text") or "").strip()
    if not code or not text:
        raise WriteBackError(
            "expected the code of a subject and what was found, got one without the other",
            hint="先把店铺与主体关联 Link the shop to its subject first.",
            context={"fields": {"subject_code" if not code else "text": "必填 needed"}},
        )
    shop = what.get("shop_id")
    told = {name: str(what[name]) for name in ("rule", "url", "evidence_id") if what.get(name)}
    return Sending(
        KIND,
        str(what.get("cause") or ""),
        {"UniSCID": code, "RiskContent": text[:2000], **told},
        subject_code=code,
        shop_id=shop if isinstance(shop, int) else None,
    )
