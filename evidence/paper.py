"""A4 pages for people: text, tables and pictures in one Chinese font, as a PDF file.

Laying out only: the same calls give the same bytes, and a page costs about a millisecond.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PIL import Image

from evidence import font
from evidence.font import Face
from evidence.pdf_file import PAGE_HEIGHT, PAGE_WIDTH, Information, Page, Picture, assemble
from kernel.clock import as_utc

MM = 72 / 25.4
MARGIN = 15 * MM
INNER = PAGE_WIDTH - 2 * MARGIN
FOOT = 12 * MM
TOKEN = re.compile(r"[\x21-\x7e]+|\s|.[，。、；：！？）》」』”’…]*", re.DOTALL)
# A longer run without a space (an address, a digest) is broken where the line ends.
LONGEST_WORD = 24
PADDING = 3.0
INK, GREY, RULE = 0.0, 0.38, 0.55


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks.

    Attributes:
        size: points. grey: 0 is black. bold: outlines drawn thicker.
    """

    size: float = 10
    grey: float = INK
    bold: bool = False


PLAIN = Style()
SMALL = Style(8, GREY)


class Paper:
    """Pages under way. Lengths are points, places are measured from the top left of the page.

    Args:
        title, keywords: of the document's information. at: its date, aware UTC.
        fields: names of empty signature fields on page 1.

    Raises:
        FontMissingError: no Chinese font on this machine.
    """

    def __init__(self, title: str, at: datetime, *, keywords: str = "", fields: Sequence[str] = ()) -> None:
        self.face: Face = font.open_face(*font.find())
        self._information = Information(title, as_utc(at), keywords, tuple(fields))
        self._pages: list[Page] = []
        self._pictures: list[Picture] = []
        self.y = 0.0
        self.page_break()

    # --- places
    def page_break(self) -> None:
        """Begin a page."""
        self._pages.append(Page())
        self.y = MARGIN

    def room(self) -> float:
        """Points left on this page."""
        return PAGE_HEIGHT - MARGIN - FOOT - self.y

    def need(self, height: float) -> None:
        """Begin a page when there is less room than this."""
        if self.room() < height:
            self.page_break()

    def gap(self, height: float) -> None:
        """Leave room."""
        self.y += height

    # --- text
    def wrapped(self, words: str, size: float, width: float) -> list[str]:
        """The lines of a text in a width: words stay whole, Chinese breaks anywhere but before 。 and its like."""
        lines: list[str] = []
        limit = width * 1000 / size
        for paragraph in self.face.shown(words).split("\n"):
            if self.face.width(paragraph) <= limit:
                lines.append(paragraph.rstrip())
                continue
            line, used = "", 0
            for token, long in self._tokens(paragraph, limit):
                if used + long > limit and line:
                    lines.append(line.rstrip())
                    line, used = "", 0
                    if token.isspace():
                        continue
                line, used = line + token, used + long
            lines.append(line.rstrip())
        return lines

    def _tokens(self, paragraph: str, limit: float) -> list[tuple[str, int]]:
        """What may stand on one line, with its width."""
        found: list[tuple[str, int]] = []
        for token in TOKEN.findall(paragraph):
            long = self.face.width(token)
            if len(token) > LONGEST_WORD or long > limit:
                found += [(sign, self.face.width(sign)) for sign in token]
            else:
                found.append((token, long))
        return found

    def put(self, words: str, x: float, y: float, style: Style = PLAIN) -> None:
        """One line of text; ``y`` is its top."""
        if not words:
            return
        base = PAGE_HEIGHT - y - style.size * 0.86
        thick = f"2 Tr {style.size * 0.035:.3f} w {style.grey:g} G " if style.bold else "0 Tr "
        self._add(f"BT {thick}{style.grey:g} g /F {style.size:g} Tf {x:.2f} {base:.2f} Td ".encode())
        self._pages[-1].parts += [words, b" Tj ET\n"]

    def text(
        self, words: str, style: Style = PLAIN, *, x: float = MARGIN, width: float = 0, align: str = "L", gap: float = 3
    ) -> None:
        """A paragraph, over the pages if need be. ``align``: ``L`` or ``C``."""
        room = width or PAGE_WIDTH - MARGIN - x
        for line in self.wrapped(words, style.size, room):
            self.need(style.size * 1.4)
            used = self.face.width(line) * style.size / 1000
            self.put(line, x + (room - used) / 2 if align == "C" else x, self.y, style)
            self.y += style.size * 1.4
        self.y += gap

    # --- lines and boxes
    def _add(self, operators: bytes) -> None:
        self._pages[-1].parts.append(operators)

    def rule(self, x: float, y: float, x2: float, y2: float, width: float = 0.5) -> None:
        """A line."""
        top, end = PAGE_HEIGHT - y, PAGE_HEIGHT - y2
        self._add(f"{RULE:g} G {width:g} w {x:.2f} {top:.2f} m {x2:.2f} {end:.2f} l S\n".encode())

    def box(self, x: float, y: float, width: float, height: float, *, fill: float | None = None) -> None:
        """A frame, or a filled area."""
        low = PAGE_HEIGHT - y - height
        how = f"{RULE:g} G 0.5 w" if fill is None else f"{fill:g} g"
        self._add(f"{how} {x:.2f} {low:.2f} {width:.2f} {height:.2f} re {'S' if fill is None else 'f'}\n".encode())

    # --- tables
    def table(
        self,
        widths: Sequence[float],
        rows: Sequence[Sequence[str]],
        style: Style = PLAIN,
        *,
        header: Sequence[str] = (),
        least: float = 0,
    ) -> None:
        """A table with frames; the header is repeated on each page, long cells go on over the page.

        Args:
            widths: of the columns, as shares of the page's width. least: height of a row at least.
        """
        whole = sum(widths)
        columns = [INNER * share / whole for share in widths]
        if header:
            self.need(style.size * 1.4 * 4)
            self._row(columns, header, Style(style.size, style.grey, bold=True), 0, fill=0.92)
        for row in rows:
            self._rows(columns, row, style, least, header)

    def _rows(
        self, columns: list[float], row: Sequence[str], style: Style, least: float, header: Sequence[str]
    ) -> None:
        step = style.size * 1.4
        cells = [
            self.wrapped(words, style.size, width - 2 * PADDING) for words, width in zip(row, columns, strict=True)
        ]
        rest = max(map(len, cells))
        done = 0
        while done < rest or not rest:
            fits = int((self.room() - 2 * PADDING) / step)
            if fits < min(rest - done, 3) or self.room() < least:
                self.page_break()
                if header:
                    self._row(columns, header, Style(style.size, style.grey, bold=True), 0, fill=0.92)
                continue
            count = min(rest - done, fits)
            self._draw(columns, [cell[done : done + count] for cell in cells], style, max(count * step, least))
            done += count
            if not rest:
                break

    def _row(
        self, columns: list[float], row: Sequence[str], style: Style, least: float, fill: float | None = None
    ) -> None:
        cells = [
            self.wrapped(words, style.size, width - 2 * PADDING) for words, width in zip(row, columns, strict=True)
        ]
        height = max(max(map(len, cells)) * style.size * 1.4, least)
        if fill is not None:
            self.box(MARGIN, self.y, INNER, height + 2 * PADDING, fill=fill)
        self._draw(columns, cells, style, height)

    def _draw(self, columns: list[float], cells: list[list[str]], style: Style, height: float) -> None:
        x, step = MARGIN, style.size * 1.4
        for lines, width in zip(cells, columns, strict=True):
            self.box(x, self.y, width, height + 2 * PADDING)
            for number, line in enumerate(lines):
                self.put(line, x + PADDING, self.y + PADDING + number * step + step * 0.1, style)
            x += width
        self.y += height + 2 * PADDING

    # --- pictures
    def picture(self, jpeg: bytes, x: float, y: float, width: float, height: float) -> None:
        """A JPEG picture within a frame of this size, its sides in proportion."""
        with Image.open(io.BytesIO(jpeg)) as opened:
            across, down = opened.size
        scale = min(width / across, height / down)
        self._pictures.append(Picture(jpeg, across, down))
        number = len(self._pictures) - 1
        self._pages[-1].pictures.append(number)
        low = PAGE_HEIGHT - y - down * scale
        matrix = f"{across * scale:.2f} 0 0 {down * scale:.2f} {x:.2f} {low:.2f}"
        self._add(f"q {matrix} cm /P{number} Do Q\n".encode())

    # --- the file
    def finish(self, foot: str = "") -> bytes:
        """The file. ``foot`` stands at the bottom of each page beside its number."""
        pages = len(self._pages)
        for number, page in enumerate(self._pages, start=1):
            self._pages.append(page)
            end = f"第 {number} 页 共 {pages} 页  {number}/{pages}"
            self.rule(MARGIN, PAGE_HEIGHT - MARGIN - 4, PAGE_WIDTH - MARGIN, PAGE_HEIGHT - MARGIN - 4)
            used = self.face.width(end) * 7 / 1000
            self.put(end, PAGE_WIDTH - MARGIN - used, PAGE_HEIGHT - MARGIN, Style(7, GREY))
            lines = self.wrapped(foot, 7, INNER - used - 10) if foot else []
            self.put(lines[0] if lines else "", MARGIN, PAGE_HEIGHT - MARGIN, Style(7, GREY))
            self._pages.pop()
        return assemble(self._information, self.face, self._pages, self._pictures)
