"""The report."""

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import report
from evidence.pictures import Screen, screen
from evidence.report import LogPlace, Proof
from tests.data.evidence.records import bare, full
from tests.data.evidence.workshop import AT, URL

ROOT = "0123456789abcdef" * 4
STAMPS = (("alpha", AT, "test"), ("beta", AT + timedelta(seconds=1), "court"))
LOG = LogPlace("log.example.test/wangjian", 1234, 1301, ("court-witness", "sister-agency"))
PROOF = Proof(ROOT, STAMPS, AT - timedelta(seconds=31), LOG)


def text_of(pdf: bytes, folder: Path, *options: str) -> str:
    """What pdftotext reads."""
    (folder / "r.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", *options, "r.pdf", "-"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout.decode()


def test_page_one_answers(tmp_path: Path) -> None:
    """Who, what, when, where, how, whole or not, and what to compare, all on page 1."""
    page = text_of(report.render(full(), PROOF), tmp_path, "-l", "1")
    for words in (
        "样品甲",
        "样0000002",
        "样市监网取〔2026〕第 15 号",
        "captured by officer-1",
        URL,
        "ev-20261125-0001",
        "不早于 not before：2026-11-25 15:59:29",
        "2026-11-25T07:59:29Z",
        "不晚于 not after：2026-11-25 16:00:00",
        "bracket 31 秒",
        "203.0.113.7:443",
        "TLS 1.3",
        "node-1",
        "采集不完整",
        "PARTIAL",
        "测试信任",
        "TEST TRUST",
        "0123 4567 89ab cdef",
        "index 1234",
        "size 1301",
        "verify.sh",
    ):
        assert words in page, words


def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    """No officers, no beacon, no log: page 1 says so and does not say test."""
    proof = Proof(ROOT, (("a", AT, "court"), ("b", AT, "court")))
    page = text_of(report.render(bare(), proof), tmp_path, "-l", "1")
    for words in ("未记录执法人员", "未记录授权文书", "没有证明 not proven", "未载入见证日志", "采集完整", "未检验"):
        assert words in page, words
    assert "TEST TRUST" not in page
    assert "载入见证日志，" not in page


def test_later_pages(tmp_path: Path) -> None:
    """Missing resources, differences, custody, files, screens."""
    text = text_of(report.render(full(), PROOF), tmp_path)
    for words in (
        "lost.png",
        "address_not_global",
        "¥138.00",
        "did not come to its end",
        "system:capture",
        "010-after-scroll.png",
        "court-witness",
    ):
        assert words in text, words
    other = text_of(report.render(replace(full(), differences=()), PROOF), tmp_path)
    assert "没有差异" in other
    assert "未进行二次取证" in text_of(report.render(bare(), PROOF), tmp_path)


def test_long_addresses_leave_page_one_whole(tmp_path: Path) -> None:
    """A very long address is cut on page 1 and whole on a later page."""
    long = replace(full(), url=URL + "?q=" + "x" * 1900 + "END", title="长" * 500, purpose="目" * 900)
    page = text_of(report.render(long, PROOF), tmp_path, "-l", "1")
    assert "full on a later page" in page
    assert "0123 4567" in page
    assert "END" in text_of(report.render(long, PROOF), tmp_path)


def test_same_facts_same_bytes() -> None:
    """Deterministic before signing."""
    assert report.render(full(), PROOF) == report.render(full(), PROOF)


@pytest.mark.parametrize("kind", ["good", "bad", "none", "unknown", "other"])
def test_the_sites_certificate(kind: str, tmp_path: Path) -> None:
    """Each verdict has its own words."""
    page = text_of(report.render(replace(bare(), origin_tls=kind), PROOF), tmp_path, "-l", "1")
    assert report.ORIGIN.get(kind, (kind,))[0] in page


def test_pictures(tmp_path: Path) -> None:
    """Shown, gone on, cut off, or told to be unreadable."""
    from_file = screen(Path(__file__), "data/screens/bad.png")
    pdf = report.render(full(), replace(PROOF, screens=(from_file,)))
    assert "cannot be shown" in text_of(pdf, tmp_path)
    jpeg = _jpeg(tmp_path)
    cut = Screen("data/screens/tall.png", (jpeg, jpeg), jpeg, whole=False)
    text = text_of(report.render(full(), replace(PROOF, screens=(cut,))), tmp_path)
    assert "续 continued" in text
    assert "the rest is in the original" in text
    assert "reduced" in text


def _jpeg(folder: Path) -> bytes:
    (folder / "small.ppm").write_bytes(b"P6 2 2 255\n" + bytes(12))
    return screen(folder / "small.ppm", "small").thumb


def test_groups_of_four() -> None:
    """For reading aloud."""
    assert report.grouped("abcdef") == "abcd ef"
