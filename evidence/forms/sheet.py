"""A form as content, before it is a file: headings, tables and lines to sign."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; a heading when ``strong``."""

    words: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        shares: widths of the columns in proportion. header: empty where there is none.
        small: for long lists. height: of a row at least, millimetres; room for handwriting.
    """

    shares: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    header: tuple[str, ...] = ()
    small: bool = False
    height: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form.

    Attributes:
        title: in Chinese. subtitle: in English. foot: at the bottom of each page.
    """

    title: str
    subtitle: str
    foot: str
    parts: tuple[Words | Grid, ...]
