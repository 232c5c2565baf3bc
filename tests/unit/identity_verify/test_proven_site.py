"""Sites: one written form, and which addresses each covers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.errors import SiteError
from identity_verify.proven_site import ProvenSite, SiteScope, covered, place_of, read_site, shared_term, site_text

AT = datetime(2026, 11, 25, tzinfo=UTC)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=2, max_size=4).map(".".join)


@pytest.mark.parametrize(
    ("site", "address", "expected"),
    [
        ("shop.example.test", "https://shop.example.test/a?b", True),
        ("shop.example.test", "shop.example.test", True),
        ("shop.example.test", "SHOP.example.test.", True),
        ("shop.example.test", "https://www.shop.example.test/", False),
        ("shop.example.test", "https://shop.example.test.evil.test/", False),
        ("shop.example.test", "https://shop.example.test:8443/", False),
        ("shop.example.test:8443", "https://shop.example.test:8443/", True),
        ("shop.example.test", "https://shop.example.test:443/", True),
        ("shop.example.test", "http://shop.example.test:80/", True),
        ("shop.example.test", "https://user@shop.example.test/", True),
        ("shop.example.test", "https://shop.example.test@evil.test/", False),
        ("*.example.test", "https://a.b.example.test/", True),
        ("*.example.test", "https://example.test/", True),
        ("*.example.test", "https://badexample.test/", False),
        ("mall.example.test/shop/7", "https://mall.example.test/shop/7", True),
        ("mall.example.test/shop/7", "https://mall.example.test/shop/7/goods", True),
        ("mall.example.test/shop/7", "https://mall.example.test/shop/77", False),
        ("mall.example.test/shop/7", "https://mall.example.test/shop/7/../8", False),
        ("mall.example.test/shop/7", "https://mall.example.test/shop/7/%2e%2e/8", False),
        ("mall.example.test/shop/7", "https://mall.example.test/", False),
        ("xn--fiq228c.example.test", "https://中文.example.test/", True),
        ("shop.example.test", "", False),
        ("shop.example.test", "https://[broken", False),
        ("shop.example.test", "https://sh op.example.test/", False),
    ],
)
def test_which_addresses_a_site_covers(site: str, address: str, *, expected: bool) -> None:
    """Neither a look-alike ending, nor another port or path, is covered."""
    assert covered([site], address) is expected


@pytest.mark.parametrize(
    ("host", "scope", "path", "port"),
    [
        ("Shop.example.test", "host", "", 0),
        ("shop.example.test; script-src *", "host", "", 0),
        ("*.example.test", "host", "", 0),
        ("-a.example.test", "host", "", 0),
        ("", "host", "", 0),
        ("a" * 254, "host", "", 0),
        ("shop.example.test", "host", "/x", 0),
        ("shop.example.test", "path", "", 0),
        ("shop.example.test", "path", "/a;b", 0),
        ("shop.example.test", "path", "a", 0),
        ("shop.example.test", "host", "", 70_000),
    ],
)
def test_what_could_break_out_of_a_header_is_refused(host: str, scope: SiteScope, path: str, port: int) -> None:
    """Only plain host names, paths and ports get a written form."""
    with pytest.raises(SiteError):
        site_text(host, scope, path=path, port=port)


@given(HOST, st.sampled_from(["host", "domain", "path"]), st.integers(0, 65_535))
def test_a_written_site_covers_itself(host: str, scope: SiteScope, port: int) -> None:
    """What is written is read back as the same place."""
    path = "/shop/7" if scope == "path" else ""
    text = site_text(host, scope, path=path, port=port)
    address = f"https://{host}{f':{port}' if port else ''}{path}"
    assert covered([text], address)
    assert read_site(text, proven_at=AT, expires_at=AT).text() == text


@pytest.mark.parametrize(
    "text", ["", "a.test:", "a.test:x", "a.test:99999", "a.test/", "*.a.test/x", "A.test", "a..test", "a.test:080"]
)
def test_a_text_that_is_no_site(text: str) -> None:
    """Only the one written form is read."""
    with pytest.raises(SiteError):
        read_site(text, proven_at=AT, expires_at=AT)


def test_text_and_term_of_sites() -> None:
    """The dataclass writes itself; the first proof that ends sets the term."""
    one = ProvenSite("shop.example.test", "domain", AT, AT + timedelta(days=30))
    two = ProvenSite("shop.example.test", "path", AT, AT + timedelta(days=9), path="/s/", port=8443)
    assert (one.text(), two.text()) == ("*.shop.example.test", "shop.example.test:8443/s")
    assert shared_term([one, two]) == AT + timedelta(days=9)
    assert shared_term([]) is None


def test_a_place_has_no_default_port() -> None:
    """Default ports are left out, so that they cannot tell two equal places apart."""
    place = place_of("http://a.example.test:443/")
    assert place is not None
    assert place.port == 443
