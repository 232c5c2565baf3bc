"""A form as PDF, A4, ready to print and sign. Same form, same bytes."""

from datetime import datetime

from evidence.forms.sheet import Grid, Sheet, Words
from evidence.paper import MM, SMALL, Paper, Style


def print_file(sheet: Sheet, at: datetime) -> bytes:
    """The PDF file of a form.

    Args:
        at: its date, aware UTC.

    Raises:
        FontMissingError: no Chinese font on this machine.
    """
    paper = Paper(f"{sheet.title} {sheet.subtitle}", at)
    paper.text(sheet.title, Style(18, bold=True), align="C", gap=0)
    paper.text(sheet.subtitle, SMALL, align="C", gap=8)
    for part in sheet.parts:
        if isinstance(part, Words):
            _words(paper, part)
        elif isinstance(part, Grid):
            style = Style(7.5 if part.small else 9.5)
            paper.table(part.shares, part.rows, style, header=part.header, least=part.height * MM)
            paper.gap(6)
    return paper.finish(sheet.foot)


def _words(paper: Paper, part: Words) -> None:
    if part.strong:
        paper.need(60)
    paper.text(part.words, Style(11, bold=True) if part.strong else Style(9), gap=3)
