"""The adapter of 拼集市."""

from crawlers.platforms.pinjishi.extract import PLATFORM, extract

URL = "http://pingtai.example.test/shop/a/item/1.html"


def test_reads_a_theme_without_names() -> None:
    """A page whose classes say nothing is read by its description."""
    body = (
        "<title>茶壶-某店-拼集市</title><div class=_3ttl>茶壶</div><div class=_5box><div class=_5now><span>¥"
        "</span><span>9.90</span></div></div>"
    )
    page = extract(body.encode(), url=URL)
    facts = page.listings[0].facts
    assert (page.kind, facts[0].value, facts[0].method) == ("detail", "茶壶", "adapter")
    assert facts[1].value["fen"] == 990  # type: ignore[index]


def test_hosts_are_named() -> None:
    """The platform says where it lives."""
    assert PLATFORM.hosts == ("pingtai.example.test",)
