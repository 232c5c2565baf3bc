"""The report: what a judge reads on paper. Page 1 says what, when, from where, whole or not.

It is derived from the sealed files and quotes the root digest, so that paper and package belong
together. Same facts, same bytes (before signing).

Spec: 人民检察院办理网络犯罪案件规定 第37条 (items of a record); 互联网法院规定 (2018) 第11条.
"""

import io
import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from fpdf import FPDF
from fpdf.enums import WrapMode
from fpdf.fonts import TTFFont
from PIL import Image, UnidentifiedImageError

from evidence import font
from kernel.clock import CHINA, iso

MARGIN_MM, WIDTH_MM, HEIGHT_MM = 15, 180, 250
IMAGE_PX, TILE_PX, MAX_TILES, JPEG_QUALITY = 1000, 1380, 3, 78
LABEL_MM = 42
FAMILY = "report"

VERDICTS = {
    "COMPLETE": "完整 COMPLETE",
    "PARTIAL": "不完整 PARTIAL — 部分资源未取得，见 meta/completeness.json / some resources are missing",
}
KINDS = {
    "court": "机构信任 outside authority",
    "test": "测试信任，不能对外证明 TEST TRUST, proves nothing to outsiders",
}


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What the report says.

    Attributes:
        started_at, ended_at: of the capture, RFC 3339 text. root_sha256: of the tag manifest, hex.
        completeness: ``COMPLETE`` or ``PARTIAL``. stamps: name, time and kind of each timestamp.
        network: label and value. files: name, size in bytes and SHA-256 of each sealed payload file.
        screens: pictures, in order. sealed_at: aware UTC.
    """

    evidence_id: str
    url: str
    final_url: str
    title: str
    purpose: str
    started_at: str
    ended_at: str
    sealed_at: datetime
    root_sha256: str
    completeness: str
    stamps: tuple[tuple[str, datetime, str], ...]
    network: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, int, str], ...]
    screens: tuple[tuple[str, tuple[bytes, ...]], ...]


def grouped(digest: str) -> str:
    """A digest in groups of four, for reading aloud and comparing."""
    return " ".join(digest[place : place + 4] for place in range(0, len(digest), 4))


def local_time(at: datetime) -> str:
    """A time as people here read it, with UTC beside it."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S} (UTC+8) · {iso(at)}"


def tiles(path: Path) -> tuple[bytes, ...]:
    """A screenshot as JPEG pictures of at most one page each; empty when it cannot be read."""
    try:
        with Image.open(path) as source:
            picture: Image.Image = source.convert("RGB")
            if picture.width > IMAGE_PX:
                height = max(1, round(picture.height * IMAGE_PX / picture.width))
                picture = picture.resize((IMAGE_PX, height), Image.Resampling.BILINEAR, reducing_gap=1.5)
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return ()
    parts: list[bytes] = []
    for top in range(0, min(picture.height, TILE_PX * MAX_TILES), TILE_PX):
        sink = io.BytesIO()
        box = (0, top, picture.width, min(picture.height, top + TILE_PX))
        picture.crop(box).save(sink, "JPEG", quality=JPEG_QUALITY)
        parts.append(sink.getvalue())
    return tuple(parts)


def begin_screens(folder: Path, pool: Executor) -> list[tuple[str, Future[tuple[bytes, ...]]]]:
    """Start to make the report's pictures from ``data/screens`` while other work goes on."""
    paths = sorted((folder / "data" / "screens").glob("*.png"))
    return [(f"data/screens/{path.name}", pool.submit(tiles, path)) for path in paths]


def screens_of(folder: Path) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
    """The report's pictures, made at once."""
    with ThreadPoolExecutor(2) as pool:
        return tuple((name, future.result()) for name, future in begin_screens(folder, pool))


def _rows(facts: ReportFacts) -> list[tuple[str, str]]:
    rows = [
        ("证据编号 Evidence", facts.evidence_id),
        ("网址 URL", facts.url),
        ("实际网址 Final URL", facts.final_url),
        ("页面标题 Title", facts.title),
        ("采集目的 Purpose", facts.purpose),
        ("采集时间 Captured", f"{facts.started_at} — {facts.ended_at}"),
        ("封存时间 Sealed", local_time(facts.sealed_at)),
        ("完整性 Completeness", VERDICTS.get(facts.completeness, facts.completeness)),
        ("根哈希 Root SHA-256", grouped(facts.root_sha256)),
    ]
    rows += [
        (f"时间戳 Timestamp {name}", f"{local_time(at)} · {KINDS.get(kind, kind)}") for name, at, kind in facts.stamps
    ]
    return rows


def _verdict(facts: ReportFacts) -> str:
    test = any(kind != "court" for _, _, kind in facts.stamps)
    zh = "结论：已封存，签名与时间戳齐全" + ("；时间戳为测试信任" if test else "")
    en = "Verdict: sealed, signed and timestamped" + ("; timestamps are TEST TRUST" if test else "")
    return f"{zh}\n{en}"


CLOSING_WORDS = (
    "根哈希是 tagmanifest-sha256.txt 的 SHA-256：与数据包核对一致，即证明本报告与该数据包对应。"
    "截图为封存图片的派生缩略件，以数据包内原件为准。核验方法见包内 README.txt。\n"
    "The root is the SHA-256 of tagmanifest-sha256.txt: equal values tie this paper to the package. Pictures are "
    "derived; the originals are in the package. README.txt in it says how to check."
)


def _texts(facts: ReportFacts) -> str:
    pieces = [
        _verdict(facts),
        CLOSING_WORDS,
        "网页固证报告 Web evidence report 网络事实 Network facts 文件清单 Files 截图 Screenshot",
    ]
    pieces += [part for row in (*_rows(facts), *facts.network) for part in row]
    pieces += [f"{name} {size} {digest} bytes …（共" for name, size, digest in facts.files]
    pieces += [name for name, _ in facts.screens]
    pieces.append("无法显示 cannot be shown 第页 续 continued 其余部分见原件 the rest is in the original 0123456789/()")
    return "".join(pieces)


class _Paper:
    """An FPDF with one font and three kinds of line."""

    def __init__(self, facts: ReportFacts, folder: Path) -> None:
        self._font = path, face = font.find()
        # Its cells are wrapped by decorators without types.
        self.pdf = cast("Any", FPDF(format="A4"))
        self.pdf.set_creation_date(facts.sealed_at)
        self.pdf.set_title(f"Wangjian {facts.evidence_id}")
        self.pdf.set_producer("Wangjian")
        self.pdf.set_keywords(f"root-sha256:{facts.root_sha256}")
        self.pdf.set_margin(MARGIN_MM)
        self.pdf.set_auto_page_break(auto=True, margin=MARGIN_MM)
        cut, number = font.cut(font.shown(_texts(facts), path, face), path, face, folder)
        self.pdf.add_font(FAMILY, "", cut, collection_font_number=number)
        # The cut font's outlines are final: no drawing anew when the font is embedded.
        embedded = self.pdf.fonts[FAMILY]
        if isinstance(embedded, TTFFont):
            embedded.ttfont.recalcBBoxes = False
        self.pdf.add_page()

    def _shown(self, words: str) -> str:
        return font.shown(words, *self._font)

    def text(self, words: str, size: float, gap: float = 1.0) -> None:
        self.pdf.set_font(FAMILY, "", size)
        height = size * 0.5
        self.pdf.multi_cell(
            0, height, self._shown(words), align="L", new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR
        )
        self.pdf.ln(gap)

    def row(self, label: str, value: str, size: float = 10) -> None:
        self.pdf.set_font(FAMILY, "", size)
        self.pdf.multi_cell(LABEL_MM, size * 0.5, self._shown(label), align="L", new_x="RIGHT", new_y="TOP")
        self.pdf.set_x(MARGIN_MM + LABEL_MM + 2)
        shown = self._shown(value) or "—"
        self.pdf.multi_cell(0, size * 0.5, shown, align="L", new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR)
        self.pdf.ln(1.5)

    def picture(self, name: str, parts: Sequence[bytes]) -> None:
        if not parts:
            self.text(f"截图 Screenshot {name}：无法显示 cannot be shown", 9)
        for number, part in enumerate(parts):
            self.pdf.add_page()
            note = " (续 continued)" if number else ""
            self.text(f"截图 Screenshot {name}{note}", 9)
            self.pdf.image(io.BytesIO(part), x=MARGIN_MM, w=WIDTH_MM, h=HEIGHT_MM, keep_aspect_ratio=True)
        if len(parts) == MAX_TILES:
            self.text("其余部分见原件 the rest is in the original", 8)


def render(facts: ReportFacts) -> bytes:
    """The unsigned report.

    Raises:
        FontMissingError: no Chinese font on this machine.
    """
    with tempfile.TemporaryDirectory(prefix="wangjian-report-") as folder:
        paper = _Paper(facts, Path(folder))
        paper.text("网页固证报告 Web evidence report", 18, 3)
        paper.text(_verdict(facts), 12, 4)
        for label, value in _rows(facts):
            paper.row(label, value)
        paper.pdf.ln(2)
        paper.text(CLOSING_WORDS, 8)
        for name, parts in facts.screens:
            paper.picture(name, parts)
        paper.pdf.add_page()
        paper.text("网络事实 Network facts", 13, 2)
        for label, value in facts.network:
            paper.row(label, value, 9)
        paper.pdf.ln(3)
        paper.text("文件清单 Files", 13, 2)
        for name, size, digest in facts.files:
            paper.text(f"{name}  {size} bytes\n{digest}", 7, 0.8)
        return bytes(paper.pdf.output())
