"""Payloads as XML, for peers whose systems speak it: the same names, the same order, nothing lost both ways.

The shape is drawn from the JSON Schema, so both say the same; ``schemas/<TYPE>/<version>.xsd`` is its written form.

Spec: GS/T 4-2006 (XML as exchange format); W3C XML Schema 1.0.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import ParseError, fromstring  # type: ignore[import-untyped]

from exchange.envelope import MAX_BYTES
from exchange.errors import EnvelopeError, TooLargeMessageError
from exchange.field_cipher import MARK, is_sealed
from exchange.schema_registry import Schema

NAMESPACE = "urn:wangjian:exchange"
_TYPES = {"string": "xs:string", "integer": "xs:integer", "boolean": "xs:boolean"}
ITEM = "item"
_XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
_SEALED = (
    '<xs:complexType><xs:simpleContent><xs:extension base="xs:string"><xs:attribute name="sealed" type="xs:boolean"/>'
    "</xs:extension></xs:simpleContent></xs:complexType>"
)


def to_xml(payload: Mapping[str, Any], found: Schema) -> bytes:
    """A payload as XML, UTF-8. It fits the schema, so what the schema does not know is not there.

    Raises:
        EnvelopeError: a part whose members the schema does not name has no shape.
    """
    root = Element(found.type, {"version": found.version, "xmlns": f"{NAMESPACE}:{found.type}"})
    _write(root, payload, found.document)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _write(parent: Element, value: Any, document: Mapping[str, Any]) -> None:
    if is_sealed(value):
        parent.set("sealed", "true")
        parent.text = value[MARK]
    elif isinstance(value, Mapping | list) and not {"properties", "items"} & document.keys():
        raise EnvelopeError(f"expected a payload whose schema names every part, got a free one in {parent.tag}")
    elif isinstance(value, Mapping):
        for name, inner in document.get("properties", {}).items():
            if name in value:
                _write(SubElement(parent, name), value[name], inner)
    elif isinstance(value, list):
        for item in value:
            _write(SubElement(parent, ITEM), item, document.get("items", {}))
    else:
        parent.text = str(value).lower() if isinstance(value, bool) else str(value)


def from_xml(data: bytes, found: Schema) -> dict[str, Any]:
    """The payload again.

    Raises:
        TooLargeMessageError: more than a message may have. EnvelopeError: not XML, a document type or entities, another
        root, an element that the schema does not know, a number that is none.
    """
    if len(data) > 2 * MAX_BYTES:
        raise TooLargeMessageError(f"expected at most {2 * MAX_BYTES} bytes, got {len(data)}")
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise EnvelopeError(f"expected XML without a document type, got {type(error).__name__}") from error
    space = f"{{{NAMESPACE}:{found.type}}}"
    if root.tag != f"{space}{found.type}" or root.get("version") != found.version:
        raise EnvelopeError(f"expected {found.type} {found.version} in its name space, got {root.tag[:80]!r}")
    value = _read(root, found.document, space)
    if not isinstance(value, dict):
        raise EnvelopeError("expected an object, got text")
    return value


def _read(element: Any, document: Mapping[str, Any], space: str) -> Any:
    if element.get("sealed") == "true":
        return {MARK: element.text or ""}
    kind = document.get("type")
    if kind == "object":
        return dict(_members(element, document, space))
    if kind == "array":
        return [_read(inner, document.get("items", {}), space) for inner in _items(element, space)]
    text = element.text or ""
    if len(element):
        raise EnvelopeError(f"expected text in {element.tag}, got elements")
    if kind == "integer":
        try:
            return int(text)
        except ValueError as error:
            raise EnvelopeError(f"expected a whole number in {element.tag}, got {text[:40]!r}") from error
    return text == "true" if kind == "boolean" else text


def _members(element: Any, document: Mapping[str, Any], space: str) -> Iterator[tuple[str, Any]]:
    known, seen = document.get("properties", {}), set()
    for inner in element:
        name = str(inner.tag).removeprefix(space)
        if name not in known or name in seen:
            raise EnvelopeError(f"expected an element that the schema knows, once, got {name[:60]!r}")
        seen.add(name)
        yield name, _read(inner, known[name], space)


def _items(element: Any, space: str) -> Iterator[Any]:
    for inner in element:
        if inner.tag != f"{space}{ITEM}":
            raise EnvelopeError(f"expected {ITEM} elements, got {str(inner.tag)[:60]!r}")
        yield inner


def schema_text(found: Schema) -> str:
    """The XML Schema of a type and version."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<xs:schema {_XS} targetNamespace="{NAMESPACE}:{found.type}" elementFormDefault="qualified">',
        *_element(found.type, found.document, 1, "1", '<xs:attribute name="version" type="xs:string" use="required"/>'),
        "</xs:schema>",
    ]
    return "\n".join(lines) + "\n"


def _element(name: str, document: Mapping[str, Any], depth: int, least: str, attribute: str = "") -> list[str]:
    pad, kind = " " * depth, document.get("type")
    occurs = "" if depth == 1 else f' minOccurs="{least}"'
    if kind not in {"object", "array"} or ("properties" not in document and "items" not in document):
        if document.get("x-personal"):
            return [f'{pad}<xs:element name="{name}"{occurs}>{_SEALED}</xs:element>']
        return [f'{pad}<xs:element name="{name}" type="{_TYPES.get(str(kind), "xs:anyType")}"{occurs}/>']
    inner: list[str] = []
    if kind == "array":
        line = _element(ITEM, document["items"], depth + 2, "0")
        line[0] = line[0].replace(' minOccurs="0"', ' minOccurs="0" maxOccurs="unbounded"', 1)
        inner = line
    else:
        needed = set(document.get("required", ()))
        for member, below in document["properties"].items():
            inner += _element(member, below, depth + 2, "1" if member in needed else "0")
    head = f'{pad}<xs:element name="{name}"{occurs}><xs:complexType><xs:sequence>'
    tail = f"{pad}</xs:sequence>{attribute}</xs:complexType></xs:element>"
    return [head, *inner, tail]
