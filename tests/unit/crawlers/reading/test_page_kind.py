"""What a page is."""

from collections.abc import Callable

import pytest

from crawlers.reading.document import Document
from crawlers.reading.page import read_page
from crawlers.reading.page_kind import is_home_path, kind_by_address, path_of

Reader = Callable[..., Document]

LONG = "<p>" + "这是说明文字。" * 60 + "</p>"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://a.example/item/1.html", "detail"),
        ("https://a.example/goods.php?id=3", "detail"),
        ("https://a.example/products/blue-cup", "detail"),
        ("https://a.example/products/", "other"),
        ("https://a.example/list/3", "list"),
        ("https://a.example/s?q=x", "list"),
        ("https://a.example/about", "other"),
        ("https://a.example/?s=goods/index/id/8.html", "detail"),
        ("https://a.example/?s=search/index/cid/8.html", "list"),
        ("https://a.example/?s=article/index.html", "other"),
        ("https://a.example/index.php?route=product/product&product_id=4", "detail"),
        ("https://a.example/index.php?route=product/category&path=20", "list"),
        ("https://a.example/index.php?main_page=product_info&products_id=4", "detail"),
        ("http://[", "other"),
    ],
)
def test_addresses(url: str, kind: str) -> None:
    """Addresses give a first guess."""
    assert kind_by_address(url) == kind


def test_home_paths() -> None:
    """The front page of a host."""
    assert is_home_path("https://a.example/")
    assert is_home_path("https://a.example/index.php")
    assert not is_home_path("https://a.example/?x=1")
    assert path_of("http://[") == ("", "")


@pytest.mark.parametrize(
    ("body", "title", "url", "kind"),
    [
        ("<h1>杯</h1><b class=price>¥5</b><button>加入购物车</button>", "杯 - 店", "https://a.example/x", "detail"),
        ("<h1>登录</h1><form><input type=password></form>", "登录", "https://a.example/x", "login"),
        ("<p>请拖动滑块完成验证</p>", "安全验证", "https://a.example/x", "captcha"),
        ("<div class=geetest_box></div><p>x</p>", "", "https://a.example/x", "captcha"),
        ("<h1>店铺证照</h1><p>统一社会信用代码：91310115XX0000019T</p>", "证照", "https://a.example/x", "licence"),
        (f"<h1>交易规则</h1>{LONG}", "交易规则", "https://a.example/x", "rules"),
        (f"<h1>某店</h1>{LONG}", "某店", "https://a.example/", "home"),
        (f"<a href='/shop/a/'>首页</a>{LONG}", "某店", "https://a.example/shop/a/", "home"),
        (f"<h1>关于</h1>{LONG}", "关于我们", "https://a.example/about", "other"),
        ("", "", "https://a.example/x", "empty"),
    ],
)
def test_kinds(read: Reader, body: str, title: str, url: str, kind: str) -> None:
    """Each kind by its own signs."""
    page = read_page(read(body, title=title, url=url))
    assert (page.kind, page.needs_browser) == (kind, False)


def test_list(read: Reader, cards: str) -> None:
    """Cards and no price of its own."""
    assert read_page(read(cards, title="全部商品", url="https://shop.example.test/all")).kind == "list"


def test_shells_need_a_browser(read: Reader) -> None:
    """An empty root and scripts."""
    page = read_page(read("<div id=root></div>", head="<script src=/a.js></script>"))
    assert (page.kind, page.needs_browser) == ("empty", True)
    assert read_page(read("<div id=x>请启用 JavaScript</div><script>run()</script>")).needs_browser


def test_short_pages_with_a_form_are_no_shells(read: Reader) -> None:
    """A short login page that brings scripts is a login page."""
    body = "<div id=app><h1>登录</h1><form><input type=password></form></div>"
    assert read_page(read(body, title="登录", head="<script src=/a.js></script>")).kind == "login"
