"""Sentences around telling words: found by the word, then widened, so that the search stays linear."""

import re
from collections.abc import Iterator

from crawlers.reading.finder import Finder

MAX_BEFORE = 80
MAX_AFTER = 120


def holds(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of some words is in a text: a quick question before a slow search.

    One character is looked for many times quicker than several, and is mostly not there.
    """
    for word in words:  # noqa: SIM110 - asked often: any() would make a generator each time
        if word[0] in text and word in text:
            return True
    return False


def sentences(text: str, words: re.Pattern[str] | Finder, marks: str = "\n") -> Iterator[tuple[int, int]]:
    """Ranges of the sentences that hold one of the words, in order, none overlapping.

    Args:
        text: visible text.
        words: what to look for.
        marks: characters that end a sentence; one other than a line end is kept as its last character.
    """
    taken = 0
    for match in words.finditer(text):
        if match.start() < taken:
            continue
        floor = max(taken, match.start() - MAX_BEFORE)
        start = max((text.rfind(mark, floor, match.start()) + 1 for mark in marks), default=0)
        start = max(start, floor)
        ceiling = min(len(text), match.end() + MAX_AFTER)
        found = [(at, mark) for mark in marks if (at := text.find(mark, match.end(), ceiling)) >= 0]
        end = ceiling
        if found:
            at, mark = min(found)
            end = at if mark == "\n" else at + 1
        taken = end
        while start < end and text[start].isspace():
            start += 1
        yield start, end
