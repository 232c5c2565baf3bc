"""XML says the same as JSON, both ways; the written schema is that of the code; hostile XML is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]

from exchange.errors import EnvelopeError, TooLargeMessageError
from exchange.schema_registry import FOLDER, schema, schemas
from exchange.xml_shape import from_xml, schema_text, to_xml

LEAD = schema("LEAD", "1.0")
REPORT = schema("IDENTITY_REPORT", "1.0")
PLAIN = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Cn"]), max_size=20)
ROW = {"kind": "registered", "shop_name": "测试店", "shop_url": "https://a.example.test/", "address": "测试路1号",
       "contact": {"$sealed": "AAAA"}, "over_100000": True}  # fmt: skip
REPORTED: dict[str, Any] = {
    "period": "2026-01",
    "platform_name": "平台",
    "part": 1,
    "rows": [ROW, {**ROW, "over_100000": False}],
}


@given(PLAIN, PLAIN, st.lists(PLAIN, max_size=3))
def test_a_payload_comes_back_as_it_was(title: str, description: str, laws: list[str]) -> None:
    """Text with any sign in it, lists, in the schema's order."""
    payload = {"description": description, "title": title, "laws": laws}
    assert from_xml(to_xml(payload, LEAD), LEAD) == payload


def test_rows_numbers_and_sealed_fields_come_back() -> None:
    """Integers, truth values, nested objects, sealed fields as they are."""
    assert from_xml(to_xml(REPORTED, REPORT), REPORT) == REPORTED


@pytest.mark.parametrize("key", sorted(schemas()), ids="@".join)
def test_the_written_schema_is_that_of_the_code(key: tuple[str, str]) -> None:
    """One file beside each JSON Schema; a reader of another author understands it."""
    text = schema_text(schemas()[key])
    assert (FOLDER / key[0] / f"{key[1]}.xsd").read_text("utf-8") == text
    etree.XMLSchema(etree.fromstring(text.encode()))


def test_another_reader_accepts_what_is_written() -> None:
    """Lxml validates by the written schema, and refuses what lacks a needed element."""
    judge = etree.XMLSchema(etree.fromstring(schema_text(REPORT).encode()))
    assert judge.validate(etree.fromstring(to_xml(REPORTED, REPORT))), judge.error_log
    less = {name: value for name, value in REPORTED.items() if name != "period"}
    assert not judge.validate(etree.fromstring(to_xml(less, REPORT)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b'<LEAD version="1.0"/>',
        b'<LEAD version="9.9" xmlns="urn:wangjian:exchange:LEAD"/>',
        b'<LEAD version="1.0" xmlns="urn:wangjian:exchange:LEAD"><other/></LEAD>',
        b'<LEAD version="1.0" xmlns="urn:wangjian:exchange:LEAD"><title/><title/></LEAD>',
        b'<LEAD version="1.0" xmlns="urn:wangjian:exchange:LEAD"><title><b/></title></LEAD>',
        b'<LEAD version="1.0" xmlns="urn:wangjian:exchange:LEAD"><laws><x/></laws></LEAD>',
    ],
)
def test_other_xml_is_refused(data: bytes) -> None:
    """Broken, with entities, of another root, with unknown or doubled elements."""
    with pytest.raises(EnvelopeError):
        from_xml(data, LEAD)


def test_a_free_part_has_no_shape() -> None:
    """Better refused than half written."""
    with pytest.raises(EnvelopeError):
        to_xml({"head": {"any": 1}}, schema("RECON", "2.0"))


def test_wrong_numbers_and_too_much_are_refused() -> None:
    """By size before it is read."""
    text = to_xml(REPORTED, REPORT).replace(b"<part>1<", b"<part>one<")
    with pytest.raises(EnvelopeError):
        from_xml(text, REPORT)
    with pytest.raises(TooLargeMessageError):
        from_xml(b" " * 2_000_001, LEAD)
