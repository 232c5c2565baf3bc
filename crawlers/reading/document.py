"""A page as a flat list of elements over one visible text, made in a single walk.

Everything else in this package works on this form: subtrees are ranges of the list, and text
is a range of the visible text, so that no reader walks the tree again.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from crawlers.reading.decoding import decode

MAX_ELEMENTS = 60_000
MAX_NESTING = 400
"""Deeper markup is cut off: parsing cost grows with the square of the depth of unclosed elements."""

_NESTING_SCAN_FROM = 1_500
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_SELF_CLOSING = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd option tr td th tbody thead".split()
)
_SILENT = frozenset("script style noscript template head iframe object svg math canvas audio video textarea".split())
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark q s samp small span "
    "strike strong sub sup time tt u var wbr picture source bdo ruby rt rp strike price".split()
)
_DATA_TAGS = frozenset("script title html base meta".split())
_SPACED = frozenset("td th option button select".split())
_OFFSCREEN = re.compile(
    r"(?:^|\s)(?:sr-only|visually-hidden|visuallyhidden|a-offscreen|screen-reader-text|screen-reader|u-hidden-visually)(?:\s|$)"
)
_HIDDEN_CLASS = re.compile(r"(?:^|\s)(?:hidden|d-none|is-hidden|uk-hidden)(?:\s|$)")
_SHOWN_AGAIN = re.compile(r"(?:^|\s)(?:d-\w+-|\w+:)(?:block|inline|flex|grid|table)")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(slots=True)
class Element:
    """One element of the page.

    Attributes:
        index: place in ``Document.elements`` (document order). stop: index after its last descendant.
        parent: index of its parent, -1 for the root.
        start, end: range of the visible text it covers (code points).
        hidden: it, or something around it, is not shown.
    """

    index: int
    tag: str
    attrs: dict[str, str | None]
    parent: int
    depth: int
    start: int
    hidden: bool
    mem_id: int
    end: int = 0
    stop: int = 0

    def get(self, name: str) -> str:
        """An attribute's value, stripped; empty when there is none."""
        value = self.attrs.get(name)
        return value.strip() if value else ""

    @property
    def mark(self) -> str:
        """Class and id in lower case: the names the page's author gave it."""
        attrs = self.attrs
        if not attrs:
            return ""
        return f"{attrs.get('class') or ''} {attrs.get('id') or ''}".lower()


@dataclass(frozen=True, slots=True)
class Script:
    """The text of one script element."""

    element: int
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Meta:
    """A meta element: its property or name in lower case, and its content."""

    name: str
    content: str


@dataclass
class Document:
    """One page.

    Attributes:
        elements: all elements in document order; the first is the root.
        text: visible text; blocks are parted by line ends, white space is collapsed.
        runs: start offset of each run of text, sorted; ``run_elements`` names its element.
        scripts: scripts that carry data or code, in order.
        title: text of the title element. base: href of the base element.
        memo: what one reader found out and others use again.
        notes: what was odd.
    """

    url: str
    elements: list[Element] = field(default_factory=list)
    text: str = ""
    runs: list[int] = field(default_factory=list)
    run_elements: list[int] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    title: str = ""
    language: str = ""
    notes: tuple[str, ...] = ()
    tree: LexborHTMLParser | None = None
    metas: list[Meta] = field(default_factory=list)
    base: str = ""
    memo: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def children(self) -> list[list[int]]:
        """Child indexes of each element."""
        lists: list[list[int]] = [[] for _ in self.elements]
        for element in self.elements:
            if element.parent >= 0:
                lists[element.parent].append(element.index)
        return lists

    def text_of(self, element: Element) -> str:
        """Visible text of an element."""
        return self.text[element.start : element.end].strip()

    def span_of(self, element: Element) -> tuple[int, int]:
        """Range of the element's visible text without white space at its ends."""
        piece = self.text[element.start : element.end]
        start = element.start + len(piece) - len(piece.lstrip())
        return start, max(start, element.start + len(piece.rstrip()))

    def ancestors(self, index: int) -> Iterator[Element]:
        """The element and everything around it, inside out."""
        while index >= 0:
            element = self.elements[index]
            yield element
            index = element.parent

    def element_at(self, offset: int) -> Element:
        """Innermost element holding the text at an offset."""
        position = bisect_right(self.runs, offset) - 1
        return self.elements[self.run_elements[max(position, 0)]] if self.run_elements else self.elements[0]

    def element_over(self, start: int, end: int) -> Element:
        """Innermost element holding the whole of a range of text."""
        element = self.element_at(start)
        last = self.element_at(max(start, end - 1))
        while element.parent >= 0 and not element.index <= last.index < element.stop:
            element = self.elements[element.parent]
        return element

    def common(self, first: int, second: int) -> Element:
        """Innermost element that holds both elements."""
        element = self.elements[first]
        while element.parent >= 0 and not element.index <= second < element.stop:
            element = self.elements[element.parent]
        return element

    def run_starts(self, start: int, end: int) -> list[tuple[int, int]]:
        """Runs that begin inside a range: (offset, element index)."""
        low, high = bisect_left(self.runs, start), bisect_left(self.runs, end)
        return list(zip(self.runs[low:high], self.run_elements[low:high], strict=True))

    def inside(self, element: Element) -> list[Element]:
        """All descendants of an element, in document order."""
        return self.elements[element.index + 1 : element.stop]

    def css(self, selector: str) -> list[Element]:
        """Elements a CSS selector finds, in document order; none when the selector is not understood."""
        if self.tree is None:
            return []
        try:
            nodes = self.tree.css(selector)
        except (SelectolaxError, ValueError):
            return []
        by_id = {element.mem_id: element for element in self.elements} if nodes else {}
        return [by_id[node.mem_id] for node in nodes if node.mem_id in by_id]


class _Walk:
    """State of the single walk."""

    __slots__ = ("document", "length", "pending", "pieces", "stack")

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[Element] = []
        self.pieces: list[str] = []
        self.length = 0
        self.pending = ""

    def close_to(self, parent_id: int) -> None:
        """Close elements until the parent of the next node is on top."""
        stack = self.stack
        while stack and stack[-1].mem_id != parent_id:
            self.close()

    def close(self) -> None:
        element = self.stack.pop()
        element.end = self.length
        element.stop = len(self.document.elements)
        self._boundary(element.tag)

    def _boundary(self, tag: str) -> None:
        if tag in _INLINE:
            return
        if tag in _SPACED:
            self.pending = self.pending or " "
        else:
            self.pending = "\n"

    def open(self, node: LexborNode, tag: str) -> None:
        """Enter an element."""
        elements = self.document.elements
        parent = self.stack[-1] if self.stack else None
        attrs = node.attributes
        hidden = (parent is not None and parent.hidden) or tag in _SILENT or (bool(attrs) and _is_hidden(attrs))
        self._boundary(tag)
        element = Element(
            len(elements),
            tag,
            attrs,
            parent.index if parent else -1,
            parent.depth + 1 if parent else 0,
            self.length,
            hidden,
            node.mem_id,
        )
        elements.append(element)
        self.stack.append(element)

    def add_text(self, raw: str) -> None:
        """Add a run of visible text, white space collapsed."""
        words = raw.split()
        if not words:
            if raw:
                self.pending = self.pending or " "
            return
        if raw[0].isspace():
            self.pending = self.pending or " "
        if self.pending and self.length:
            self.pieces.append(self.pending)
            self.length += len(self.pending)
        text = " ".join(words)
        self.document.runs.append(self.length)
        self.document.run_elements.append(self.stack[-1].index)
        self.pieces.append(text)
        self.length += len(text)
        self.pending = " " if raw[-1].isspace() else ""


def _is_hidden(attrs: dict[str, str | None]) -> bool:
    """Whether an element's own attributes take it off the screen."""
    if "hidden" in attrs:
        return True
    style = attrs.get("style")
    if style and _HIDDEN_STYLE.search(style):
        return True
    names = attrs.get("class")
    if not names:
        return False
    if _OFFSCREEN.search(names):
        return True
    return bool(_HIDDEN_CLASS.search(names)) and not _SHOWN_AGAIN.search(names)


def bound_nesting(text: str) -> tuple[str, bool]:
    """Cut markup where it is nested deeper than ``MAX_NESTING``. Linear.

    Returns:
        The markup, and whether it was cut.
    """
    if text.count("<") < _NESTING_SCAN_FROM:
        return text, False
    counts: dict[str, int] = {}
    depth = 0
    for match in _TAG.finditer(text):
        name = match.group(2).lower()
        if name in _SELF_CLOSING:
            continue
        if match.group(1):
            if counts.get(name, 0) > 0:
                counts[name] -= 1
                depth -= 1
        else:
            counts[name] = counts.get(name, 0) + 1
            depth += 1
            if depth > MAX_NESTING:
                return text[: match.start()], True
    return text, False


def _take_data(walk: _Walk, node: LexborNode, tag: str) -> None:
    """Keep what is not visible text but is read later: scripts and the title."""
    document = walk.document
    if tag == "script":
        content = node.text(deep=True)
        if content:
            attrs = node.attributes
            document.scripts.append(Script(len(document.elements) - 1, (attrs.get("type") or "").lower(), content))
    elif tag == "title" and not document.title:
        document.title = " ".join((node.text(deep=True) or "").split())
    elif tag == "html":
        document.language = (node.attributes.get("lang") or "").lower()
    elif tag == "base":
        document.base = document.base or (node.attributes.get("href") or "")
    elif tag == "meta":
        attrs = node.attributes
        name, content = attrs.get("property") or attrs.get("name"), attrs.get("content")
        if name and content:
            document.metas.append(Meta(name.strip().lower(), content.strip()))


def _walk_tree(document: Document, root: LexborNode) -> bool:
    """Fill the document; returns whether it had to stop early."""
    walk = _Walk(document)
    elements = document.elements
    complete = True
    for node in root.traverse(include_text=True, skip_empty=False):
        tag = node.tag
        if tag is None or tag[0] in "-!":
            if tag == "-text" and walk.stack:
                parent = node.parent
                walk.close_to(parent.mem_id if parent is not None else 0)
                if walk.stack and not walk.stack[-1].hidden:
                    walk.add_text(node.text_content or "")
            continue
        if len(elements) >= MAX_ELEMENTS:
            complete = False
            break
        parent = node.parent
        walk.close_to(parent.mem_id if parent is not None else 0)
        walk.open(node, tag)
        if tag in _DATA_TAGS:
            _take_data(walk, node, tag)
    while walk.stack:
        walk.close()
    document.text = "".join(walk.pieces)
    return complete


def parse(body: bytes, *, url: str, content_type: str = "") -> Document:
    """Decode and parse a page. Never raises; cost is linear in its size.

    Args:
        body: the page as received, any bytes.
        url: absolute URL of the page, after redirects.
        content_type: the header's value, may be empty.
    """
    decoded = decode(body, content_type)
    notes = list(decoded.notes)
    markup, cut = bound_nesting(decoded.text)
    document = Document(url=url)
    tree = LexborHTMLParser(markup)
    document.tree = tree
    root = tree.root
    complete = root is None or _walk_tree(document, root)
    if not document.elements:
        document.elements.append(Element(0, "html", {}, -1, 0, 0, hidden=False, mem_id=0, end=0, stop=1))
    if cut:
        notes.append("nesting-cut")
    if not complete and "truncated" not in notes:
        notes.append("truncated")
    document.notes = tuple(notes)
    return document
