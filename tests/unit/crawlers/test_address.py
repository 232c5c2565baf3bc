"""Addresses: one written form, clear refusals, what belongs to a shop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.address import (
    Site,
    canonical_or_none,
    canonical_url,
    host_of,
    is_binary,
    origin,
    template_of,
    url_key,
)
from crawlers.errors import AddressError

_TEXT = st.text(alphabet="abcXYZ019-._~%/?&=#:@!$'()*+,;[]中 文\\", max_size=40)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("HTTP://Shop.Example:80", "http://shop.example/"),
        ("https://shop.example:443/a", "https://shop.example/a"),
        ("https://shop.example:8443/a", "https://shop.example:8443/a"),
        (" http://shop.example/a/../b/./c ", "http://shop.example/b/c"),
        ("http://shop.example/a/..", "http://shop.example/"),
        ("http://shop.example/../../x", "http://shop.example/x"),
        ("http://shop.example/%7euser/%e4%b8%ad", "http://shop.example/~user/%E4%B8%AD"),
        ("http://shop.example/中 文", "http://shop.example/%E4%B8%AD%20%E6%96%87"),
        ("http://shop.example/100%", "http://shop.example/100%25"),
        ("http://shop.example/?utm_source=x&id=3&spm=1.2", "http://shop.example/?id=3"),
        ("http://shop.example/?utm_source=x", "http://shop.example/"),
        ("http://shop.example/a#top", "http://shop.example/a"),
        ("http://shop.example/#/item/1", "http://shop.example/#/item/1"),
        ("http://商店.example/", "http://xn--czrs0t.example/"),
        ("http://shop.example./", "http://shop.example/"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
    ],
)
def test_one_written_form(written: str, expected: str) -> None:
    """Spellings of one address become one."""
    assert canonical_url(written) == expected


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ("", "nothing"),
        ("shop.example", "http://"),
        ("ftp://shop.example/", "'ftp'"),
        ("javascript:alert(1)", "'javascript'"),
        ("http:shop.example", "//"),
        ("http://user:secret@shop.example/", "user name"),
        ("http://shop.example:99999/", "web address"),
        ("http:///path", "host name"),
        ("http://sh op.example/", "host name"),
        ("http://[::1/", "web address"),
        ("http://shop.example/" + "a" * 2_000, "2000"),
        ("http://shop.example/" + "中" * 500, "2000"),
        (f"http://{'ä' * 300}.example/", "host name"),
    ],
)
def test_what_cannot_be_watched_is_refused(bad: str, word: str) -> None:
    """Not a URL, another scheme, a user in it, too long: each says what was expected."""
    with pytest.raises(AddressError, match=word) as caught:
        canonical_url(bad)
    assert "secret" not in caught.value.message
    assert caught.value.code == "crawl.address"
    assert canonical_or_none(bad) is None


@given(_TEXT, _TEXT)
def test_applying_it_again_changes_nothing(path: str, query: str) -> None:
    """Canonical is a fixed point; the key is of the canonical form."""
    url = canonical_or_none(f"http://shop.example/{path}?{query}")
    if url is not None:
        assert canonical_url(url) == url
        assert url.isascii()
        assert len(url_key(url)) == 32
        assert origin(url) == "http://shop.example"
        assert host_of(url) == "shop.example"


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """Nothing but AddressError comes out."""
    url = canonical_or_none(text)
    assert url is None or url.startswith(("http://", "https://"))


def test_a_site_holds_its_host_and_what_is_below() -> None:
    """With and without www, on usual ports, sub-domains; not other hosts or ports."""
    site = Site.of("http://www.shop.example/")
    assert site.holds("https://shop.example/a")
    assert site.holds("http://img.shop.example/a")
    assert site.holds("http://m.shop.example/")
    assert not site.holds("http://shop.example:8080/")
    assert not site.holds("http://notshop.example/")
    assert not site.holds("http://shop.example.evil.example/")
    assert Site.of("http://127.0.0.1:8000/").holds("http://127.0.0.1:8000/x")
    assert not Site.of("http://127.0.0.1:8000/").holds("http://127.0.0.1:8001/x")


def test_a_shop_on_a_platform_is_its_folder() -> None:
    """A deep home, or a host shared with other shops, keeps the crawl below the shop's folder."""
    shop = Site.of("http://platform.example/shop/a/")
    assert shop.holds("http://platform.example/shop/a/item/1")
    assert not shop.holds("http://platform.example/shop/b/")
    assert Site.of("http://platform.example/a/").holds("http://platform.example/other")
    assert not Site.of("http://platform.example/a/", shared_host=True).holds("http://platform.example/other")
    assert Site.of("http://shop.example/index.html").prefix == "/"


def test_templates_and_files() -> None:
    """Addresses that differ only in numbers have one template; pictures and documents are no pages."""
    assert template_of("http://a.example/cal/2026-11?day=3") == template_of("http://a.example/cal/2027-1?day=30")
    assert template_of("http://a.example/item/1") != template_of("http://a.example/list/1")
    goods = template_of("http://a.example/?s=goods/index/id/1.html")
    assert goods == template_of("http://a.example/?s=goods/index/id/22.html")
    assert goods != template_of("http://a.example/?s=search/index/cid/1.html")
    found = template_of("http://a.example/?s=search/index/wd/8EFB/cid/3.html")
    assert found == template_of("http://a.example/?s=search/index/wd/96F7/bid/1/ov/sales-desc.html")
    assert template_of("http://a.example/?s=7") == template_of("http://a.example/?s=8")
    assert template_of("http://a.example/x/0123456789abcdef") == template_of("http://a.example/x/fedcba9876543210")
    assert is_binary("http://a.example/a.JPG?x=1")
    assert not is_binary("http://a.example/a.html")
