"""电子数据提取笔录."""

from dataclasses import replace

from evidence.forms.extraction_record import SHOWN_MISSING, extraction_record
from evidence.forms.sheet import Grid
from tests.data.evidence.records import bare, full


def words_of(dossier: object = None) -> str:
    """All text of the form."""
    sheet = extraction_record(dossier or full())  # type: ignore[arg-type]
    cells = [cell for part in sheet.parts if isinstance(part, Grid) for row in part.rows for cell in row]
    return "\n".join(cells)


def test_what_the_law_asks() -> None:
    """Each item of 第37条 is there, filled from the record."""
    words = words_of()
    for asked in (
        "https://shop.example.test/item/1",
        "1. 在全新的浏览器环境中直接打开网络地址",
        "未登录账号",
        "2026-11-25 15:59:40",
        "Chromium 156.0.1",
        "Linux-6.1-x86_64",
        "203.0.113.7",
        "SHA-256 " + "1a" * 32,
        "SM3 " + "2b" * 32,
        "样0000001",
        "样市监案〔2026〕102 号",
        "见证人 Witness",
        "全过程录音录像",
        "¥138.00",
        "lost.png",
    ):
        assert asked in words, asked


def test_lines_to_write_on() -> None:
    """Without officers in the record there are two empty lines; with one, one."""
    officers = [part for part in extraction_record(bare()).parts if isinstance(part, Grid) and len(part.shares) == 4]
    assert officers[0].rows == (("", "", "", ""),) * 2
    told = full()
    one = replace(told, authority=replace(told.authority, officers=told.authority.officers[:1]))
    grid = next(part for part in extraction_record(one).parts if isinstance(part, Grid) and len(part.shares) == 4)
    assert [row[0] for row in grid.rows] == ["样品甲", ""]


def test_second_look_and_long_lists() -> None:
    """No difference, not taken, and more missing than there is room for."""
    assert "未发现差异" in words_of(replace(full(), differences=()))
    assert "未进行" in words_of(bare())
    many = replace(full(), missing=tuple((f"u{number}", "no_answer") for number in range(SHOWN_MISSING + 3)))
    assert "其余 3 项" in words_of(many)
