"""The one zip form."""

import io
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import container
from evidence.container import ContainerRefusedError
from evidence.errors import PackageError, PackageUnreadableError
from kernel.crypto import sha256_hex
from tests.data.evidence.forge import Entry, zip_bytes

FILES = st.dictionaries(st.from_regex(r"[a-z]{1,4}(/x[a-z]{1,4})?", fullmatch=True), st.binary(max_size=40), max_size=5)


def index(data: bytes) -> tuple[container.Member, ...]:
    """The members of a container given as bytes."""
    return container.read_index(io.BytesIO(data))


def test_writes_what_it_reads(tmp_path: Path) -> None:
    """Deterministic, in name order, readable by an ordinary unzip, digests told."""
    (tmp_path / "1").write_bytes(b"one")
    (tmp_path / "2").write_bytes(b"")
    entries = [("b/two", tmp_path / "2"), ("a", tmp_path / "1")]
    first, second = io.BytesIO(), io.BytesIO()
    assert container.write(first, entries) == {"a": sha256_hex(b"one"), "b/two": sha256_hex(b"")}
    container.write(second, reversed(entries))
    assert first.getvalue() == second.getvalue()
    assert [(m.name, m.size) for m in index(first.getvalue())] == [("a", 3), ("b/two", 0)]
    with ZipFile(first) as archive:
        assert archive.testzip() is None
        assert archive.read("a") == b"one"
        assert {info.compress_type for info in archive.infolist()} == {ZIP_STORED}


@given(FILES, st.integers(min_value=0), st.integers(1, 255))
def test_every_header_byte_counts(files: dict[str, bytes], place: int, mask: int) -> None:
    """A change of one byte outside the contents is refused; inside, the CRC-32 tells."""
    whole = {name: data for name, data in files.items() if not any(other.startswith(f"{name}/") for other in files)}
    good = zip_bytes([Entry(name, data) for name, data in whole.items()])
    members = index(good)
    place %= len(good)
    inside = any(m.offset <= place < m.offset + m.size for m in members)
    spoiled = good[:place] + bytes((good[place] ^ mask,)) + good[place + 1 :]
    if inside:
        assert index(spoiled) == members
    else:
        with pytest.raises(PackageError):
            index(spoiled)


@given(st.binary(max_size=300))
def test_never_crashes(data: bytes) -> None:
    """Any bytes are refused with a typed error."""
    with pytest.raises(PackageError):
        index(data)


@given(st.binary(max_size=120), st.integers(0, 40))
def test_never_crashes_after_a_directory_mark(data: bytes, cut: int) -> None:
    """Damage behind the marks is a typed error too."""
    good = zip_bytes([Entry("a", b"x"), Entry("b", b"y")])
    with pytest.raises(PackageError):
        index(good[: len(good) - 22 - cut] + data + good[-22:] + b"!")


@pytest.mark.parametrize("size", [0, 10, 21])
def test_too_short(size: int) -> None:
    """A cut file is unreadable, not refused."""
    with pytest.raises(PackageUnreadableError):
        index(zip_bytes([Entry("a", b"x")])[:size])


def test_writer_refuses_what_reader_would(tmp_path: Path) -> None:
    """Bad names and collisions never get into a package."""
    (tmp_path / "x").write_bytes(b"x")
    for names in (["../x"], ["a", "A"], ["a", "a/b"]):
        with pytest.raises(ContainerRefusedError):
            container.write(io.BytesIO(), [(name, tmp_path / "x") for name in names])


def test_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """More entries than allowed are refused before they are read."""
    monkeypatch.setattr(container, "MAX_ENTRIES", 1)
    with pytest.raises(ContainerRefusedError, match="at most"):
        index(zip_bytes([Entry("a", b""), Entry("b", b"")]))


def test_writer_limits_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would not fit the form is refused."""
    monkeypatch.setattr(container, "LIMIT", 10)
    (tmp_path / "x").write_bytes(bytes(20))
    with pytest.raises(ContainerRefusedError, match="4 GiB"):
        container.write(io.BytesIO(), [("x", tmp_path / "x")])
