import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors import markup
from exchange.connectors.errors import DropFileError

LAUGHS = b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><r><x><f>&b;</f></x></r>'
OUTSIDE = b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r><x><f>&a;</f></x></r>'


def rows(folder: Path, data: bytes) -> list[dict[str, str]]:
    """Records of a document."""
    path = folder / "full-1.xml"
    path.write_bytes(data)
    return markup.records(path)


def test_records(tmp_path: Path) -> None:
    """Local names, white space around values left out, other encodings as the document says."""
    data = '<?xml version="1.0" encoding="GB2312"?><a:r xmlns:a="urn:x"><a:x><a:f> 测试 </a:f><g/></a:x><a:x/></a:r>'
    assert rows(tmp_path, data.replace("GB2312", "UTF-8").encode()) == [{"f": "测试", "g": ""}, {}]
    assert rows(tmp_path, b"<r><x><f>1 &lt; 2</f></x></r>") == [{"f": "1 < 2"}]


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        OUTSIDE,
        b"<!DOCTYPE r><r/>",
        b"<r><x><f>1</f><f>2</f></x></r>",
        b"<r><x>",
        b"",
        b"\x00" * 100,
        b"<a>" * 50 + b"</a>" * 50,
        b"<r><x><f>" + b"x&amp;" * 60_000 + b"</f></x></r>",
    ],
    ids=["laughs", "outside", "doctype", "twice", "open", "empty", "noughts", "deep", "long"],
)
def test_documents_that_are_refused(tmp_path: Path, data: bytes) -> None:
    """Entities, document types, depth, length and what is no XML."""
    with pytest.raises(DropFileError):
        rows(tmp_path, data)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing else than our error comes out."""
    seen: list[object] = []
    with contextlib.suppress(DropFileError):
        markup.elements(io.BytesIO(data), "x", lambda *told: seen.append(told))
