"""Reading by a platform's description."""

from collections.abc import Callable

from crawlers.reading.adapted import kind_by_pages, read_adapted
from crawlers.reading.document import Document
from crawlers.reading.facts import fen_of, kind_of
from crawlers.reading.platform import Platform

Reader = Callable[..., Document]

PLATFORM = Platform.model_validate(
    {
        "name": "x",
        "title": "某平台",
        "pages": {"detail": [r"^/item/"], "list": [r"^/all\?p="]},
        "selectors": {
            "fields": {"title": [".none", ".t"], "image": [".g img"], "category": [".path"]},
            "prices": {"shown": [".now"], "struck": [".was"], "member": [".vip"]},
            "cards": {"card": [".c"], "title": [".n"], "price": [".p"]},
        },
    }
)


def test_kind_by_address() -> None:
    """Path and query are matched."""
    assert kind_by_pages(PLATFORM, "https://shop.example.test/item/1") == "detail"
    assert kind_by_pages(PLATFORM, "https://shop.example.test/all?p=2") == "list"
    assert kind_by_pages(PLATFORM, "https://shop.example.test/x") is None


def test_detail(read: Reader) -> None:
    """Selectors win over guesses; what they do not say is still read."""
    body = (
        "<ul class=path><li>家居</li><li>茶具</li></ul>"
        "<h1>店</h1><p class=t>茶壶</p><div class=g><img src=/a.jpg></div><b class=now>12.5</b>"
        "<i class=was>¥20</i><p class=q>券后价 ¥11</p><p>库存 5 件</p>"
    )
    page = read_adapted(read(body), PLATFORM)
    (listing,) = page.listings
    found = {(fact.field, kind_of(fact), fen_of(fact)) for fact in listing.facts if fact.field == "price"}
    assert {("price", "shown", 1250), ("price", "struck", 2000)} <= found
    assert listing.facts[0].value == "茶壶"
    assert [fact.value for fact in listing.facts if fact.field == "image"] == ["https://shop.example.test/a.jpg"]
    assert [fact.value for fact in listing.facts if fact.field == "category"] == ["家居 > 茶具"]
    assert ("stock", 5) in [(fact.field, fact.value) for fact in listing.facts]


def test_range_and_words_in_a_price(read: Reader) -> None:
    """Two ends make a range, 面议 makes a price without amount, other words make none."""
    for text, kind, fen in (("¥5-¥9", "range", 500), ("面议", "shown", None)):
        facts = read_adapted(read(f"<p class=t>门</p><b class=now>{text}</b>"), PLATFORM).listings[0].facts
        assert [(kind_of(f), fen_of(f)) for f in facts if f.field == "price"] == [(kind, fen)]
    facts = read_adapted(read("<p class=t>门</p><b class=now>请稍候</b>"), PLATFORM).listings[0].facts
    assert [f for f in facts if f.field == "price"] == []


def test_cards(read: Reader) -> None:
    """Only the platform's own cards, each once, one alone too."""
    body = (
        "<div class=c><a href=/item/1><i class=n>甲</i></a><b class=p>¥5起</b></div><div class=c>"
        "<a href=/item/1><i class=n>甲</i></a></div><div class=c><a href=/item/2><i class=n>乙</i></a>"
        "<b class=p>面议</b></div><div class=c>空</div>"
    )
    page = read_adapted(read(body, url="https://shop.example.test/all?p=1"), PLATFORM)
    assert [(s.url[-1], s.facts[0].value, [(kind_of(f), fen_of(f)) for f in s.facts[1:]]) for s in page.listings] == [
        ("1", "甲", [("range", 500)]),
        ("2", "乙", [("shown", None)]),
    ]
