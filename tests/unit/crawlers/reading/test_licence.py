"""What a shop says of itself."""

from collections.abc import Callable

from crawlers.reading.document import Document
from crawlers.reading.licence import codes, shop_facts

Reader = Callable[..., Document]


def _facts(document: Document, *, licence_page: bool = True) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for fact in shop_facts(document, licence_page=licence_page):
        found.setdefault(fact.field, []).append(fact.value)
    return found


def test_licence_page(read: Reader) -> None:
    """Code, name, address, picture, contact, filing numbers and permits."""
    rows = {
        "统一社会信用代码": "91310115XX0000019T",
        "企业名称": "上海虚构（测试）有限公司",
        "住所": "上海市浦东新区虚构路1号",
        "联系电话": "021-00000101",
    }
    body = (
        "<table>"
        + "".join(f"<tr><td>{k}</td><td>{v}</td></tr>" for k, v in rows.items())
        + "</table><img src=/y.jpg alt=营业执照>"
    )
    found = _facts(
        read(body + "<p>食品经营许可证编号：JY13101150000101</p><p>沪ICP备00000101号-1 沪公网安备31011500000001号</p>")
    )
    assert found["licence_code"] == ["91310115XX0000019T"]
    assert found["licence_name"] == ["上海虚构（测试）有限公司"]
    assert found["licence_address"] == ["上海市浦东新区虚构路1号"]
    assert found["licence_image"] == ["https://shop.example.test/y.jpg"]
    assert found["contact"] == ["021-00000101"]
    assert found["icp"] == ["沪ICP备00000101号-1"]
    assert found["police_filing"] == ["沪公网安备31011500000001号"]
    assert found["permit"] == ["食品经营许可证编号：JY13101150000101"]


def test_confusions_are_left_as_they_are(read: Reader) -> None:
    """O for 0 and I for 1 are the rule's to judge, and grouping is taken out of the value only."""
    (fact,) = codes(read("<p>统一社会信用代码：9I31 0115 XXOO 0001 9T</p>"))
    assert (fact.value, fact.raw) == ("9I310115XXOO00019T", "9I31 0115 XXOO 0001 9T")


def test_codes_without_label_and_old_numbers(read: Reader) -> None:
    """A bare code is one; an old number needs its label; a telephone is none."""
    assert [fact.value for fact in codes(read("<p>91310115XX0000019T</p>"))] == ["91310115XX0000019T"]
    assert [fact.value for fact in codes(read("<p>注册号：310115000123456</p>"))] == ["310115000123456"]
    assert list(codes(read("<p>02100000101</p>"))) == []


def test_values_in_one_line(read: Reader) -> None:
    """The next label ends a value."""
    found = _facts(read("<p>企业名称：虚构茶庄 住所：虚构路2号；法定代表人：某某</p>"))
    assert found["licence_name"] == ["虚构茶庄"]


def test_self_declaration(read: Reader) -> None:
    """The whole sentence."""
    text = "个人销售自产农副产品，依法不需要办理市场主体登记"
    assert _facts(read(f"<p>经营者：某某</p><p>{text}</p>"))["declaration"] == [text]


def test_name_and_address_only_where_a_licence_is(read: Reader) -> None:
    """On other pages 名称 is not a licence's name."""
    assert "licence_name" not in _facts(read("<p>名称：茶壶</p>"), licence_page=False)


def test_seller_shown(read: Reader) -> None:
    """By label, or by the name of the element."""
    assert _facts(read("<p>店铺：虚构茶行</p>"))["seller_shown"] == ["虚构茶行"]
    assert _facts(read("<p class=shop-name>虚构茶行</p>"))["seller_shown"] == ["虚构茶行"]


def test_notices(read: Reader) -> None:
    """A labelled notice; the text of a page of rules from its heading to the footer."""
    assert _facts(read("<p>店铺公告：节日照常发货</p>"), licence_page=False)["notice"] == ["节日照常发货"]
    document = read("<nav>导航</nav><h1>规则</h1><p>最终解释权归本店所有。</p><footer>备案</footer>")
    found = [fact.value for fact in shop_facts(document, licence_page=False, rules_page=True) if fact.field == "notice"]
    assert found == ["规则 最终解释权归本店所有。"]
