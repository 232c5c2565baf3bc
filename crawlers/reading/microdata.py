"""Microdata: ``itemscope`` and ``itemprop`` of schema.org products and breadcrumbs."""

from dataclasses import dataclass, field

from crawlers.reading.document import Document, Element

MAX_ITEMS = 300

_FROM_ATTRIBUTE = {
    "meta": "content", "link": "href", "a": "href", "img": "src", "source": "src", "time": "datetime",
    "data": "value", "meter": "value", "audio": "src", "video": "src", "iframe": "src", "embed": "src",
}  # fmt: skip


@dataclass(slots=True)
class Property:
    """One ``itemprop``: where it stands, its value, and the attribute it was read from (or none: text)."""

    element: Element
    value: str
    attribute: str


@dataclass(slots=True)
class Item:
    """One ``itemscope`` with its properties. ``inside``: the property that holds it, if any."""

    element: Element
    type: str
    holder: "Item | None"
    inside: str
    properties: dict[str, list[Property]] = field(default_factory=dict)
    items: list["Item"] = field(default_factory=list)

    def first(self, name: str) -> Property | None:
        """First property of a name that has a value."""
        return next((found for found in self.properties.get(name, ()) if found.value), None)

    def child(self, name: str) -> "Item | None":
        """First item that stands as the property."""
        return next((item for item in self.items if name in item.inside.split()), None)


def _read(document: Document, element: Element) -> tuple[str, str]:
    """Value of a property and the attribute it comes from. Spec: HTML standard 5.2.4, and content on any element."""
    if "content" in element.attrs:
        return element.get("content"), "content"
    attribute = _FROM_ATTRIBUTE.get(element.tag, "")
    if attribute and element.get(attribute):
        return element.get(attribute), attribute
    return document.text_of(element), ""


def items_of(document: Document) -> list[Item]:
    """All items of the page in document order. One pass."""
    found: list[Item] = []
    open_items: list[Item] = []
    for element in document.elements:
        attrs = element.attrs
        if not attrs or ("itemscope" not in attrs and "itemprop" not in attrs):
            continue
        while open_items and element.index >= open_items[-1].element.stop:
            open_items.pop()
        holder = open_items[-1] if open_items else None
        names = element.get("itemprop")
        if "itemscope" in attrs:
            item = Item(element, element.get("itemtype").rsplit("/", 1)[-1].rsplit("#", 1)[-1].lower(), holder, names)
            if holder is not None and names:
                holder.items.append(item)
            found.append(item)
            open_items.append(item)
            if len(found) >= MAX_ITEMS:
                break
        elif holder is not None:
            value, attribute = _read(document, element)
            for name in names.split():
                holder.properties.setdefault(name, []).append(Property(element, value, attribute))
    return found
