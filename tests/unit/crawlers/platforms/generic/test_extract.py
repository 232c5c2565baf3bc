"""The generic extractor."""

from crawlers.platforms.generic.extract import extract


def test_reads_any_shop() -> None:
    """Title and price of a page of a shop nobody described."""
    page = extract(
        "<title>杯</title><h1>杯</h1><b class=price>¥5</b><button>购买</button>".encode(),
        url="https://shop.example.test/x",
    )
    assert page.kind == "detail"
    assert page.listings[0].facts[0].value == "杯"
