"""Addresses as people enter them, in one form."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from identity_verify.errors import SiteAddressError
from identity_verify.site_address import host_name, read_address, registrable, shown


@pytest.mark.parametrize(
    ("entered", "origin", "domain", "path"),
    [
        ("shop.example.test", "https://shop.example.test", "example.test", "/"),
        (" HTTPS://Shop.Example.TEST.:443/#top ", "https://shop.example.test", "example.test", "/"),
        ("https://shop.example.test。/", "https://shop.example.test", "example.test", "/"),
        ("http://shop.example.test:80/a/./b/../c/?q=1", "http://shop.example.test", "example.test", "/a/c/"),
        ("http://shop.example.test:8700/~me", "http://shop.example.test:8700", "example.test", "/~me"),
        ("https://a.b.com.cn/", "https://a.b.com.cn", "b.com.cn", "/"),
        ("https://tea.github.io/", "https://tea.github.io", "tea.github.io", "/"),
        ("https://茶叶.公司.cn", "https://xn--qpr921i.xn--55qx5d.cn", "xn--qpr921i.xn--55qx5d.cn", "/"),
        ("https://shop.example.test/%E8%8C%B6/%7Eme", "https://shop.example.test", "example.test", "/茶/~me"),
        ("https://shop.example.test/a/../../..", "https://shop.example.test", "example.test", "/"),
    ],
)
def test_addresses_are_read(entered: str, origin: str, domain: str, path: str) -> None:
    """With and without scheme, with ports, dots, other scripts; the domain by the public suffix list."""
    address = read_address(entered)
    assert (address.origin, address.domain, address.path) == (origin, domain, path)
    assert read_address(address.url) == address


@pytest.mark.parametrize(
    "entered",
    [
        "", "   ", "two words", "ftp://shop.example.test", "https://user@shop.example.test", "https://192.0.2.7/",
        "https://[2001:db8::1]/", "localhost", "https://shop", "https://shop.example.test:99999/", "https://[::1",
        "https://-bad-.example.test", "https://shop.example.9", "https://a" + "b" * 900 + ".test", "https://",
        "https://shop.example.test/a;b", "https://shop.example.test/a%2525", "https://shop.example.test/a%00",
        "javascript:alert(1)", "https://shop..example.test",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(entered: str) -> None:
    """With a hint, and never as another error."""
    with pytest.raises(SiteAddressError) as caught:
        read_address(entered)
    assert caught.value.hint


@given(st.text(max_size=60))
@example("0。")
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else comes of it, and what is read reads the same again."""
    try:
        address = read_address(text)
    except SiteAddressError:
        return
    assert read_address(address.url) == address
    assert address.host == host_name(address.shown_host) or address.shown_host == address.host
    assert address.path.startswith("/")
    assert ".." not in address.path.split("/")


def test_suffixes_are_nobodys_domain() -> None:
    """A public suffix has no registrable domain; an unknown ending follows the default rule."""
    assert registrable("com.cn") == ""
    assert registrable("github.io") == ""
    assert registrable("a.b.example.test") == "example.test"
    assert registrable("localhost") == ""


def test_labels_that_do_not_decode_stay_as_they_are() -> None:
    """An A-label made by hand is shown raw."""
    assert shown("xn--a.example.test") == "xn--a.example.test"
