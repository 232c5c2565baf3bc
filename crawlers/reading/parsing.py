"""Markup to ``Document``: one walk over the tree, bounded in depth and size."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.reading.decoding import decode
from crawlers.reading.document import Document, Element, Meta, Script
from crawlers.reading.marks import Answers

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
_GAPS = dict.fromkeys(_INLINE, "") | dict.fromkeys(["td", "th", "option", "button", "select"], " ")
"""What parts an element's text from the text around it; a line end where nothing is said."""
_NO_ATTRIBUTES: dict[str, str | None] = {}
_OFFSCREEN = re.compile(
    r"(?:^|\s)(?:sr-only|visually-hidden|visuallyhidden|a-offscreen|screen-reader-text|screen-reader|u-hidden-visually)(?:\s|$)"
)
_HIDDEN_CLASS = re.compile(r"(?:^|\s)(?:hidden|d-none|is-hidden|uk-hidden)(?:\s|$)")
_SHOWN_AGAIN = re.compile(r"(?:^|\s)(?:d-\w+-|\w+:)(?:block|inline|flex|grid|table)")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class _Walk:
    """State of the single walk."""

    __slots__ = ("document", "elements", "length", "pending", "pieces", "stack")

    def __init__(self, document: Document) -> None:
        self.document = document
        self.elements = document.elements
        self.stack: list[Element] = []
        self.pieces: list[str] = []
        self.length = 0
        self.pending = ""

    def close_to(self, parent_id: int) -> None:
        """Close elements until the parent of the next node is on top."""
        stack = self.stack
        stop, end = len(self.elements), self.length
        while stack and stack[-1].mem_id != parent_id:
            element = stack.pop()
            element.end = end
            element.stop = stop
            gap = _GAPS.get(element.tag, "\n")
            if gap:
                self.pending = gap if gap == "\n" else self.pending or gap

    def open(self, node: LexborNode, tag: str, mem_id: int) -> None:
        """Enter an element."""
        elements, stack = self.elements, self.stack
        gap = _GAPS.get(tag, "\n")
        if gap:
            self.pending = gap if gap == "\n" else self.pending or gap
        parent, hidden = -1, tag in _SILENT
        if stack:
            top = stack[-1]
            parent = top.index
            hidden = hidden or top.hidden
        mark = ""
        attrs = node.attributes
        if attrs:
            names, name = attrs.get("class"), attrs.get("id")
            mark = f"{names or ''} {name or ''}".lower() if names or name else " "
            hidden = hidden or _is_hidden(attrs, names)
        else:
            attrs = _NO_ATTRIBUTES
        element = Element(len(elements), tag, attrs, parent, self.length, hidden, mem_id, mark)
        elements.append(element)
        stack.append(element)

    def add_text(self, raw: str) -> None:
        """Add a run of visible text, white space collapsed."""
        words = raw.split()
        if not words:
            if raw and not self.pending:
                self.pending = " "
            return
        text = words[0] if len(words) == 1 else " ".join(words)
        pending, length = self.pending, self.length
        if not pending and raw[0] != text[0]:
            pending = " "
        if pending and length:
            self.pieces.append(pending)
            length += 1
        document = self.document
        document.runs.append(length)
        document.run_elements.append(self.stack[-1].index)
        document.run_texts.append(text)
        self.pieces.append(text)
        self.length = length + len(text)
        self.pending = " " if raw[-1] != text[-1] else ""


def _is_class_hidden(names: str) -> bool:
    """Whether classes take an element off the screen."""
    if _OFFSCREEN.search(names):
        return True
    return bool(_HIDDEN_CLASS.search(names)) and not _SHOWN_AGAIN.search(names)


_HIDDEN_BY_CLASS = Answers(_is_class_hidden)


def _is_hidden(attrs: dict[str, str | None], names: str | None) -> bool:
    """Whether an element's own attributes take it off the screen."""
    if "hidden" in attrs:
        return True
    style = attrs.get("style")
    if style and _HIDDEN_STYLE.search(style):
        return True
    return names is not None and _HIDDEN_BY_CLASS[names]


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
    elements, stack = walk.elements, walk.stack
    close_to, enter, add_text = walk.close_to, walk.open, walk.add_text
    complete = True
    top_id = 0  # the parser's name of the element on top of the stack
    for node in root.traverse(include_text=True, skip_empty=False):
        tag = node.tag
        is_text = tag == "-text"
        if tag is None or (tag[0] in "-!" and not (is_text and stack)):
            continue
        if not is_text and len(elements) >= MAX_ELEMENTS:
            complete = False
            break
        parent = node.parent
        parent_id = parent.mem_id if parent is not None else 0
        if top_id != parent_id and stack:
            close_to(parent_id)
            top_id = parent_id
        if not is_text:
            top_id = node.mem_id
            enter(node, tag, top_id)
            if tag in _DATA_TAGS:
                _take_data(walk, node, tag)
        elif stack and not stack[-1].hidden:
            add_text(node.text_content or "")
    walk.close_to(-1)
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
        document.elements.append(Element(0, "html", {}, -1, 0, hidden=False, mem_id=0, end=0, stop=1))
    if cut:
        notes.append("nesting-cut")
    if not complete and "truncated" not in notes:
        notes.append("truncated")
    document.notes = tuple(notes)
    return document
