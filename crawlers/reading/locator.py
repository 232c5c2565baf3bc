"""Where a value was read, in a form that can be followed again.

Forms: ``css:<selector>`` (visible text of the element), ``css:<selector>@<attribute>`` (an
attribute), ``meta:<name>`` (content of a meta element), ``title:`` (the title element),
``json-ld:<pointer>`` (RFC 6901 pointer into the array of the page's JSON-LD scripts) and
``text:<start>-<end>`` (code points of the visible text).
"""

import re

from crawlers.reading import json_ld
from crawlers.reading.document import Document, Element
from crawlers.reading.errors import LocatorError
from crawlers.reading.parsing import parse

_PLAIN_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,60}", re.ASCII)
_PLAIN_TAG = re.compile(r"[a-z][a-z0-9]{0,20}", re.ASCII)
_CSS = re.compile(r"css:(?P<selector>.*?)(?:@(?P<attribute>[\w:.-]{1,40}))?", re.DOTALL)
_TEXT = re.compile(r"text:(\d{1,10})-(\d{1,10})")


def _ids(document: Document) -> dict[str, int]:
    """How often each id is used: an id is a landmark only where it is used once."""
    counts: dict[str, int] | None = document.memo.get("ids")
    if counts is None:
        counts = {}
        for element in document.elements:
            name = element.attrs.get("id")
            if name:
                counts[name] = counts.get(name, 0) + 1
        document.memo["ids"] = counts
    return counts


def css_path(document: Document, element: Element) -> str:
    """A selector that finds exactly this element."""
    counts = _ids(document)
    steps: list[str] = []
    for step in document.ancestors(element.index):
        name = step.attrs.get("id")
        if name and counts.get(name) == 1 and _PLAIN_ID.fullmatch(name):
            steps.append(f"#{name}")
            break
        tag = step.tag if _PLAIN_TAG.fullmatch(step.tag) else ""
        if step.parent < 0 or tag in {"body", "head"}:
            steps.append(tag or "*")
            if step.parent < 0:
                break
            continue
        place = document.children[step.parent].index(step.index) + 1
        steps.append(f"{tag}:nth-child({place})")
    return " > ".join(reversed(steps))


def at_element(document: Document, element: Element, attribute: str = "") -> str:
    """Locator of an element's visible text, or of one of its attributes."""
    suffix = f"@{attribute}" if attribute else ""
    return f"css:{css_path(document, element)}{suffix}"


def at_text(start: int, end: int) -> str:
    """Locator of a range of the visible text."""
    return f"text:{start}-{end}"


def _resolve_css(document: Document, locator: str) -> str:
    match = _CSS.fullmatch(locator)
    selector, attribute = (match["selector"], match["attribute"]) if match else ("", "")
    found = document.css(selector) if selector else []
    if not found:
        raise LocatorError(f"expected an element at {locator!r}, found none", hint="Was the page changed since?")
    return found[0].get(attribute) if attribute else document.text_of(found[0])


def resolve_in(document: Document, locator: str) -> str:
    """The text at a locator of a parsed page.

    Raises:
        LocatorError: the form is not known, or there is nothing at the place.
    """
    if locator.startswith("css:"):
        return _resolve_css(document, locator)
    if locator == "title:":
        return document.title
    if locator.startswith("meta:"):
        for meta in document.metas:
            if meta.name == locator[5:]:
                return meta.content
    elif locator.startswith("json-ld:"):
        value = json_ld.follow(json_ld.blocks_of(document), locator[8:])
        if value is not None:
            return json_ld.as_text(value)
    else:
        match = _TEXT.fullmatch(locator)
        if match and int(match[1]) <= int(match[2]) <= len(document.text):
            return document.text[int(match[1]) : int(match[2])]
    raise LocatorError(
        f"expected css:, meta:, title:, json-ld: or text: with something there, got {locator!r}",
        hint="Resolve against the same bytes, URL and content type the fact was read from.",
    )


def resolve(body: bytes, locator: str, *, url: str = "", content_type: str = "") -> str:
    """The text at a locator, read again from the page's bytes.

    Args:
        body: the page as received.
        locator: ``Fact.locator``.
        url: absolute URL of the page.
        content_type: the header's value the page came with.

    Raises:
        LocatorError: the form is not known, or there is nothing at the place.
    """
    return resolve_in(parse(body, url=url, content_type=content_type), locator)
