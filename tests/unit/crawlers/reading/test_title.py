"""The name of the page's subject."""

from collections.abc import Callable

import pytest

from crawlers.reading.document import Document
from crawlers.reading.structured import from_open_graph
from crawlers.reading.title import find_title, title_parts

Reader = Callable[..., Document]


@pytest.mark.parametrize(
    ("title", "body", "value", "sure"),
    [
        ("紫砂壶 - 某商城", "<h1>紫砂壶</h1>", "紫砂壶", True),
        ("紫砂壶 - 某商城", "<h1><a href=/>某商城</a></h1><h2>紫砂壶</h2>", "紫砂壶", True),
        ("紫砂壶_茶具_某商城", "<div><a href=/>某商城</a></div><p><b>紫砂壶</b></p>", "紫砂壶", True),
        ("某商城：紫砂壶", "<h3>紫砂壶</h3>", "紫砂壶", True),
        ("某商城", "<h1>紫砂壶</h1>", "紫砂壶", True),
        ("紫砂壶 - 某商城", "<p>无</p>", "紫砂壶", False),
        ("", "<h4>紫砂壶</h4>", "紫砂壶", False),
    ],
)
def test_titles(read: Reader, title: str, body: str, value: str, sure: bool) -> None:  # noqa: FBT001 - a truth of the table
    """Heading and title element together; alone they are less sure."""
    guess = find_title(read(body, title=title), [])
    assert guess is not None
    assert (guess.fact.value, guess.fact.confidence >= 50) == (value, sure)


def test_metadata_without_the_shop(read: Reader) -> None:
    """og:title loses the shop's name."""
    head = "<meta property='og:title' content='紫砂壶 - 某店'><meta property='og:site_name' content='某店'>"
    document = read("<p>x</p>", title="紫砂壶 - 某店", head=head)
    guess = find_title(document, from_open_graph(document))
    assert guess is not None
    assert (guess.fact.value, guess.fact.method) == ("紫砂壶", "open-graph")


def test_no_words_no_title(read: Reader) -> None:
    """Nothing is made up."""
    assert find_title(read(""), []) is None


def test_parts() -> None:
    """Parts of a title element."""
    assert title_parts("甲 - 乙 | 丙")[:3] == ["甲", "乙", "丙"]
