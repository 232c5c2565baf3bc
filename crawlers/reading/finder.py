"""Slow patterns asked only where they can begin: a quick pattern for one character says where that is."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

MANY = 2_000
"""Where there are more digits than this, they are not listed."""
SELDOM = 64
"""Where one character of so many may begin a match, a pattern that goes through the whole text is as quick."""
SHORT = 200
"""A text shorter than this is gone through by the pattern at once."""


def _digit_set() -> str:
    """Ranges of all decimal digits of the Basic Multilingual Plane, and everything beyond it."""
    starts = [code for code in range(0x10000) if chr(code).isdecimal() and not chr(code - 1 if code else 0).isdecimal()]
    return "".join(f"{chr(start)}-{chr(start + 9)}" for start in starts) + "\U00010000-\U0010ffff"


DIGIT = _digit_set()
"""Inside of ``[...]``, all that ``\\d`` finds and a little more; ``re`` looks a set up much faster than a category."""


_ONE_DIGIT = re.compile(f"[{DIGIT}]")


@lru_cache(maxsize=8)
def digit_places(text: str) -> tuple[int, ...] | None:
    """Where the digits of a text are (all of ``DIGIT``), in order; None where they are more than ``MANY``.

    Several patterns begin with a digit: the text is gone through for them once.
    """
    found = tuple(match.start() for match in islice(_ONE_DIGIT.finditer(text), MANY + 1))
    return None if len(found) > MANY else found


def has_number(text: str, digits: int, within: int) -> bool:
    """Whether so many digits stand within so many characters anywhere; True also where there are many digits."""
    places = digit_places(text)
    if places is None:
        return True
    return any(places[at + digits - 1] - first < within for at, first in enumerate(places[: 1 - digits]))


def _characters(first: str) -> tuple[str, bool]:
    """The characters that the pattern of a first character begins with, and whether digits are among them.

    Raises:
        ValueError: it does not begin with plain characters: a range, or an escape other than a line end.
    """
    inside = first[1 : first.index("]")] if first[:1] == "[" else first.partition("(")[0]
    plain = inside.replace(DIGIT, "").replace(r"\n", "\n")
    if not plain or set(plain) & set("-\\^.") or (first[:1] != "[" and len(plain) > 1):
        raise ValueError(f"expected plain characters to begin with, got {first!r}")
    return plain, DIGIT in inside


class Finder:
    """A pattern and what its first character must be.

    ``finditer`` and ``search`` give what the pattern's own give, provided that ``first`` finds one
    character (and looks around it at most) wherever a match can begin. It pays where the pattern
    begins with alternatives or a look behind, which ``re`` tries at every place of a text, while a
    set of characters is skipped through quickly.
    """

    __slots__ = ("_begins", "_characters", "_digits", "_first", "_match", "pattern")

    def __init__(self, pattern: str, first: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        """Compile both.

        Args:
            pattern: the pattern; it never matches an empty text.
            first: pattern of one character, found wherever a match begins except at the very
                start of the text, which is always tried: one character or a set ``[...]`` of plain
                ones and ``DIGIT``, then what looks around.
            flags: of the pattern.
        """
        self.pattern = re.compile(pattern, flags)
        self._match = self.pattern.match
        compiled = re.compile(first)
        self._first, self._begins = compiled.finditer, compiled.match
        self._characters, self._digits = _characters(first)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches in order, none overlapping."""
        match = self._match(text)
        taken_to = 0
        if match:
            yield match
            taken_to = match.end()
        for start in self._starts(text):
            if start >= taken_to:
                match = self._match(text, start)
                if match:
                    yield match
                    taken_to = match.end()

    def _starts(self, text: str) -> Iterator[int]:
        """Where ``first`` finds something, but for the start of the text."""
        places = self._places(text)
        if places is None:
            return (first.start() for first in self._first(text, 1))
        return (place for place in places if self._begins(text, place))

    def _places(self, text: str) -> list[int] | None:
        """Where the characters are that ``first`` begins with, but for the start of the text; None: ask it itself.

        One character is found many times quicker than one of a set, and most are not there at all.
        """
        if len(text) < SHORT or (len(self._characters) == 1 and not self._digits):
            return None
        most = len(text) // SELDOM
        places: list[int] = []
        if self._digits:
            digits = digit_places(text)
            if digits is None:
                return None
            places.extend(place for place in digits if place)
        for character in self._characters:
            at = text.find(character, 1)
            while at >= 0:
                places.append(at)
                at = text.find(character, at + 1) if len(places) <= most else -1
        places.sort()
        return places if len(places) <= most else None

    def search(self, text: str) -> re.Match[str] | None:
        """The first match; None where there is none."""
        return next(self.finditer(text), None)
