"""SKUs and boxes."""

from collections.abc import Callable

import pytest

from crawlers.reading.choices import options, skus
from crawlers.reading.document import Document
from crawlers.reading.facts import fen_of

Reader = Callable[..., Document]


@pytest.mark.parametrize(
    "markup",
    [
        (
            "<select name=spec><option value=''>请选择</option><option value=1>红</option>"
            "<option value=2>蓝</option></select>"
        ),
        "<div><span>规格</span><button>红</button><button>蓝</button></div>",
        "<dl><dt>颜色：</dt><dd><select name=c><option>红</option><option>蓝</option></select></dd></dl>",
        "<ul class=sku-list><li>红</li><li>蓝</li></ul>",
        "<ul><li>规格1：红</li><li>规格2：蓝</li></ul>",
        "<table><tr><td>可选规格</td><td><table><tr><td>红</td></tr><tr><td>蓝</td></tr></table></td></tr></table>",
    ],
)
def test_names_of_choices(read: Reader, markup: str) -> None:
    """However they are laid out."""
    assert [fact.value for fact in skus(read(markup)) if fact.field == "sku"] == ["红", "蓝"]


def test_prices_of_choices(read: Reader) -> None:
    """A choice's price carries its name."""
    facts = skus(read("<div><b>规格</b><label>小 [￥5.00元]</label><label>大 [￥8.00元]</label></div>"))
    prices = [(fen_of(fact), fact.value["sku"]) for fact in facts if not isinstance(fact.value, (str, int))]
    assert prices == [(500, "小"), (800, "大")]


@pytest.mark.parametrize(
    ("markup", "value"),
    [
        ("<label><input type=checkbox checked> 运费险 ¥1.50</label>", {"label": "运费险", "checked": True, "fen": 150}),
        (
            "<input type=checkbox id=o1><label for=o1>延保（39.00元）</label>",
            {"label": "延保", "checked": False, "fen": 3900},
        ),
        (
            "<label><input type=checkbox checked>同意接收短信</label>",
            {"label": "同意接收短信", "checked": True, "fen": None},
        ),
    ],
)
def test_boxes(read: Reader, markup: str, value: dict[str, object]) -> None:
    """Label, tick and price."""
    assert [fact.value for fact in options(read(markup))] == [value]


def test_boxes_of_a_sign_in_are_no_options(read: Reader) -> None:
    """To be remembered is no part of an order."""
    form = "<form><input type=password><label><input type=checkbox>记住我</label></form>"
    box = "<form><label><input type=checkbox>礼品包装</label></form>"
    assert [entry.raw for entry in options(read(form + box))] == ["礼品包装"]


def test_other_inputs_are_no_options(read: Reader) -> None:
    """Text fields and lonely boxes are left alone."""
    assert list(options(read("<input type=text><input type=checkbox>"))) == []
    assert skus(read("<p>无</p>")) == []
