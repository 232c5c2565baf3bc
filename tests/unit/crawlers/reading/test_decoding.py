"""Bytes to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.reading.decoding import MAX_BYTES, decode

TEXT = "<p>宝贝描述：手工茶壶，容量二百毫升</p>"


def test_utf8_needs_no_declaration() -> None:
    """Valid UTF-8 is UTF-8."""
    decoded = decode(TEXT.encode())
    assert (decoded.text, decoded.encoding, decoded.notes) == (TEXT, "utf-8", ())


def test_gbk_declared_utf8_is_read_and_noted() -> None:
    """What fits wins over what is declared, and the page's data quality says so."""
    body = b"<meta charset=utf-8>" + TEXT.encode("gbk")
    decoded = decode(body, "text/html; charset=UTF-8")
    assert TEXT in decoded.text
    assert decoded.encoding == "gb18030"
    assert "encoding-conflict" in decoded.notes


def test_utf8_declared_gbk_is_read_and_noted() -> None:
    """The other way round."""
    decoded = decode(TEXT.encode(), "text/html; charset=gb2312")
    assert decoded.text == TEXT
    assert decoded.notes == ("encoding-conflict",)


def test_gbk_declared_gbk_is_quiet() -> None:
    """No conflict, no note."""
    decoded = decode(b"<meta charset='gb2312'>" + TEXT.encode("gbk"))
    assert TEXT in decoded.text
    assert decoded.notes == ()


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_decides(codec: str) -> None:
    """A byte-order mark is stronger than any declaration."""
    assert decode(TEXT.encode(codec), "text/html; charset=gbk").text == TEXT


def test_latin_page_with_its_declaration() -> None:
    """A one-byte charset is used when the bytes are no UTF-8 and no GBK."""
    assert "café à la crème" in decode("café à la crème".encode("latin-1"), "text/html; charset=iso-8859-1").text


def test_a_few_broken_bytes_stay_utf8() -> None:
    """Some broken bytes do not turn a page into another charset."""
    decoded = decode(TEXT.encode() * 4 + b"\xff\xfe\xfd")
    assert decoded.text.startswith(TEXT)
    assert "encoding-errors" in decoded.notes


def test_character_cut_at_the_end_is_no_error() -> None:
    """A page cut within a character is read up to it."""
    assert decode(TEXT.encode() + "茶".encode()[:2]).text == TEXT


def test_large_page_is_truncated() -> None:
    """What is beyond the limit is not read, and the notes say so."""
    decoded = decode(b"a" * (MAX_BYTES + 5))
    assert len(decoded.text) == MAX_BYTES
    assert decoded.notes == ("truncated",)


def test_unknown_charset_is_ignored() -> None:
    """A charset nobody knows is as good as none."""
    assert decode(TEXT.encode(), "text/html; charset=klingon").text == TEXT
    assert decode(b"<meta charset=zip>a").text.endswith("a")


@given(st.binary(max_size=400), st.text(max_size=40))
def test_any_bytes_decode(body: bytes, content_type: str) -> None:
    """Never raises, never keeps a NUL."""
    assert "\0" not in decode(body, content_type).text


@given(st.text(alphabet=st.characters(codec="gb18030", exclude_characters="\0\r"), max_size=60))
def test_gb18030_with_declaration_reads_back(text: str) -> None:
    """Declared GB18030 that is no valid UTF-8 is read exactly."""
    body = text.encode("gb18030")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        assert decode(body, "text/html; charset=gb18030").text == text.removeprefix("\ufeff")
