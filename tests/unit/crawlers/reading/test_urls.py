"""Addresses on a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.reading.parsing import parse
from crawlers.reading.urls import absolute, host_of, same_page

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


@given(st.text(max_size=60))
def test_any_reference_is_safe(href: str) -> None:
    """Whatever is written, the result is empty or an http(s) address without fragment."""
    url = absolute(PAGE, href)
    assert url == "" or (url.startswith(("http://", "https://")) and "#" not in url)
