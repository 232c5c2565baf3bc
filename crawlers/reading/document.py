"""A page as a flat list of elements over one visible text, made in a single walk.

Everything else in this package works on this form: subtrees are ranges of the list, and text
is a range of the visible text, so that no reader walks the tree again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from selectolax.lexbor import LexborHTMLParser, SelectolaxError


@dataclass(slots=True)
class Element:
    """One element of the page.

    Attributes:
        index: place in ``Document.elements`` (document order). stop: index after its last descendant.
        parent: index of its parent, -1 for the root.
        start, end: range of the visible text it covers (code points).
        hidden: it, or something around it, is not shown.
        mark: class and id in lower case: the names the page's author gave it; empty without attributes.
    """

    index: int
    tag: str
    attrs: dict[str, str | None]
    parent: int
    start: int
    hidden: bool
    mem_id: int
    mark: str = ""
    end: int = 0
    stop: int = 0

    def get(self, name: str) -> str:
        """An attribute's value, stripped; empty when there is none."""
        value = self.attrs.get(name)
        return value.strip() if value else ""


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
        runs: start offset of each run of text, sorted; ``run_elements`` names its element,
            ``run_texts`` holds its text, without white space at its ends.
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
    run_texts: list[str] = field(default_factory=list)
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

    @cached_property
    def _by_id(self) -> dict[int, Element]:
        """Elements by the parser's name for them."""
        return {element.mem_id: element for element in self.elements}

    def text_of(self, element: Element) -> str:
        """Visible text of an element."""
        # As span_of has it; asked too often for a call.
        start, end, text = element.start, element.end, self.text
        return text[start + 1 : end] if start < end and text[start] in " \n" else text[start:end]

    def has_text(self, element: Element) -> bool:
        """Whether an element shows any text."""
        start, end = self.span_of(element)
        return start < end

    def span_of(self, element: Element) -> tuple[int, int]:
        """Range of the element's visible text without white space at its ends.

        The walk puts one separator before a run and none behind it, so one look is enough.
        """
        start, end = element.start, element.end
        return (start + 1, end) if start < end and self.text[start] in " \n" else (start, end)

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
        return list(zip(self.runs[low:high], self.run_elements[low:high], strict=True)) if low < high else []

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
        by_id = self._by_id if nodes else {}
        return [by_id[node.mem_id] for node in nodes if node.mem_id in by_id]
