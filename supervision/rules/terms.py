"""All terms of all rules in one Aho-Corasick automaton; a text is read once.

A match is on the normal form (normal_text.py) and comes back as a span of the original. Separators
inside it are only accepted where they look put there to dodge a filter, or meaningless: 最*佳, 最 佳;
where they part two words that merely end and begin that way (南极 品牌), the match is doubtful.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from ahocorasick_rs import BytesAhoCorasick, Implementation

from supervision.rules.normal_text import WORD_BREAKS, NormalText, is_cjk, normalise, short_way, suspects

LONGEST_GAP = 4
HEADS = frozenset("最第唯绝首")
"""Characters that do not end a Chinese word: after one of these a space parts no two words."""


class Gap(Enum):
    """What stands between the characters of a match."""

    NONE = auto()
    ONE_WORD = auto()
    DOUBTFUL = auto()
    TWO_WORDS = auto()


@dataclass(frozen=True, slots=True)
class TermMatch:
    """One term found in one text.

    Attributes:
        term: as the rule writes it.
        start, end: half-open span of the original, in code points.
        split: separators stood inside the term.
        doubtful: a separator parts two characters that may as well belong to two words (南极 品牌).
    """

    term: str
    start: int
    end: int
    split: bool = False
    doubtful: bool = False


class TermIndex:
    """The automaton over the terms of many owners (a rule id each).

    Args:
        terms: owner to its terms. A term that is empty once normalised is a mistake of the caller's.
    """

    def __init__(self, terms: Mapping[str, Iterable[str]]) -> None:
        owners: dict[str, list[tuple[str, str]]] = {}
        for owner, written in terms.items():
            for term in written:
                owners.setdefault(normalise(term), []).append((owner, term))
        if "" in owners:
            raise ValueError(f"expected terms with visible characters, got {owners['']!r}")
        self._owners = list(owners.values())
        self.patterns = list(owners)
        patterns = [*(pattern.encode() for pattern in self.patterns), *suspects()]
        self._automaton = BytesAhoCorasick(patterns, implementation=Implementation.DFA)
        self._first_suspect = len(self.patterns)

    def find(self, raw: str) -> dict[str, list[TermMatch]]:
        """What each owner's terms match in a text, in order of place, longest first.

        Returns:
            owner to matches; owners without any are left out. Empty for most texts.
        """
        data = short_way(raw)
        matches = self._automaton.find_matches_as_indexes(data, overlapping=True)
        if not matches:
            return {}
        if any(index >= self._first_suspect for index, _, _ in matches):
            data = normalise(raw).encode("utf-8", "surrogatepass")
            matches = self._automaton.find_matches_as_indexes(data, overlapping=True)
            matches = [match for match in matches if match[0] < self._first_suspect]
            if not matches:
                return {}
        normal = NormalText(raw)
        found: dict[str, list[TermMatch]] = {}
        for index, first, last in matches:
            start = len(data[:first].decode("utf-8", "surrogatepass"))
            end = start + len(data[first:last].decode("utf-8", "surrogatepass"))
            gap = judge_gaps(normal, start, end)
            if gap is Gap.TWO_WORDS:
                continue
            raw_start, raw_end = normal.span(start, end)
            for owner, term in self._owners[index]:
                found.setdefault(owner, []).append(
                    TermMatch(term, raw_start, raw_end, gap is not Gap.NONE, gap is Gap.DOUBTFUL)
                )
        for owned in found.values():
            owned.sort(key=lambda match: (match.start, -match.end, match.term))
        return found


def judge_gaps(normal: NormalText, start: int, end: int) -> Gap:
    """What the separators inside a match mean.

    Args:
        start, end: half-open span of the normal form.
    """
    gaps = normal.gaps(start, end)
    if not gaps:
        return Gap.NONE
    text = normal.text
    for index, gap in gaps:
        if len(gap) > LONGEST_GAP or (text[index].isdigit() and text[index + 1].isdigit()):
            return Gap.TWO_WORDS
    deliberate = any(not set(gap) <= WORD_BREAKS for _, gap in gaps)
    if deliberate or end - start > 2 or text[start] in HEADS:
        return Gap.ONE_WORD
    return Gap.DOUBTFUL if _joined_before(normal, start) and _joined_after(normal, end) else Gap.ONE_WORD


def _joined_before(normal: NormalText, start: int) -> bool:
    place = normal.places[start]
    return place > 0 and is_cjk(normal.raw[place - 1])


def _joined_after(normal: NormalText, end: int) -> bool:
    place = normal.places[end - 1] + 1
    return place < len(normal.raw) and is_cjk(normal.raw[place])


def longest(matches: Iterable[TermMatch]) -> list[TermMatch]:
    """Matches without those that overlap a longer one or, at the same length, an earlier one; by place."""
    kept: list[TermMatch] = []
    for match in sorted(matches, key=lambda match: (match.start - match.end, match.start, match.term)):
        if all(match.end <= other.start or match.start >= other.end for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda match: match.start)
