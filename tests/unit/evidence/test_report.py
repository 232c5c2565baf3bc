"""The report."""

import subprocess
from dataclasses import replace
from pathlib import Path

from PIL import Image

from evidence import report
from evidence.report import ReportFacts
from tests.data.evidence.workshop import AT, URL

ROOT = "0123456789abcdef" * 4
FACTS = ReportFacts(
    evidence_id="ev-1",
    url=URL,
    final_url=URL,
    title="标题 title",
    purpose="核查价格",
    started_at="2026-11-25T07:59:40.000000Z",
    ended_at="2026-11-25T07:59:55.000000Z",
    sealed_at=AT,
    root_sha256=ROOT,
    completeness="PARTIAL",
    stamps=(("alpha", AT, "test"), ("beta", AT, "court")),
    network=(("DNS", "127.0.0.1"), ("长", "x" * 3000)),
    files=tuple((f"data/{number}.bin", number, ROOT) for number in range(120)),
    screens=(),
)


def text_of(pdf: bytes, folder: Path, *options: str) -> str:
    """What pdftotext reads."""
    (folder / "r.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", *options, "r.pdf", "-"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout.decode()


def test_page_one_answers(tmp_path: Path) -> None:
    """Address, times, purpose, verdict, completeness and root in groups of four are on page 1."""
    page = text_of(report.render(FACTS), tmp_path, "-l", "1")
    for words in (
        URL,
        "ev-1",
        "核查价格",
        "PARTIAL",
        "2026-11-25 16:00:00",
        "测试信任",
        "TEST TRUST",
        "0123 4567 89ab cdef",
    ):
        assert words in page, words


def test_same_facts_same_bytes() -> None:
    """Deterministic before signing."""
    assert report.render(FACTS) == report.render(FACTS)


def test_court_trust_is_not_called_test(tmp_path: Path) -> None:
    """Only simulators are test trust."""
    page = text_of(report.render(replace(FACTS, stamps=(("a", AT, "court"), ("b", AT, "court")))), tmp_path)
    assert "TEST TRUST" not in page
    assert "data/119.bin" in page


def test_pictures(tmp_path: Path) -> None:
    """Tall pictures are cut into pages, wide ones shrunk, unreadable ones told."""
    Image.new("RGBA", (1400, 9000), "red").save(tmp_path / "tall.png")
    Image.new("P", (40, 30)).save(tmp_path / "small.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    tall, small = report.tiles(tmp_path / "tall.png"), report.tiles(tmp_path / "small.png")
    assert (len(tall), len(small), report.tiles(tmp_path / "bad.png")) == (report.MAX_TILES, 1, ())
    pdf = report.render(replace(FACTS, screens=(("tall", tall), ("small", small), ("bad", ()))))
    text = text_of(pdf, tmp_path)
    assert "cannot be shown" in text
    assert "the rest is in the original" in text


def test_groups_of_four() -> None:
    """For reading aloud."""
    assert report.grouped("abcdef") == "abcd ef"
    assert report.local_time(AT).startswith("2026-11-25 16:00:00 (UTC+8)")
