"""Places that can be found again."""

from collections.abc import Callable

import pytest

from crawlers.reading.document import Document
from crawlers.reading.errors import LocatorError
from crawlers.reading.locator import at_element, at_text, css_path, resolve, resolve_in

Reader = Callable[..., Document]

BODY = """<html><head><title>杯</title><meta name=description content=好杯>
<script type=application/ld+json>{"a/b":[{"c":9.5}]}</script></head>
<body><div><p>甲</p><p id=x>乙<b>丙</b></p><x-y:z>丁</x-y:z><img src=/a.jpg></div></body></html>""".encode()


@pytest.mark.parametrize(
    ("locator", "text"),
    [
        ("title:", "杯"),
        ("meta:description", "好杯"),
        ("json-ld:/0/a~1b/0/c", "9.5"),
        ("text:0-1", "甲"),
        ("css:#x > b:nth-child(1)", "丙"),
        ("css:img@src", "/a.jpg"),
    ],
)
def test_each_form_resolves(locator: str, text: str) -> None:
    """Every form leads to its text."""
    assert resolve(BODY, locator) == text


@pytest.mark.parametrize(
    "locator", ["", "xpath://p", "text:5-2", "text:0-999999", "css:#nothing", "css:", "meta:none", "json-ld:/9"]
)
def test_places_that_are_not_there_are_refused(locator: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(LocatorError) as caught:
        resolve(BODY, locator)
    assert caught.value.code == "crawlers.locator"


def test_every_element_has_a_path_of_its_own(read: Reader) -> None:
    """A path finds exactly the element it was made for, doubled ids and odd tags included."""
    document = read(
        "<div id=a><p id=b>1</p><p id=b>2</p><x-y:z>3</x-y:z><svg><g>4</g></svg></div><div id='1 2'>5</div>"
    )
    for element in document.elements:
        assert [found.index for found in document.css(css_path(document, element))] == [element.index]


def test_attribute_places(read: Reader) -> None:
    """An attribute is named behind the selector."""
    document = read("<img src='/a.jpg' alt=x>")
    image = document.css("img")[0]
    assert resolve_in(document, at_element(document, image, "src")) == "/a.jpg"
    assert at_text(3, 5) == "text:3-5"
