"""The normal form of text that terms are matched in, and the way back to the original.

Folding one character: NFKC, lower case, traditional to simplified (one character to one), and
nothing at all for what cannot be seen (zero-width, combining, variation selectors). The normal form is
the folded text without separators (spaces, ``·``, ``*``, emoji, …), so that 最 佳, 最*佳 and 最佳 look the
same. Line breaks and sentence punctuation stay: nothing is matched across them.

Most text on shops is normal already but for spaces and case. :func:`short_way` makes its normal form
in C; whether it may be taken is told by the automaton itself, which looks for :func:`suspects` while it looks
for terms. The map back (:class:`NormalText`) is only made when there is something to quote.
"""

import functools
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
KNOWN_CHARACTERS = 1 << 13
"""Characters whose folding is kept: those of common writing."""
_INVISIBLE = frozenset({"Cf", "Mn", "Me", "Cc"})
_PICTURES = frozenset({"So", "Sk", "Cn", "Co", "Cs"})
_SURROGATES_FIRST, _SURROGATES_LAST = 0xD800, 0xDFFF
_RARE_FIRST = 0xA000
_CJK_FIRST, _CJK_LAST = 0x3400, 0x9FFF
_COMPATIBILITY_FIRST, _COMPATIBILITY_LAST = 0xF900, 0xFAFF
_KEPT_CONTROLS = frozenset("\n\r\t\v\f\u2028\u2029\u0085")


@functools.cache
def _simplified() -> dict[str, str]:
    """Traditional to simplified, one character to one (OpenCC's t2s on single characters)."""
    characters = [chr(code) for code in range(_CJK_FIRST, _CJK_LAST + 1)]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {a: b for a, b in zip(characters, converted, strict=True) if a != b and len(b) == 1}


@functools.lru_cache(maxsize=KNOWN_CHARACTERS)
def fold(character: str) -> str:
    """The folded form of one character: none, one or more characters."""
    if character in _KEPT_CONTROLS:
        return character
    if unicodedata.category(character) in _INVISIBLE:
        return ""
    folded = _fold_once(character)
    # Some simplified forms are themselves simplified further: 薴 → 苧 → 苎.
    while (again := "".join(map(_fold_once, folded))) != folded:
        folded = again
    return folded


def _fold_once(character: str) -> str:
    simplified = _simplified()
    pieces = [
        simplified.get(piece, piece)
        for piece in unicodedata.normalize("NFKD", character)
        if unicodedata.category(piece) not in _INVISIBLE
    ]
    lowered = unicodedata.normalize("NFKC", "".join(pieces)).lower()
    return "".join(MARKS.get(piece, piece) for piece in lowered if unicodedata.category(piece) not in _INVISIBLE)


@functools.lru_cache(maxsize=KNOWN_CHARACTERS)
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
    # Not through the caches: all 65,000 characters there would be 25 MB.
    return fold.__wrapped__(character) != character or is_separator.__wrapped__(character)


@functools.cache
def suspects() -> tuple[bytes, ...]:
    """UTF-8 patterns, one of which is in every text that the short way must not be taken for.

    Where all characters that begin alike are suspect, their common beginning is one pattern: the rare
    blocks above U+A000 (Yi, Hangul, private use, emoji …) are suspect as a whole, but for punctuation.
    """
    by_lead: dict[bytes, dict[bytes, list[bytes]]] = {}
    calm: set[bytes] = set()
    for code in (*range(0x80, _SURROGATES_FIRST), *range(_SURROGATES_LAST + 1, 0x10000)):
        encoded = chr(code).encode()
        lead, block = encoded[:1], encoded[:2]
        if (code >= _RARE_FIRST and chr(code) not in INERT) or _is_suspect(chr(code)):
            by_lead.setdefault(lead, {}).setdefault(block, []).append(encoded)
        else:
            calm |= {lead, block, encoded}
    patterns = [bytes([code]) for code in (*range(9), *range(14, 32), 127, *range(0xF0, 0xF5))]
    for lead, blocks in by_lead.items():
        if lead not in calm:
            patterns.append(lead)
            continue
        for block, characters in blocks.items():
            patterns.extend(characters if block in calm else [block])
    return tuple(patterns)


_LOWER = bytes(range(256)).lower()
_DELETE = ASCII_SEPARATORS.encode()


def short_way(raw: str) -> bytes:
    """UTF-8 of the normal form of a text without suspects, inert punctuation left unfolded.

    No term contains inert punctuation, so what is found is the same.
    """
    return raw.encode("utf-8", "surrogatepass").translate(_LOWER, _DELETE)


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
