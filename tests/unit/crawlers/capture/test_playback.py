"""An archive read back."""

import io
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.capture.exchange import Exchange, Veil
from crawlers.capture.playback import replay
from crawlers.capture.records import write_dns, write_exchange, write_info
from crawlers.capture.warc import WarcWriter

AT = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)
PAGE = "<title>茶</title><p>价</p>".encode()


def archive() -> tuple[bytes, list[int], bytes]:
    """An archive, where its records end, and its index."""
    sink, ends = io.BytesIO(), []
    writer = WarcWriter("data.warc.gz", sink)
    write_info(writer, AT, ())
    ends.append(writer.size)
    answers = [{"address": "203.0.113.9", "ttl": 60}, {"address": "2001:db8::1", "ttl": None}]
    write_dns(
        writer, {"host": "shop.example.test", "at": "2026-11-25T01:02:03Z", "resolver": "8.8.8.8", "answers": answers}
    )
    ends.append(writer.size)
    for url, status, head, body in (
        ("https://shop.example.test/", 302, (("Location", "/tea"),), b""),
        ("https://shop.example.test/tea", 200, (("Content-Type", "text/html; charset=utf-8"),), PAGE),
    ):
        item = Exchange("1", url, "GET", "Document", AT, status=status, response_head=head, body=body, finished=True)
        item.mime, item.protocol, item.tls_protocol, item.cipher = "text/html", "h2", "TLS 1.3", "AES_128_GCM"
        write_exchange(writer, item, "203.0.113.9", Veil(b"salt"))
        ends.append(writer.size)
    return sink.getvalue(), ends, writer.cdxj()


DATA, ENDS, INDEX = archive()


def _replay(data: bytes, path: Path = Path("/dev/null")) -> tuple[list[str], WarcWriter]:
    with path.open("wb") as nothing:
        writer = WarcWriter("data.warc.gz", nothing)
        return [record.kind for record in replay(data, writer)], writer


def test_a_whole_archive_comes_back_with_the_same_index() -> None:
    """Kinds, facts of each, index, size and digest."""
    with Path("/dev/null").open("wb") as nothing:
        writer = WarcWriter("data.warc.gz", nothing)
        records = list(replay(DATA, writer))
    assert [item.kind for item in records] == ["warcinfo", "dns", "response", "request", "response", "request"]
    assert records[1].answers == ({"address": "203.0.113.9", "ttl": 60}, {"address": "2001:db8::1", "ttl": None})
    assert (records[1].url, records[1].address) == ("shop.example.test", "8.8.8.8")
    assert (records[2].status, records[2].location) == (302, "/tea")
    page = records[4]
    assert (page.status, page.title, page.payload, page.mime) == (200, "茶", PAGE, "text/html")
    assert (page.address, page.protocols, page.cipher) == ("203.0.113.9", ("h2", "tls/1.3"), "AES_128_GCM")
    assert writer.size == len(DATA)
    assert len(writer.cdxj().splitlines()) == len(INDEX.splitlines())


@settings(max_examples=200)
@given(st.integers(0, len(DATA)))
def test_a_cut_archive_is_read_to_its_last_whole_record(cut: int) -> None:
    """Wherever it is cut, what comes back is a run of whole records from the beginning."""
    _, writer = _replay(DATA[:cut])
    assert writer.size <= cut
    rest = DATA[writer.size :]
    assert writer.size == len(DATA) or _replay(rest)[1].size > cut - writer.size


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_ends_the_reading_before_it(place: int, change: int) -> None:
    """No record that holds a changed byte is taken as whole (gzip header bytes that say nothing apart)."""
    changed = bytearray(DATA)
    changed[place] ^= change
    kinds, writer = _replay(bytes(changed))
    start = max((end for end in (0, *ENDS) if end <= place), default=0)
    assert writer.size <= len(DATA)
    assert len(kinds) <= 6
    assert writer.size >= start or place < start
