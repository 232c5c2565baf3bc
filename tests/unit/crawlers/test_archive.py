"""The page archive: records others can read, bytes that are checked, crashes that do no harm."""

import resource
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator as OtherIterator  # type: ignore[import-untyped]
from warcio.checker import Checker  # type: ignore[import-untyped]

from crawlers.archive import Archive, Exchange, http_head, read_body
from crawlers.errors import ArchiveError
from kernel.crypto import sha256_hex

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
HEADERS = ((b"Content-Type", b"text/html"), (b"Content-Encoding", b"gzip"), (b"X-Odd", b"a\r\nb"))


def _exchange(body: bytes, *, rendered: bool = False) -> Exchange:
    return Exchange(
        "http://shop.example/1", AT, b"GET /1 HTTP/1.1\r\nHost: shop.example\r\n\r\n", 200, HEADERS, body,
        sha256_hex(body), "192.0.2.1:80", rendered,
    )  # fmt: skip


def _archive(folder: Path, **options: int) -> Archive:
    return Archive(folder, at=AT, software="test", **options)


@given(st.binary(max_size=5_000))
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    """Any body is read back, from an answer and from a rendered page."""
    folder = tmp_path_factory.mktemp("pages")
    with _archive(folder) as archive:
        first = archive.append(_exchange(body))
        second = archive.append(_exchange(body, rendered=True))
    assert read_body(folder, first.file, first.offset) == body
    assert read_body(folder, second.file, second.offset) == body


def test_two_other_readers_agree(tmp_path: Path) -> None:
    """FastWARC and warcio read the records; warcio's digest check passes."""
    with _archive(tmp_path) as archive:
        place = archive.append(_exchange("中文".encode() * 100))
        archive.append(_exchange(b"second"))
    path = tmp_path / place.file
    kinds = [record.record_type for record in ArchiveIterator(str(path))]
    pair = [WarcRecordType.response, WarcRecordType.request]
    assert kinds == [WarcRecordType.warcinfo, *pair, *pair]
    data = path.read_bytes()[place.offset :]
    response = next(iter(OtherIterator(BytesIO(data))))
    assert response.http_headers.get_header("X-Received-Content-Encoding") == "gzip"
    assert response.rec_headers.get_header("WARC-IP-Address") == "192.0.2.1"
    arguments = type("Arguments", (), {"inputs": [str(path)], "verbose": False, "exit_value": 0})()
    checker = Checker(arguments)
    checker.process_all()
    assert checker.exit_value == 0


def test_a_torn_tail_harms_nothing(tmp_path: Path) -> None:
    """Half a record at the end leaves the ones before it readable; reading it says so."""
    with _archive(tmp_path) as archive:
        first = archive.append(_exchange(b"first"))
        second = archive.append(_exchange(b"second"))
    path = tmp_path / first.file
    path.write_bytes(path.read_bytes()[: second.offset + 20])
    assert read_body(tmp_path, first.file, first.offset) == b"first"
    with pytest.raises(ArchiveError, match="whole record"):
        read_body(tmp_path, second.file, second.offset)


def test_changed_bytes_are_noticed(tmp_path: Path) -> None:
    """A body that is not the one that was digested is refused."""
    with _archive(tmp_path) as archive:
        exchange = _exchange(b"first")
        place = archive.append(replace(exchange, body_sha256="0" * 64))
    with pytest.raises(ArchiveError, match="digest"):
        read_body(tmp_path, place.file, place.offset)


@pytest.mark.parametrize("name", ["", "../x", "a/b.warc.gz", "missing.warc.gz"])
def test_a_wrong_place_is_refused(tmp_path: Path, name: str) -> None:
    """No name, a path instead of a name, no such file."""
    with pytest.raises(ArchiveError):
        read_body(tmp_path, name, 0)


def test_no_record_at_that_offset(tmp_path: Path) -> None:
    """An offset in the middle of a record is refused."""
    with _archive(tmp_path) as archive:
        place = archive.append(_exchange(b"first"))
    with pytest.raises(ArchiveError):
        read_body(tmp_path, place.file, place.offset + 3)


def test_files_are_changed_at_their_limit(tmp_path: Path) -> None:
    """A full file is left and a new one begun; nothing is made before the first record."""
    archive = _archive(tmp_path / "pages", rotate_bytes=500)
    assert not (tmp_path / "pages").exists()
    files = {archive.append(_exchange(b"x" * 300)).file for _ in range(4)}
    archive.sync()
    archive.sync()
    archive.close()
    archive.close()
    assert len(files) == 4
    assert all(name.startswith("crawl-20261125T080000Z-") for name in files)


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """What the disk does not take is an ArchiveError with a hint, not a short record that counts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    archive = _archive(tmp_path)
    place = archive.append(_exchange(b"small"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(ArchiveError, match="expected to write") as caught:
            archive.append(_exchange(bytes(range(256)) * 400))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "room" in caught.value.hint
    archive.close()
    assert read_body(tmp_path, place.file, place.offset) == b"small"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "pages").write_text("x")
    with pytest.raises(ArchiveError):
        _archive(tmp_path / "pages").append(_exchange(b"x"))


def test_headers_cannot_break_out() -> None:
    """A header value with line ends stays one header."""
    assert http_head(200, HEADERS, 5).count(b"\r\n") == 6
