"""Bytes to text: byte-order mark, declared charset, then what fits."""

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

MAX_BYTES = 4 * 1024 * 1024
"""More of one page than this is not read; the note ``truncated`` says so."""

_SNIFF_BYTES = 4096
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,30})", re.IGNORECASE)
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-16-le",
}
_READABLE_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A page as text.

    Attributes:
        text: without NUL characters.
        encoding: Python's name of the codec that was used.
        notes: ``encoding-conflict`` (what was declared is not what fits, or header and page
            disagree), ``encoding-errors`` (some bytes fit nothing), ``truncated``.
    """

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def _codec(name: str) -> str:
    """Python's codec for a declared charset, widened as browsers do; empty when there is none."""
    try:
        canonical = codecs.lookup(name.strip().lower()).name
    except (LookupError, ValueError):
        return ""
    widened = _SUPERSETS.get(canonical, canonical)
    try:
        b"a".decode(widened)
    except (LookupError, UnicodeError, AssertionError):
        return ""
    return widened


def _declared(body: bytes, content_type: str) -> tuple[str, str]:
    """Codecs declared by the header and by the page itself; empty where none is."""
    header = _HEADER_CHARSET.search(content_type)
    meta = _META_CHARSET.search(body[:_SNIFF_BYTES])
    in_page = _codec(meta.group(1).decode("ascii", "ignore")) if meta else ""
    # A page that could be read as ASCII up to its meta element cannot be UTF-16 (HTML standard 13.2.3.2).
    in_page = "utf-8" if in_page.startswith("utf-16") else in_page
    return (_codec(header.group(1)) if header else "", in_page)


def _try(body: bytes, codec: str) -> str | None:
    """Strict decoding that forgives only a character cut off at the very end."""
    try:
        if codec == "utf-8" and body[-1:] < b"\x80":
            return body.decode()  # nothing is cut off behind a plain character, and this is quicker
        decoder = codecs.getincrementaldecoder(codec)("strict")
        return decoder.decode(body, final=False)
    except (UnicodeError, LookupError):
        return None


def _lenient(body: bytes, codecs_wanted: tuple[str, ...]) -> tuple[str, str]:
    """The first codec that reads most of the non-ASCII bytes, else the one with the fewest errors."""
    best: tuple[float, str, str] | None = None
    for codec in codecs_wanted:
        text = body.decode(codec, "replace")
        wide = sum(1 for char in text if char > "\x7f")
        errors = text.count("�")
        share = 1 - errors / wide if wide else 1.0
        if share >= _READABLE_SHARE:
            return text, codec
        if best is None or share > best[0]:
            best = (share, text, codec)
    if best is None:
        return body.decode("utf-8", "replace"), "utf-8"
    return best[1], best[2]


def _choose(body: bytes, header: str, in_page: str) -> tuple[str, str, bool]:
    """Text, codec, and whether bytes had to be replaced."""
    wanted = tuple(dict.fromkeys(codec for codec in ("utf-8", header, in_page, "gb18030") if codec))
    for codec in wanted:
        # cp1252 and its kin accept almost any byte, so they never prove themselves: they come last.
        if codec in {"utf-8", "gb18030", "big5hkscs", "cp932", "cp949"}:
            text = _try(body, codec)
            if text is not None:
                return text, codec, False
    for codec in wanted:
        if codec not in {"utf-8", "gb18030"}:
            text = _try(body, codec)
            if text is not None:
                return text, codec, False
    text, codec = _lenient(body, wanted)
    return text, codec, True


def decode(body: bytes, content_type: str = "") -> DecodedText:
    """Decode a page. Never raises.

    Bytes that are valid UTF-8 are UTF-8 whatever was declared: GBK text is practically never
    valid UTF-8 by chance. What was declared wrongly is said in the notes.

    Args:
        body: the page as received, any bytes.
        content_type: the header's value, may be empty.
    """
    notes: list[str] = []
    if len(body) > MAX_BYTES:
        body = body[:MAX_BYTES]
        notes.append("truncated")
    for mark, codec in _BOMS:
        if body.startswith(mark):
            text = body[len(mark) :].decode(codec, "replace")
            return DecodedText(text.replace("\0", ""), codec, tuple(notes))
    header, in_page = _declared(body, content_type)
    text, codec, replaced = _choose(body, header, in_page)
    declared = {name for name in (header, in_page) if name}
    if not text.isascii() and declared and (declared != {codec}):
        notes.append("encoding-conflict")
    if replaced:
        notes.append("encoding-errors")
    return DecodedText(text.replace("\0", ""), codec, tuple(notes))
