"""Markup to ``Document``: one walk over the tree, bounded in depth and size."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.reading.decoding import decode
from crawlers.reading.document import Document, Element, Meta, Script

MAX_ELEMENTS = 60_000
MAX_NESTING = 400
"""Deeper markup is cut off: parsing cost grows with the square of the depth of unclosed elements."""

_NESTING_SCAN_FROM = 1_500
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_SELF_CLOSING = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "dt",
        "dd",
        "option",
        "tr",
        "td",
        "th",
        "tbody",
        "thead",
    ]
)
_SILENT = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "iframe",
        "object",
        "svg",
        "math",
        "canvas",
        "audio",
        "video",
        "textarea",
    ]
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "picture",
        "source",
        "bdo",
        "ruby",
        "rt",
        "rp",
        "strike",
        "price",
    ]
)
_DATA_TAGS = frozenset(["script", "title", "html", "base", "meta"])
_SPACED = frozenset(["td", "th", "option", "button", "select"])
_OFFSCREEN = re.compile(
    r"(?:^|\s)(?:sr-only|visually-hidden|visuallyhidden|a-offscreen|screen-reader-text|screen-reader|u-hidden-visually)(?:\s|$)"
)
_HIDDEN_CLASS = re.compile(r"(?:^|\s)(?:hidden|d-none|is-hidden|uk-hidden)(?:\s|$)")
_SHOWN_AGAIN = re.compile(r"(?:^|\s)(?:d-\w+-|\w+:)(?:block|inline|flex|grid|table)")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


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
        document.title = " ".join(node.text(deep=True).split())
    elif tag == "html":
        document.language = (node.attributes.get("lang") or "").lower()
    elif tag == "base":
        document.base = document.base or (node.attributes.get("href") or "")
    elif tag == "meta":
        attrs = node.attributes
        key, value = attrs.get("property") or attrs.get("name"), attrs.get("content")
        if key and value:
            document.metas.append(Meta(key.strip().lower(), value.strip()))


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
