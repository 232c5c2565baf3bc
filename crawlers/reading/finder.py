"""Slow patterns asked only where they can begin: a quick pattern for one character says where that is."""

import re
from collections.abc import Iterator


def _digit_set() -> str:
    """Ranges of all decimal digits of the Basic Multilingual Plane, and everything beyond it."""
    starts = [code for code in range(0x10000) if chr(code).isdecimal() and not chr(code - 1 if code else 0).isdecimal()]
    return "".join(f"{chr(start)}-{chr(start + 9)}" for start in starts) + "\U00010000-\U0010ffff"


DIGIT = _digit_set()
"""Inside of ``[...]``, all that ``\\d`` finds and a little more; ``re`` looks a set up much faster than a category."""


class Finder:
    """A pattern and what its first character must be.

    ``finditer`` and ``search`` give what the pattern's own give, provided that ``first`` finds one
    character (and looks around it at most) wherever a match can begin. It pays where the pattern
    begins with alternatives or a look behind, which ``re`` tries at every place of a text, while a
    set of characters is skipped through quickly.
    """

    __slots__ = ("_first", "_match", "pattern")

    def __init__(self, pattern: str, first: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        """Compile both.

        Args:
            pattern: the pattern; it never matches an empty text.
            first: pattern of one character, found wherever a match begins except at the very
                start of the text, which is always tried. Best a set: ``[...]``, then what looks around.
            flags: of the pattern.
        """
        self.pattern = re.compile(pattern, flags)
        self._match = self.pattern.match
        self._first = re.compile(first).finditer

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches in order, none overlapping."""
        match = self._match(text)
        taken_to = 0
        if match:
            yield match
            taken_to = match.end()
        for first in self._first(text, 1):
            start = first.start()
            if start >= taken_to:
                match = self._match(text, start)
                if match:
                    yield match
                    taken_to = match.end()

    def search(self, text: str) -> re.Match[str] | None:
        """The first match; None where there is none."""
        return next(self.finditer(text), None)
