"""The single walk: text, offsets, what is hidden, and bounds."""

import time
from collections.abc import Callable

import pytest

from crawlers.reading.document import Document
from crawlers.reading.parsing import MAX_NESTING, bound_nesting, parse

Reader = Callable[..., Document]


def test_blocks_are_parted_and_white_space_collapsed(read: Reader) -> None:
    """Blocks end a line, inline pieces join, white space is one space."""
    document = read("<div>甲  乙<b>丙</b></div><p>丁\n 戊</p><table><tr><td>己</td><td>庚</td></tr></table>")
    assert document.text == "甲 乙丙\n丁 戊\n己 庚"


@pytest.mark.parametrize(
    "markup",
    [
        "<p hidden>x</p>",
        "<p style='display: none'>x</p>",
        "<p class='sr-only'>x</p>",
        "<p class=d-none>x</p>",
        "<script>x</script>",
        "<style>x</style>",
        "<noscript>x</noscript>",
        "<template>x</template>",
        "<textarea>x</textarea>",
    ],
)
def test_what_is_not_shown_is_no_text(read: Reader, markup: str) -> None:
    """Hidden pieces are no visible text."""
    assert read(f"<i>a</i>{markup}").text == "a"


def test_shown_on_wide_screens_is_shown(read: Reader) -> None:
    """Responsive classes hide on small screens only."""
    assert read("<p class='hidden md:block'>x</p>").text == "x"


def test_data_in_the_head_is_kept(read: Reader) -> None:
    """Title, metas, base and scripts are kept apart from the text."""
    head = "<meta property='og:title' content=' 杯 '><base href='/x/'><script type='application/ld+json'>{}</script>"
    document = read("", title=" 甲\n乙 ", head=head)
    assert document.title == "甲 乙"
    assert ("og:title", "杯") in [(meta.name, meta.content) for meta in document.metas]
    assert document.base == "/x/"
    assert document.scripts[0].type == "application/ld+json"


def test_text_ranges_of_elements(read: Reader) -> None:
    """Every element covers its own text."""
    document = read("<div id=a>甲<p id=b>乙</p></div><p>丙</p>")
    by_id = {element.get("id"): element for element in document.elements}
    assert document.text_of(by_id["a"]) == "甲\n乙"
    assert document.text_of(by_id["b"]) == "乙"


@pytest.mark.parametrize("unit", ["<div>", "<ul><li>", "<a><div>", "<b></p>"])
def test_deep_nesting_is_cut_and_quick(unit: str) -> None:
    """Markup made to be slow is cut where it gets too deep."""
    started = time.process_time()
    document = parse((unit * 100_000).encode(), url="https://shop.example.test/")
    assert time.process_time() - started < 5
    assert "nesting-cut" in document.notes


def test_ordinary_nesting_is_left_alone() -> None:
    """A long list is not deep."""
    markup = "<ul>" + "<li><p>x" * 5_000 + "</ul>"
    assert bound_nesting(markup) == (markup, False)
    assert bound_nesting("<div>" * (MAX_NESTING - 1)) == ("<div>" * (MAX_NESTING - 1), False)


def test_empty_page_has_a_root() -> None:
    """No bytes, no text, no error."""
    assert parse(b"", url="").text == ""


def test_too_many_elements_are_noted() -> None:
    """A page of endless elements is read up to a limit."""
    assert "truncated" in parse(b"<i>a</i>" * 70_000, url="").notes
