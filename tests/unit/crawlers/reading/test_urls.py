"""Addresses on a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.reading.parsing import parse
from crawlers.reading.urls import absolute, host_of, route_of, same_page

PAGE = parse(b"<p>x</p>", url="https://shop.example.test/a/b.html?x=1")


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/c#top", "https://shop.example.test/c"),
        ("c", "https://shop.example.test/a/c"),
        ("../d?y=2", "https://shop.example.test/d?y=2"),
        ("//cdn.example.test/e", "https://cdn.example.test/e"),
        ("?p=2", "https://shop.example.test/a/b.html?p=2"),
        ("https://other.example.test", "https://other.example.test/"),
        ("#x", ""),
        ("javascript:void(0)", ""),
        ("mailto:a@example.test", ""),
        ("http://[", ""),
        ("", ""),
        ("x" * 3_000, ""),
    ],
)
def test_references_become_addresses(href: str, url: str) -> None:
    """Absolute, http(s), without fragment; else nothing."""
    assert absolute(PAGE, href) == url


def test_base_element_counts() -> None:
    """The page's base is used, also a broken one."""
    assert (
        absolute(parse(b"<base href='/shop/'>", url="https://shop.example.test/x"), "a")
        == "https://shop.example.test/shop/a"
    )
    assert (
        absolute(parse(b"<base href='http://['>", url="https://shop.example.test/x"), "a")
        == "https://shop.example.test/a"
    )


def test_hosts_and_pages_compare() -> None:
    """Www and letter case do not make another host; a query does not make another page."""
    assert host_of("https://WWW.Shop.example.test:80/x") == "shop.example.test:80"
    assert host_of("http://[") == ""
    assert same_page("https://a.example/x/?q=1", "https://a.example/x#y")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("/index.php?route=product/product&product_id=4", "/index.php?product_id=4&route=product/product&path=9", True),
        ("/index.php?route=product/product&product_id=4", "/index.php?route=product/product&product_id=5", False),
        ("/?s=goods/index/id/8.html", "/?s=goods/index/id/9.html", False),
        ("/?s=goods/index/id/8.html", "/", False),
        ("/product_info.php?products_id=4", "/product_info.php?products_id=5", False),
        ("/item/9.html?sku_id=4", "/item/9.html?sku_id=5", True),
        ("/item/9.html?color=4&paid=1", "/item/9.html", True),
    ],
)
def test_queries_that_name_a_page(first: str, second: str, *, same: bool) -> None:
    """A route or the number of a good tells pages apart; a variant or a way there does not."""
    assert same_page(f"https://a.example{first}", f"https://a.example{second}") is same


@pytest.mark.parametrize(
    ("query", "route"),
    [
        ("s=goods/index/id/8.html", "/goods/index/id/8.html"),
        ("language=en&route=product%2Fcategory&path=20", "/product/category"),
        ("main_page=product_info&products_id=3", "/product_info"),
        ("s=12", ""),
        ("q=a/b", ""),
        ("", ""),
    ],
)
def test_routes(query: str, route: str) -> None:
    """A query may name a path."""
    assert route_of(query) == route


@given(st.text(max_size=60))
def test_any_reference_is_safe(href: str) -> None:
    """Whatever is written, the result is empty or an http(s) address without fragment."""
    url = absolute(PAGE, href)
    assert url == "" or (url.startswith(("http://", "https://")) and "#" not in url)
