import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors import sheet
from exchange.connectors.errors import DropFileError
from simulators.linked.files import as_csv, as_xlsx, as_xml, drop

ROWS = [
    {"EntName": "上海测试（测试）有限公司", "PenAm": "12.50", "Note": 'a "b", c'},
    {"EntName": "㐀𠀀", "PenAm": "", "Note": "x"},
]
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), min_size=1).map(str.strip)


def rows_of(folder: Path, name: str, data: bytes) -> list[dict[str, str]]:
    """The rows of a file that was dropped."""
    return list(sheet.read(sheet.open_file(drop(folder, name, data))))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("full-1.csv", as_csv(ROWS, "utf-8")),
        ("full-1.csv", as_csv(ROWS, "utf-8-sig")),
        ("full-1.csv", as_csv(ROWS, "gb18030")),
        ("full-1.xlsx", as_xlsx(ROWS)),
        ("full-1.xml", as_xml(ROWS)),
    ],
)
def test_every_form_gives_the_same_rows(tmp_path: Path, name: str, data: bytes) -> None:
    """Names, values and empty ones, in each encoding."""
    assert rows_of(tmp_path, name, data) == ROWS


@given(st.lists(st.fixed_dictionaries({"a": TEXT, "b": TEXT}), min_size=1, max_size=4))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]) -> None:
    """Whatever stands in the cells."""
    folder = tmp_path_factory.mktemp("drop")
    wanted = [row for row in rows if any(row.values())]
    assert rows_of(folder, "part-1.csv", as_csv(rows, "utf-8")) == wanted
    assert rows_of(folder, "part-1.xml", as_xml(rows)) == rows


def test_only_whole_files_are_seen(tmp_path: Path) -> None:
    """With a digest beside them and a name that says what they are; in order."""
    assert sheet.dropped(tmp_path / "none") == []
    for name in ("part-2.csv", "full-1.csv", "other.csv", "full-3.exe"):
        drop(tmp_path, name, b"a\n1\n")
    (tmp_path / "full-4.csv").write_bytes(b"a\n1\n")
    (tmp_path / "full-5.csv").symlink_to(tmp_path / "full-1.csv")
    assert [path.name for path in sheet.dropped(tmp_path)] == ["full-1.csv", "part-2.csv"]
    assert sheet.open_file(tmp_path / "full-1.csv").full
    assert not sheet.open_file(tmp_path / "part-2.csv").full


def test_bytes_must_be_those_that_were_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another byte, no digest, or too many bytes."""
    path = drop(tmp_path, "full-1.csv", b"a\n1\n")
    path.write_bytes(b"a\n2\n")
    with pytest.raises(DropFileError, match="digest"):
        sheet.open_file(path)
    path.with_name("full-1.csv.sha256").write_text("nonsense")
    with pytest.raises(DropFileError):
        sheet.open_file(path)
    path.with_name("full-1.csv.sha256").unlink()
    with pytest.raises(DropFileError):
        sheet.open_file(path)
    monkeypatch.setattr(sheet, "MAX_BYTES", 3)
    with pytest.raises(DropFileError):
        sheet.open_file(drop(tmp_path, "full-1.csv", b"a\n1\n"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a,,b\n1,2,3\n",
        b"a,a\n1,2\n",
        b"a,b\n1,2,3\n",
        b'a,b\n"1,2\n',
        b"\xff\xff\xff\xff",
        json.dumps({"a": 1}).encode() + b"\n" + b"1,2\n",
    ],
)
def test_csv_that_is_none(tmp_path: Path, data: bytes) -> None:
    """No names, a name twice, more cells than names, an open quote, no text."""
    with pytest.raises(DropFileError):
        rows_of(tmp_path, "full-1.csv", data)


def test_rows_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without end is refused; short lines are filled up, empty ones left out."""
    assert rows_of(tmp_path, "full-1.csv", b"a,b\n1\n,\n\n2,3\n") == [{"a": "1", "b": ""}, {"a": "2", "b": "3"}]
    monkeypatch.setattr(sheet, "MAX_ROWS", 1)
    with pytest.raises(DropFileError, match="rows"):
        rows_of(tmp_path, "full-1.csv", b"a\n1\n2\n")
