"""Self-declarations."""

from typing import Any

import pytest

from identity_verify.licence_display import Display, LinkSeen
from supervision.rules.checks.declaration import difference, letters
from supervision.rules.rule_catalogue import Catalogue

SMALL = "个人从事零星小额交易活动，依法不需要办理市场主体登记"
ADDRESS = "实际经营地址：上海市虚构路1号"
CONTACT = "联系方式：021-00000111"


@pytest.mark.parametrize(
    "text",
    [
        SMALL,
        f"“{SMALL}”。",
        f"本人声明：{SMALL}",
        SMALL.replace("，", ","),
        SMALL.replace("，", " "),
        "个人銷售自產農副產品，依法不需要辦理市場主體登記",
        "个人利用自己的技能从事依法无须取得许可的便民劳务活动，依法不需要办理市场主体登记",
        "个人销售家庭手工业产品，依法不需要办理市场主体登记",
    ],
)
def test_prescribed_texts(make: Any, catalogue: Catalogue, text: str) -> None:
    """The four texts in any punctuation and width, with address and contact, are no hit."""
    assert make.reasons(make.shop(make.fact("declaration", f"{text} {ADDRESS} {CONTACT}")), catalogue.get("ID07")) == []
    apart = (make.fact("licence_address", "上海市虚构路1号"), make.fact("contact", "021-00000111"))
    assert make.reasons(make.shop(make.fact("declaration", text), *apart), catalogue.get("ID07")) == []


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (f"个人从事小额交易活动，依法不需要办理市场主体登记 {ADDRESS} {CONTACT}", ["altered"]),
        (f"本店为个人小店，无需办理登记 {ADDRESS} {CONTACT}", ["altered"]),
        (f"{SMALL}。个人销售自产农副产品，依法不需要办理市场主体登记 {ADDRESS} {CONTACT}", ["several"]),
        (f"{SMALL} {CONTACT}", ["no-address"]),
        (f"{SMALL} {ADDRESS}", ["no-contact"]),
        (SMALL, ["no-address", "no-contact"]),
    ],
)
def test_faults(make: Any, catalogue: Catalogue, text: str, reasons: list[str]) -> None:
    """Altered, several, or without what must stand beside."""
    assert make.reasons(make.shop(make.fact("declaration", text)), catalogue.get("ID07")) == reasons


def test_address_is_missed_only_on_a_licence_page(make: Any, catalogue: Catalogue) -> None:
    """On a page that was not recognised as the licence page the rest may stand elsewhere."""
    rule = catalogue.get("ID07")
    assert make.reasons(make.shop(make.fact("declaration", SMALL, page_kind="other")), rule) == []
    assert make.reasons(make.shop(make.fact("declaration", SMALL, page_kind="licence")), rule) != []


def test_absent(make: Any, catalogue: Catalogue) -> None:
    """A person without licence or statement, where the licence page was seen."""
    rule, person = catalogue.get("ID07"), make.fact("seller_name", "测试者", "经营者类型：个人")
    assert make.reasons(make.shop(person), rule) == ["absent"]
    assert make.reasons(make.shop(person, page_kinds=frozenset({"home"})), rule) == []
    assert make.reasons(make.shop(person, make.fact("licence_code", "91310115XX0000019T")), rule) == []
    assert make.reasons(make.shop(make.fact("seller_name", "上海虚构有限公司")), rule) == []


def test_a_licence_shown_otherwise_is_no_missing_declaration(make: Any, catalogue: Catalogue) -> None:
    """A picture of it, or a link that leads to it: as the rule of the missing licence has it."""
    rule, person = catalogue.get("ID07"), make.fact("seller_name", "测试者", "经营者类型：个人")
    assert (
        make.reasons(make.shop(person, make.fact("licence_image", "https://s1.example.test/licence.jpg")), rule) == []
    )
    for link, reasons in ((LinkSeen("https://zzlz.example.test/1"), []), (LinkSeen(), ["absent"]), (None, ["absent"])):
        assert make.reasons(make.shop(person, display=Display((), link=link)), rule) == reasons


def test_licensed_sellers_are_exempt(make: Any, catalogue: Catalogue) -> None:
    """A text under this heading that is a licence is no declaration gone wrong."""
    text = "营业执照 统一社会信用代码：91310115XX0000019T"
    assert make.reasons(make.shop(make.fact("declaration", text)), catalogue.get("ID07")) == []
    other = make.fact("declaration", "本店商品均为正品")
    assert make.reasons(make.shop(other), catalogue.get("ID07")) == []


def test_difference() -> None:
    """What was left out and put in is told, the rest is not."""
    assert letters("个人，从事 ＡＢ。") == "个人从事ab"
    assert (
        difference("个人从事零星小额交易", "个人从事小额买卖") == "[-零星-] [-交易-]{+买卖+}"
        or difference("个人从事零星小额交易", "个人从事小额买卖") == "[-零星-] [-交易-] {+买卖+}"
    )
    assert difference("甲乙", "甲") == "[-乙-]"
    assert difference("甲", "甲乙") == "{+乙+}"
