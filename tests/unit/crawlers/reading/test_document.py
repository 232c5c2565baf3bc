"""Questions to the flat form of a page."""

from collections.abc import Callable

from crawlers.reading.document import Document

Reader = Callable[..., Document]


def test_elements_over_and_common(read: Reader) -> None:
    """The innermost element that holds a range, and that holds two elements."""
    document = read("<div id=a><p id=b>甲<b id=c>乙</b></p><p id=d>丙</p></div>")
    by_id = {element.get("id"): element for element in document.elements}
    assert document.element_at(0).get("id") == "b"
    assert document.element_over(0, 2).get("id") == "b"
    assert document.element_over(0, 4).get("id") == "a"
    assert document.common(by_id["c"].index, by_id["d"].index).get("id") == "a"
    assert [e.get("id") for e in document.inside(by_id["a"])] == ["b", "c", "d"]
    assert [e.tag for e in document.ancestors(by_id["c"].index)][:3] == ["b", "p", "div"]
    assert [document.elements[i].get("id") for i in document.children[by_id["a"].index]] == ["b", "d"]
    assert document.run_starts(0, 2) == [(0, by_id["b"].index), (1, by_id["c"].index)]


def test_css_finds_elements_and_forgives_nonsense(read: Reader) -> None:
    """A selector that is not understood finds nothing."""
    document = read("<p class=x>甲</p><p class=x>乙</p>")
    assert [document.text_of(e) for e in document.css("p.x")] == ["甲", "乙"]
    assert document.css("p[[") == []


def test_marks_are_lower_case(read: Reader) -> None:
    """Class and id in one, without letter case."""
    assert read("<p class='Price Now' id=P1>1</p>").css("p")[0].mark == "price now p1"
