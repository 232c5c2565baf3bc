"""Links worth following."""

from collections.abc import Callable

import pytest

from crawlers.reading.document import Document
from crawlers.reading.links import links_of

Reader = Callable[..., Document]


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<a href=/x>营业执照</a>", "licence"),
        ("<a href=/licence>x</a>", "licence"),
        ("<a href=/x>退换货政策</a>", "rules"),
        ("<a href=/login>进入</a>", "login"),
        ("<a href='/all?page=2'>下一页</a>", "list"),
        ("<a href=/>首页</a>", "home"),
        ("<a href=/product/12.html>x</a>", "detail"),
        ("<a href=/category/3>x</a>", "list"),
        ("<a href=/about>x</a>", "other"),
    ],
)
def test_kinds(read: Reader, markup: str, kind: str) -> None:
    """Words and addresses tell what is behind."""
    assert [link.kind for link in links_of(read(markup))] == [kind]


def test_same_site_once_without_fragment(read: Reader, cards: str) -> None:
    """Other sites, files and repetitions are left out; the first words are kept; cards lead to details."""
    links = links_of(
        read(
            "<a href='/a#x'><img src=y></a><a href='/a'>甲</a><a href='https://other.example.test/'>乙</a>"
            f"<a href=/b.pdf>丙</a><a href='https://www.shop.example.test/c'>丁</a>{cards}"
        )
    )
    assert [(link.url, link.text) for link in links][:2] == [
        ("https://shop.example.test/a", "甲"),
        ("https://www.shop.example.test/c", "丁"),
    ]
    assert [link.kind for link in links][2:] == ["detail"] * 4
