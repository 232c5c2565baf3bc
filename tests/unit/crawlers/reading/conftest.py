"""Small pages for the readers' tests."""

from collections.abc import Callable

import pytest

from crawlers.reading.document import Document
from crawlers.reading.parsing import parse

URL = "https://shop.example.test/item/9.html"
CARDS = "".join(
    (
        f'<li class="card"><a href="/item/{n}.html"><img src="/{n}.jpg"><span class="name">货品{n}号'
        f'</span></a><b class="price">¥{n}.50</b></li>'
    )
    for n in range(1, 5)
)

Reader = Callable[..., Document]


@pytest.fixture
def read() -> Reader:
    """Parse a body's markup (and a title) as a page of the shop."""

    def _read(body: str, *, title: str = "", url: str = URL, head: str = "") -> Document:
        markup = (
            f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}</title>{head}</head>"
            f"<body>{body}</body></html>"
        )
        return parse(markup.encode(), url=url)

    return _read


@pytest.fixture
def cards() -> str:
    """Four cards of goods."""
    return f"<ul>{CARDS}</ul>"
