"""Revisions of our PDF files."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import pades, revision
from evidence.errors import ContentMismatchError, EvidenceError, MalformedError
from evidence.paper import Paper
from tests.data.evidence.workshop import AT

VALUE = b"\x30\x03\x02\x01\x05"


def plain() -> bytes:
    """A page with two empty fields."""
    paper = Paper("t", AT, fields=pades.FIELDS)
    paper.text("页 page")
    return paper.finish()


def opened(pdf: bytes) -> revision.Hole:
    """A revision for a signature."""
    return revision.open_signature(pdf, field=pades.FIELD, date="20261125080000Z", reason="理由", room=64)


def archived(pdf: bytes, **more: bytes) -> revision.Hole:
    """A revision for a document timestamp."""
    certificate = more.get("certificate", b"CERT\nendstream\nendobj\n99 0 obj\n")
    return revision.open_archive(
        pdf, field=pades.ARCHIVE_FIELD, certificates=[certificate], lists=[b"LIST", b""], room=32
    )


def whole() -> bytes:
    """Signed, then archived."""
    return archived(opened(plain()).filled(VALUE)).filled(VALUE)


def test_what_was_put_in_is_read() -> None:
    """Both values with the digests that were signed, each over its own revision."""
    first = opened(plain())
    second = archived(first.filled(VALUE))
    one, two = revision.read(second.filled(VALUE))
    assert (one.value, two.value) == (VALUE, VALUE)
    assert (one.digest, two.digest) == (first.digest(), second.digest())
    assert one.end == len(first.data) < two.end == len(second.data)


def test_room() -> None:
    """More than there is room for is refused."""
    with pytest.raises(MalformedError, match="at most"):
        opened(plain()).filled(bytes(65))


def test_fields_and_files() -> None:
    """No such field, no such file, no signature."""
    with pytest.raises(MalformedError, match="field Other"):
        revision.open_signature(plain(), field="Other", date="", reason="", room=8)
    with pytest.raises(MalformedError, match="end of a PDF"):
        opened(b"%PDF-1.7")
    with pytest.raises(MalformedError, match="none or others"):
        revision.read(plain())


def _tail(change: str) -> bytes:
    """The archive revision with one thing off, its offsets left as they are where lengths allow."""
    pdf = whole()
    start = revision.read(pdf)[0].end
    head, tail = pdf[:start], pdf[start:]
    changes = {
        "other page tree": (rb"/Pages 2 0 R", rb"/Pages 9 0 R"),
        "shown field": (rb"/Rect \[ 0 0 0 0 \]", rb"/Rect [ 0 0 9 9 ]"),
        "other offset": (rb"\n00000(\d{4})(\d) 00000 n", rb"\n00000\g<1>9 00000 n"),
        "comment": (rb"\nxref\n", b"\n%ref\n"),
        "store": (rb"/Type /DSS", rb"/Type /DST"),
        "size": (rb"/Size (\d)", rb"/Size 9"),
        "no stream": (rb"stream\nLIST", rb"strean\nLIST"),
    }
    pattern, words = changes[change]
    changed = re.sub(pattern, words, tail, count=1)
    assert changed != tail
    return head + changed


@pytest.mark.parametrize(
    "change", ["other page tree", "shown field", "other offset", "comment", "store", "size", "no stream"]
)
def test_a_later_revision_may_hold_nothing_else(change: str) -> None:
    """An insider who could stamp the file again still cannot change what is shown."""
    with pytest.raises(EvidenceError):
        revision.read(_tail(change))


def test_an_object_slipped_in() -> None:
    """A new page content in the revision, byte ranges set right."""
    pdf = opened(plain()).filled(VALUE)
    content = int(re.findall(rb"/Contents (\d+) 0 R", pdf)[0])
    objects = {content: b"<< /Length 2 >>\nstream\nq \nendstream"}
    hole = revision._holed(pdf, objects, b"<< /Type /DocTimeStamp", 32, field=pades.ARCHIVE_FIELD)
    with pytest.raises(ContentMismatchError, match="validation data alone"):
        revision.read(hole.filled(VALUE))


def test_bytes_outside_and_order() -> None:
    """Nothing after the last signature, nothing hidden in a hole, no signature that covers less."""
    pdf = whole()
    for spoilt, words in (
        (pdf + b"\n", "outside"),
        (pdf.replace(b"0> >>", b"1> >>", 1), "hidden"),
        (pdf.replace(b"/Contents <30", b"/Contents <zz", 1), "hexadecimal"),
        (pdf.replace(b"0> >>", b"0x >>", 1), "between"),
        (re.sub(rb"/ByteRange \[0 (\d)", rb"/ByteRange [0 9", pdf, count=1), "around"),
        (pdf.replace(b"/ByteRange [0 ", b"/ByteRange [1 ", 1), "none or others"),
    ):
        with pytest.raises(EvidenceError, match=words):
            revision.read(spoilt)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_single_change_is_seen(data: st.DataObject) -> None:
    """A byte changed anywhere gives an error or another digest or value."""
    pdf = whole()
    place = data.draw(st.integers(0, len(pdf) - 1))
    changed = pdf[:place] + bytes((pdf[place] ^ data.draw(st.integers(1, 255)),)) + pdf[place + 1 :]
    try:
        read = revision.read(changed)
    except EvidenceError:
        return
    assert read != revision.read(pdf) or changed[place : place + 1].lower() == pdf[place : place + 1].lower()


def test_many_revisions_are_refused_before_anything_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty are enough for centuries; wrong order is seen first too."""
    asked: list[int] = []
    monkeypatch.setattr(revision, "_signed", lambda *_: asked.append(1))
    one = b"/ByteRange [0 1 2 3]\n/Contents <"
    with pytest.raises(MalformedError, match="at most 50"):
        revision.read(one * 51)
    with pytest.raises(ContentMismatchError, match="order"):
        revision.read(b"/ByteRange [0 1 66 0]\n/Contents <" * 2)
    assert asked == []


def test_a_file_without_fields_is_refused() -> None:
    """A new field is like one that is there: without one there is no form for it."""
    bare = re.sub(rb"/FT /Sig", b"/FT /Xig", plain())
    with pytest.raises(MalformedError, match="field on a page"):
        archived(bare)
