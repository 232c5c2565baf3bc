"""Each exemption of the rules that are not about terms is needed (test_golden.py has those that are)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from identity_verify.licence_display import Display, DisplayStep, LinkSeen
from supervision.rules.rule_catalogue import Catalogue
from supervision.rules.subject import Subject

DECLARED = "营业执照 统一社会信用代码：91310115XX0000019T"


def promotion(make: Any, text: str) -> Subject:
    """A listing whose promotion stands since yesterday."""
    listing: Subject = make.listing(make.fact("promotion", text, seen_at=make.at - timedelta(days=1)))
    return listing


def unpriced(make: Any, title: str, fen: int | None = None) -> Subject:
    """A listing with words in place of a price."""
    listing: Subject = make.listing(make.fact("title", title), make.price(fen, "面议" if fen is None else "¥0"))
    return listing


def option(make: Any, label: str) -> Subject:
    """A listing with a ticked option."""
    listing: Subject = make.listing(make.fact("option", {"label": label, "checked": True, "fen": 900}, label))
    return listing


def shown(make: Any, step: str, why: str, text: str, notice: str = "") -> Subject:
    """A shop whose 亮照 check failed in one step."""
    failed = DisplayStep(step, "FAILED", why, shown=text, registered="上海青禾(测试)商贸有限公司")
    field = {
        "shown": "notice", "name": "licence_name", "in-force": "licence_code", "address": "licence_address",
        "link": "notice",
    }[step]  # fmt: skip
    link = LinkSeen("https://zzlz.example/1", page_id=1)
    facts = (make.fact(field, text), *((make.fact("notice", notice),) if notice else ()))
    made: Subject = make.shop(*facts, display=Display((failed,), link=link, page_id=1), on_sale=1)
    return made


CASES: dict[tuple[str, str], Callable[[Any], Subject]] = {
    ("ID02", "example-format"): lambda make: make.shop(
        make.fact("licence_code", "91310115XX0000019X", "示例：91310115XX0000019X")
    ),
    ("ID01", "closed"): lambda make: shown(make, "shown", "nothing-shown", "公告", "本店暂停营业"),
    ("ID01", "shown-elsewhere"): lambda make: shown(make, "shown", "nothing-shown", "公告", "证照信息请登录后查看"),
    ("ID03", "rename-told"): lambda make: shown(make, "name", "other-name", "上海禾苗有限公司", "我司已更名为青禾"),
    ("ID03", "branch"): lambda make: shown(make, "name", "other-name", "上海禾苗有限公司浦东分公司"),
    ("ID04", "closed"): lambda make: shown(make, "in-force", "revoked", "91310115XX0000019T", "本店已停业，停止接单"),
    ("ID05", "business-address"): lambda make: shown(make, "address", "other-address", "退货地址：测试路9号"),
    ("ID05", "change-told"): lambda make: shown(make, "address", "other-address", "测试路9号", "本公司已搬迁至新址"),
    ("ID10", "move-told"): lambda make: shown(make, "link", "other-site", "公告", "本站启用新域名"),
    ("ID07", "licensed"): lambda make: make.shop(make.fact("declaration", DECLARED)),
    ("PR03", "from-price"): lambda make: make.listing(make.price(9900, "¥99.00起", slot="list"), make.price(12900)),
    ("PR03", "conditional-price"): lambda make: make.listing(
        make.price(9900, "新人价¥99", slot="list"), make.price(12900)
    ),
    ("PR04", "extension-notice"): lambda make: promotion(make, "活动延期，仅限今天"),
    ("PR04", "daily-offer"): lambda make: promotion(make, "每天一款，仅限今天"),
    ("PR04", "not-an-offer"): lambda make: promotion(make, "今晚截止发货"),
    ("PR05", "custom-goods"): lambda make: unpriced(make, "衣柜定制"),
    ("PR05", "business-goods"): lambda make: unpriced(make, "文件夹批发"),
    ("PR05", "gift-or-sample"): lambda make: unpriced(make, "赠品杯垫", 0),
    ("CT04", "free"): lambda make: option(make, "运费险（商家承担）"),
    ("CT04", "agreement"): lambda make: option(make, "同意会员服务协议"),
}


@pytest.mark.parametrize(("rule_id", "exemption_id"), CASES)
def test_each_exemption_is_needed(make: Any, catalogue: Catalogue, rule_id: str, exemption_id: str) -> None:
    """With the exemption there is no hit; without it there is."""
    rule, subject = catalogue.get(rule_id), CASES[rule_id, exemption_id](make)
    assert make.hits(subject, rule) == []
    rest = tuple(one for one in rule.exemptions if one.id != exemption_id)
    assert make.hits(subject, rule.model_copy(update={"exemptions": rest}))


def test_every_exemption_has_a_case(catalogue: Catalogue) -> None:
    """No exemption of these rules goes without a case."""
    wanted = {
        (rule.id, exemption.id)
        for rule in catalogue.rules.values()
        if rule.detector.kind != "term"
        for exemption in rule.exemptions
    }
    assert wanted == set(CASES)
