"""Cards found by repetition."""

from collections.abc import Callable

from crawlers.reading.blocks import groups_of, in_card
from crawlers.reading.document import Document

Reader = Callable[..., Document]


def test_cards_of_a_list(read: Reader, cards: str) -> None:
    """Four cards with an address each, none for the page's frame."""
    document = read(f"<nav><a href=/>首页</a><a href=/a>甲</a><a href=/b>乙</a></nav>{cards}")
    (group,) = groups_of(document)
    assert [card.anchor.url[-6:] for card in group] == ["1.html", "2.html", "3.html", "4.html"]
    assert in_card(document, document.css("li b")[0].index)
    assert not in_card(document, document.css("nav")[0].index)


def test_rows_of_cards_are_not_cards(read: Reader) -> None:
    """Cards in rows: the cards are found, not the rows."""
    card = "<div class=col><a href=/i/{n}><img src=x>货{n}</a><b>¥{n}</b></div>"
    rows = "".join(
        "<div class=row>" + "".join(card.format(n=3 * r + c) for c in range(3)) + "</div>" for r in range(1, 4)
    )
    assert [len(group) for group in groups_of(read(rows))] == [9]


def test_no_amount_no_cards(read: Reader) -> None:
    """A menu is no list of goods."""
    assert groups_of(read("".join(f"<li><a href=/{n}><img src=x>甲</a></li>" for n in range(9)))) == []


def test_two_page_parts_are_not_cards(read: Reader) -> None:
    """Two parts of a page that look alike are no cards."""
    body = (
        "<div class=c><a href=/>首页</a><a href=/a>甲</a><a href=/b>乙</a><a href=/d>丁</a> ¥0</div>"
        "<div class=c><h1>杯</h1><a href=/x>说明</a> ¥5</div>"
    )
    assert groups_of(read(body)) == []


def test_table_rows_are_cards(read: Reader) -> None:
    """Old shops list goods in tables."""
    rows = "".join(
        f"<tr><td><a href='g.php?id={n}'><img src=x></a></td>"
        f"<td><a href='g.php?id={n}'>货{n}</a></td><td>{n}元</td></tr>"
        for n in range(1, 6)
    )
    assert [
        len(group)
        for group in groups_of(read(f"<table><tr><th>a</th></tr>{rows}</table>", url="https://shop.example.test/list"))
    ] == [5]
