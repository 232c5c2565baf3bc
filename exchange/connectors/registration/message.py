"""企业登记: what is told to the registry — a web shop that a subject was found to run.

Spec: 企业信息公示条例 (name and address of 网站、网店 in the annual report).
"""

from collections.abc import Mapping

from exchange.connectors.errors import WriteBackError
from exchange.connectors.post import Sending

KIND = "web-presence"


def shape(what: Mapping[str, object]) -> Sending:
    """A found web shop.

    Args:
        what: ``cause``, ``subject_code``, ``shop_url``, ``shop_name``, ``shop_id``, ``platform``.

    Raises:
        WriteBackError: code or address lacks.
    """
    code, url = str(what.get("subject_code") or ""), str(what.get("shop_url") or "")
    if not code or not url:
        raise WriteBackError(
            "expected the code of a subject and the address of its shop, got one without the other",
            hint="先把店铺与主体关联 Link the shop to its subject first.",
        )
    shop = what.get("shop_id")
    payload = {
        "UniSCID": code,
        "webSite": url,
        "webSitName": str(what.get("shop_name") or ""),
        "belongPlatFormName": str(what.get("platform") or ""),
    }
    return Sending(
        KIND, str(what["cause"]), payload, subject_code=code, shop_id=shop if isinstance(shop, int) else None
    )
