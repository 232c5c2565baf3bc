"""A form as DOCX that an office program opens and a person completes. Same form, same bytes.

Written as the few parts that the format asks for, with fixed times and no random identifiers.

Spec: ECMA-376 part 1 (WordprocessingML) and part 2 (packaging).
"""

import io
import zipfile
from datetime import datetime
from xml.sax.saxutils import escape

from evidence.forms.sheet import Grid, Sheet, Words
from kernel.clock import as_utc

# A4 in twentieths of a point, margins of 15 mm.
PAGE = (
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="850" w:right="850" w:bottom="850" w:left="850" '
    'w:header="400" w:footer="400" w:gutter="0"/>'
)
WIDTH, MM = 10206, 56.7
FIXED = (1980, 1, 1, 0, 0, 0)
SPACE = "http://schemas.openxmlformats.org"
MAIN = f"{SPACE}/wordprocessingml/2006/main"
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPES = (
    f'{HEAD}<Types xmlns="{SPACE}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{KIND}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{KIND}.styles+xml"/>'
    f'<Override PartName="/word/footer1.xml" ContentType="{KIND}.footer+xml"/>'
    '<Override PartName="/docProps/core.xml" '
    'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
LINKS = (
    f'{HEAD}<Relationships xmlns="{SPACE}/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{SPACE}/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/>'
    f'<Relationship Id="rId2" Type="{SPACE}/package/2006/relationships/metadata/core-properties" '
    'Target="docProps/core.xml"/></Relationships>'
)
DOCUMENT_LINKS = (
    f'{HEAD}<Relationships xmlns="{SPACE}/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{SPACE}/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{SPACE}/officeDocument/2006/relationships/footer" Target="footer1.xml"/>'
    "</Relationships>"
)
STYLES = (
    f'{HEAD}<w:styles xmlns:w="{MAIN}"><w:docDefaults><w:rPrDefault><w:rPr>'
    '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="宋体"/><w:sz w:val="20"/>'
    '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style></w:styles>'
)


def _run(words: str, size: float, *, bold: bool = False) -> str:
    strong = "<w:b/>" if bold else ""
    pieces = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(_clean(line))}</w:t>' for line in words.split("\n"))
    return f'<w:r><w:rPr>{strong}<w:sz w:val="{round(size * 2)}"/></w:rPr>{pieces}</w:r>'


def _clean(words: str) -> str:
    """Characters that XML cannot hold are shown as such, as in the printed form."""
    return "".join(
        sign if sign >= " " and not 0xD800 <= ord(sign) <= 0xDFFF and sign not in "￾￿" else "〓" for sign in words
    )


def _paragraph(words: str, size: float, *, bold: bool = False, centred: bool = False) -> str:
    align = '<w:jc w:val="center"/>' if centred else ""
    return f'<w:p><w:pPr><w:spacing w:after="60"/>{align}</w:pPr>{_run(words, size, bold=bold)}</w:p>'


def _table(grid: Grid) -> str:
    whole = sum(grid.shares)
    widths = [WIDTH * share // whole for share in grid.shares]
    size = 7.5 if grid.small else 9.5
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="808080"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = [_row(grid.header, widths, size, header=True)] if grid.header else []
    rows += [_row(row, widths, size, height=grid.height) for row in grid.rows]
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{sides}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )


def _row(cells: tuple[str, ...], widths: list[int], size: float, *, header: bool = False, height: int = 0) -> str:
    least = f'<w:trHeight w:val="{round(height * MM)}" w:hRule="atLeast"/>' if height else ""
    repeated = "<w:tblHeader/>" if header else ""
    properties = f"<w:trPr>{least}{repeated}</w:trPr>" if least or repeated else ""
    made = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p>{_run(words, size, bold=header)}</w:p></w:tc>'
        for words, width in zip(cells, widths, strict=True)
    )
    return f"<w:tr>{properties}{made}</w:tr>"


def _document(sheet: Sheet) -> str:
    parts = [_paragraph(sheet.title, 18, bold=True, centred=True), _paragraph(sheet.subtitle, 8, centred=True)]
    for part in sheet.parts:
        if isinstance(part, Words):
            parts.append(_paragraph(part.words, 11 if part.strong else 9, bold=part.strong))
        elif isinstance(part, Grid):
            # Word joins tables that follow one another: a paragraph keeps them apart.
            parts += [_table(part), "<w:p/>"]
    relation = f"{SPACE}/officeDocument/2006/relationships"
    return (
        f'{HEAD}<w:document xmlns:w="{MAIN}" xmlns:r="{relation}"><w:body>{"".join(parts)}'
        f'<w:sectPr><w:footerReference w:type="default" r:id="rId2"/>{PAGE}</w:sectPr></w:body></w:document>'
    )


def _footer(sheet: Sheet) -> str:
    def number(what: str) -> str:
        return f'<w:fldSimple w:instr=" {what} "><w:r><w:rPr><w:sz w:val="14"/></w:rPr><w:t>1</w:t></w:r></w:fldSimple>'

    return (
        f'{HEAD}<w:ftr xmlns:w="{MAIN}"><w:p>{_run(sheet.foot + "　第 ", 7)}{number("PAGE")}{_run(" 页 共 ", 7)}'
        f"{number('NUMPAGES')}{_run(' 页', 7)}</w:p></w:ftr>"
    )


def _core(sheet: Sheet, at: datetime) -> str:
    date = f"{as_utc(at):%Y-%m-%dT%H:%M:%SZ}"
    return (
        f'{HEAD}<cp:coreProperties xmlns:cp="{SPACE}/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(sheet.title)}</dc:title><dc:creator>Wangjian</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{date}</dcterms:created></cp:coreProperties>'
    )


def word_file(sheet: Sheet, at: datetime) -> bytes:
    """The DOCX file of a form.

    Args:
        at: its date, aware UTC.
    """
    parts = (
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", LINKS),
        ("docProps/core.xml", _core(sheet, at)),
        ("word/_rels/document.xml.rels", DOCUMENT_LINKS),
        ("word/document.xml", _document(sheet)),
        ("word/footer1.xml", _footer(sheet)),
        ("word/styles.xml", STYLES),
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, words in parts:
            entry = zipfile.ZipInfo(name, FIXED)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(entry, words.encode("utf-8"), compresslevel=6)
    return sink.getvalue()
