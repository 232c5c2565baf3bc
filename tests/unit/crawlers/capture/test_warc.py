"""WARC records, index and running hash."""

import hashlib
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from crawlers.capture.warc import WarcWriter, search_key, warc_date, warc_fields

AT = datetime(2026, 11, 25, 1, 2, 3, 456789, tzinfo=UTC)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=8))
def test_every_record_is_found_by_its_index_line(bodies: list[bytes]) -> None:
    """Offset and length cut out exactly one member with the right digests; the chain covers all."""
    sink = io.BytesIO()
    writer = WarcWriter("data.warc.gz", sink)
    writer.write("warcinfo", (("WARC-Date", warc_date(AT)),), warc_fields((("software", "x"),)))
    for number, body in enumerate(bodies):
        url = f"http://shop.example.test/{number}"
        fields = (("WARC-Date", warc_date(AT)), ("WARC-Target-URI", url), ("Content-Type", "application/http"))
        block = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        writer.write_answer(fields, block, body, (url, AT, 200, "text/html"))
    content = sink.getvalue()
    assert (writer.size, writer.digest()) == (len(content), hashlib.sha256(content).hexdigest())
    chain = bytes(32)
    members: list[bytes] = []
    for line in writer.index:
        member = content[line.offset : line.offset + line.length]
        assert hashlib.sha256(member).hexdigest() == line.record_digest
        record = next(iter(ArchiveIterator(io.BytesIO(member), check_digests="raise")))
        assert record.rec_headers["WARC-Target-URI"] == line.url
        assert record.content_stream().read() == bodies[len(members)]
        members.append(member)
    first = content[: writer.index[0].offset]
    for member in (first, *members):
        chain = hashlib.sha256(chain + hashlib.sha256(member).digest()).digest()
    assert chain == writer.chain
    assert writer.count == len(bodies) + 1


def test_cdxj_is_sorted_and_complete() -> None:
    """One line an answer, sorted, with what a viewer needs."""
    writer = WarcWriter("data.warc.gz", io.BytesIO())
    for url in ("http://b.example.test/", "http://a.example.test/x"):
        writer.write_answer(
            (("WARC-Date", warc_date(AT)),), b"HTTP/1.1 200 OK\r\n\r\n", b"", (url, AT, 200, "text/html")
        )
    lines = writer.cdxj().splitlines()
    assert [line.split(b" ")[0] for line in lines] == [b"test,example,a)/x", b"test,example,b)/"]
    assert lines[0].split(b" ")[1] == b"20261125010203456"
    entry = json.loads(lines[0].split(b" ", 2)[2])
    assert set(entry) == {"url", "digest", "mime", "offset", "length", "recordDigest", "status", "filename"}


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.Example.test/A/B?z=1&a=2", "test,example)/a/b?a=2&z=1"),
        ("http://shop.example.test:8080/", "test,example,shop:8080)/"),
        ("http://shop.example.test:80", "test,example,shop)/"),
        ("http://127.0.0.1:81/x y", "127.0.0.1:81)/x%20y"),
    ],
)
def test_search_keys(url: str, key: str) -> None:
    """Hosts reversed, default ports and www dropped, arguments sorted."""
    assert search_key(url) == key
