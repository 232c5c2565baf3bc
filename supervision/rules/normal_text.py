"""The normal form of text that terms are matched in, and the way back to the original.

Folding one character: NFKC, lower case, traditional to simplified (one character to one), and
nothing at all for what cannot be seen (zero-width, combining, variation selectors). The normal form is
the folded text without separators (spaces, ``·``, ``*``, emoji, …), so that 最 佳, 最*佳 and 最佳 look the
same. Line breaks and sentence punctuation stay: nothing is matched across them.

Most text on shops is normal already but for spaces. :func:`searchable` therefore makes the bytes the
automaton reads with two passes in C; the map back (:class:`NormalText`) is only made when there is
something to quote.
"""

import functools
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from opencc import OpenCC  # type: ignore[import-untyped]

ASCII_SEPARATORS = " \t\v\f*-_~|/+.^=#`'\"\\"
WORD_BREAKS = frozenset(" \t\v\f\u3000\u00a0\u2002\u2003\u2009·・‧-–—/|_.+~")
"""Separators that ordinary writing puts between words; the others inside a word are there on purpose."""
VISIBLE_SEPARATORS = frozenset("·・‧•∙⋅●○◆◇■□▲△▼▽★☆※–—〜～")
INERT = frozenset("，。！？：；（）【】《》〈〉「」『』、…“”‘’￥¥")
"""Punctuation that no term contains: folding it would change nothing that is found."""
MARKS = {"〔": "[", "〕": "]"}
"""These two brackets mark the quoted term in contexts (context.py); in text they become others."""
_INVISIBLE = frozenset({"Cf", "Mn", "Me", "Cc"})
_PICTURES = frozenset({"So", "Sk", "Cn", "Co", "Cs"})
_LAST_CODE_POINT = 0x10FFFF
_CJK_FIRST, _CJK_LAST = 0x3400, 0x9FFF
_COMPATIBILITY_FIRST, _COMPATIBILITY_LAST = 0xF900, 0xFAFF
_KEPT_CONTROLS = frozenset("\n\r\t\v\f\u2028\u2029\u0085")


@functools.cache
def _simplified() -> dict[str, str]:
    """Traditional to simplified, one character to one (OpenCC's t2s on single characters)."""
    characters = [chr(code) for code in range(_CJK_FIRST, _CJK_LAST + 1)]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {a: b for a, b in zip(characters, converted, strict=True) if a != b and len(b) == 1}


@functools.lru_cache(maxsize=1 << 16)
def fold(character: str) -> str:
    """The folded form of one character: none, one or more characters."""
    if character in _KEPT_CONTROLS:
        return character
    if character in MARKS:
        return MARKS[character]
    if unicodedata.category(character) in _INVISIBLE:
        return ""
    simplified = _simplified()
    pieces = [
        simplified.get(piece, piece)
        for piece in unicodedata.normalize("NFKD", character)
        if unicodedata.category(piece) not in _INVISIBLE
    ]
    lowered = unicodedata.normalize("NFKC", "".join(pieces)).lower()
    return "".join(piece for piece in lowered if unicodedata.category(piece) not in _INVISIBLE)


@functools.lru_cache(maxsize=1 << 16)
def is_separator(character: str) -> bool:
    """Whether a folded character is left out of the normal form."""
    if character in ASCII_SEPARATORS or character in VISIBLE_SEPARATORS:
        return True
    if character in INERT or character in _KEPT_CONTROLS or character.isascii():
        return False
    return character.isspace() or unicodedata.category(character) in _PICTURES


def fold_text(raw: str) -> str:
    """The folded text, separators and all."""
    return "".join(map(fold, raw))


class _NormalTable(dict[int, str]):
    """Code point to normal form, filled as characters are met; read by ``str.translate``."""

    def __missing__(self, code: int) -> str:
        made = "".join(piece for piece in fold(chr(code)) if not is_separator(piece))
        self[code] = made
        return made


_NORMAL = _NormalTable()


def normalise(raw: str) -> str:
    """The normal form of a text (see the module text)."""
    return raw.translate(_NORMAL)


def is_cjk(character: str) -> bool:
    """Whether a character is a Chinese one."""
    code = ord(character) if character else 0
    return _CJK_FIRST <= code <= _CJK_LAST or _COMPATIBILITY_FIRST <= code <= _COMPATIBILITY_LAST or code > 0x1FFFF


def _is_suspect(character: str) -> bool:
    if character.isascii() or character in INERT:
        return False
    return fold(character) != character or is_separator(character)


@functools.cache
def _suspects() -> re.Pattern[str]:
    """One character class of every character that the fast path cannot leave as it is."""
    ranges: list[tuple[int, int]] = []
    for code in range(0x80, 0x3100):
        _extend(ranges, code)
    for code in range(0x3100, 0xA000):
        _extend(ranges, code)
    # Above: Yi, Hangul, compatibility forms, private use, emoji, rare ideographs. Seldom met, so all suspect.
    ranges.append((0xA000, _LAST_CODE_POINT))
    inert = [ord(mark) for mark in INERT if ord(mark) >= 0xA000]
    body = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in _without(ranges, sorted(inert)))
    return re.compile(f"[\x00-\x08\x0e-\x1f\x7f{body}]")


def _extend(ranges: list[tuple[int, int]], code: int) -> None:
    if not _is_suspect(chr(code)):
        return
    if ranges and ranges[-1][1] == code - 1:
        ranges[-1] = (ranges[-1][0], code)
    else:
        ranges.append((code, code))


def _without(ranges: list[tuple[int, int]], holes: list[int]) -> list[tuple[int, int]]:
    """The ranges with single code points taken out (holes ascending, all in the last range)."""
    first, last = ranges[-1]
    kept = ranges[:-1]
    for hole in holes:
        if first < hole:
            kept.append((first, hole - 1))
        first = hole + 1
    kept.append((first, last))
    return kept


_LOWER = bytes(range(256)).lower()
_DELETE = ASCII_SEPARATORS.encode()


def searchable(raw: str) -> tuple[bytes, bool]:
    """The UTF-8 bytes the automaton reads, and whether the short way was taken.

    The short way leaves inert punctuation unfolded; no term contains any, so what is found is the same.

    Returns:
        bytes of the normal form; true when only ASCII separators and case had to change.
    """
    if _suspects().search(raw) is None:
        return raw.encode().translate(_LOWER, _DELETE), True
    return normalise(raw).encode("utf-8", "surrogatepass"), False


@dataclass(frozen=True)
class NormalText:
    """A text with its normal form and the way back.

    Attributes:
        raw: the original.
    """

    raw: str

    @cached_property
    def _pieces(self) -> tuple[str, tuple[int, ...]]:
        text: list[str] = []
        places: list[int] = []
        for place, character in enumerate(self.raw):
            for piece in fold(character):
                if not is_separator(piece):
                    text.append(piece)
                    places.append(place)
        return "".join(text), tuple(places)

    @property
    def text(self) -> str:
        """The normal form."""
        return self._pieces[0]

    @property
    def places(self) -> tuple[int, ...]:
        """For each character of the normal form, the index of the raw character it comes from."""
        return self._pieces[1]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open raw span that holds normal characters ``start`` to ``end`` (half-open, not empty)."""
        return self.places[start], self.places[end - 1] + 1

    def gaps(self, start: int, end: int) -> list[tuple[int, str]]:
        """Separators inside a normal span: index of the normal character before, and the separators."""
        found = []
        for index in range(start, end - 1):
            left, right = self.places[index], self.places[index + 1]
            between = [piece for character in self.raw[left + 1 : right] for piece in fold(character)]
            if between:
                found.append((index, "".join(between)))
        return found
