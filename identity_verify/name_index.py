"""An index of names: which registered names could be meant by a shown one.

Keys and numbers of names lie packed in sorted arrays, 8 bytes an entry, so that a million names need some hundred
megabytes and processes that are forked share them. Each process that helps to make the index makes one array.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from identity_verify.company_name import CompanyName, parse
from identity_verify.name_keys import key_of, keys_of
from identity_verify.rarity import SAMPLE, Rarity
from identity_verify.vocabulary import Vocabulary, learnt_industries, shipped

NUMBER_BITS = 24
NUMBER_MASK = (1 << NUMBER_BITS) - 1
LONG_BLOCK = 400
"""A key that more names than this share tells too little to look at all of them."""
CANDIDATES = 40
FEWEST = 4
"""A candidate shares at least one in so many of the keys that the best one shares."""
LEARN_SAMPLE = 200_000


@dataclass(frozen=True, slots=True)
class NameEntry:
    """One registered name. ``former`` for 曾用名; ``code`` and ``address`` of its subject, or empty."""

    subject_id: int
    name: str
    former: bool = False
    code: str = ""
    address: str = ""


class NameIndex:
    """Names to be found by; immutable once made. See :meth:`of`."""

    def __init__(
        self,
        entries: Sequence[NameEntry],
        parts: Sequence["array[int]"],
        vocabulary: Vocabulary,
        rarity: Rarity | None = None,
    ) -> None:
        self.entries = entries
        self.vocabulary = vocabulary
        self.rarity = rarity or _rarity(entries, vocabulary, self.bearers)
        self._parts = tuple(parts)
        self._by_code: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            if entry.code:
                self._by_code.setdefault(entry.code, []).append(number)

    @classmethod
    def of(
        cls, entries: Iterable[NameEntry], *, vocabulary: Vocabulary | None = None, rarity: Rarity | None = None
    ) -> "NameIndex":
        """An index of these names; words for trades are learnt from them where there are enough.

        Args:
            vocabulary, rarity: what was learnt and counted elsewhere, of a registry that these names are a part of;
                then nothing is learnt or counted here.
        """
        held = tuple(entries)
        words = vocabulary or learn(entry.name for entry in islice(held, LEARN_SAMPLE))
        return cls(held, [packed(held, words, start=0)], words, rarity)

    def by_code(self, code: str) -> list[int]:
        """Numbers of the names whose subject has this code."""
        return self._by_code.get(code, [])

    def bearers(self, core: str) -> int:
        """How many names have this 字号, to the sign."""
        key = key_of(f"X{core}")
        return sum(
            bisect_left(part, (key + 1) << NUMBER_BITS) - bisect_left(part, key << NUMBER_BITS) for part in self._parts
        )

    def candidates(self, name: CompanyName) -> list[int]:
        """Numbers of the names that share most keys with this one, best first, at most ``CANDIDATES``.

        Long blocks only add to names that a short block found.
        """
        shared: Counter[int] = Counter()
        long: list[list[int]] = []
        for key in keys_of(name):
            block = self._block(key)
            if len(block) > LONG_BLOCK:
                long.append(block)
            else:
                shared.update(block)
        if not shared and long:
            shared.update(min(long, key=len)[:LONG_BLOCK])
        found = shared.most_common(CANDIDATES)
        # One that shares few keys is never nearer than one that shares nearly all.
        least = found[0][1] // FEWEST if found else 0
        return [number for number, keys in found if keys >= least]

    def _block(self, key: int) -> list[int]:
        """Numbers of the names that have a key; when there are too many, one more than ``LONG_BLOCK``."""
        found: list[int] = []
        for part in self._parts:
            low = bisect_left(part, key << NUMBER_BITS)
            high = bisect_left(part, (key + 1) << NUMBER_BITS, low)
            found += [entry & NUMBER_MASK for entry in part[low : min(high, low + LONG_BLOCK + 1 - len(found))]]
        return found


def _rarity(entries: Sequence[NameEntry], words: Vocabulary, bearers: Callable[[str], int]) -> Rarity:
    step = max(1, len(entries) // SAMPLE)
    some = (parse(entry.name, words) for entry in entries[::step])
    return Rarity(some, total=len(entries), bearers=bearers)


def learn(names: Iterable[str]) -> Vocabulary:
    """The shipped vocabulary and what many names teach beside it."""
    words = shipped()
    stems = (parse(name, words).stem for name in names)
    return words.with_industries(learnt_industries(stems, words.industries))


def packed(entries: Sequence[NameEntry], words: Vocabulary, *, start: int) -> "array[int]":
    """Sorted keys of some names, each with its number, the first being ``start``."""
    made = [
        (key << NUMBER_BITS) | number
        for number, entry in enumerate(entries, start)
        for key in keys_of(parse(entry.name, words))
    ]
    made.sort()
    return array("Q", made)
