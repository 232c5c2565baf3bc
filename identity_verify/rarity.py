"""How often the parts of names occur in a registry: what it says when a part agrees.

A rare 字号 tells one firm from a million others, 商贸 tells it from a few. So the same agreement says less, the more
names a registry holds and the more of them share the part. All of it is counted from the registry itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from copy import copy
from math import log10

from identity_verify.company_name import CompanyName
from identity_verify.sound import readings

LEAST_NAMES = 10_000
"""A registry of fewer names is an extract: shops are of firms that it does not hold. Chances are of this many."""
USUAL = 200
"""Names that the assumed shares are worth beside those that were counted."""
SIGN, INDUSTRY, PLACE, FORM, LENGTH = 1 / 400, 1 / 150, 1 / 60, 1 / 4, 1 / 4
"""Assumed shares, of a part that was never counted."""
MOST_SIGNS = 6
"""The longest 字号 that lengths are counted for."""
UNHEARD = -4.7
"""Share, as a logarithm, of a sign that is none: only where fifty thousand signs were counted."""
SAMPLE = 40_000
"""Names that are counted of a registry, evenly spread."""


def place_of(name: CompanyName) -> str:
    """The place a name is of, as it is counted: the city, or what stands instead of one."""
    return name.city or name.province or name.county


class Shares:
    """What share of all each word has, as a logarithm to base ten; words that were not counted have the least."""

    def __init__(self, counted: Counter[str], assumed: float) -> None:
        whole = counted.total() + USUAL
        self._logs = {word: log10((number + USUAL * assumed) / whole) for word, number in counted.items()}
        self._least = log10(USUAL * assumed / whole)

    def __getitem__(self, word: str) -> float:
        """Logarithm of the share; 0 or less."""
        return self._logs.get(word, self._least)


class Rarity:
    """Shares of signs, sounds, trades, places and forms among the names of a registry.

    Args:
        names: the names that are counted. total: how many the registry holds, counted or not.
        bearers: how many names of the registry bear a 字号.
    """

    def __init__(
        self, names: Iterable[CompanyName], *, total: int, bearers: Callable[[str], int] = lambda _core: 0
    ) -> None:
        signs, sounds, lengths = Counter[str](), Counter[str](), Counter[str]()
        trades, places, forms = Counter[str](), Counter[str](), Counter[str]()
        for name in names:
            signs.update(name.core)
            lengths[str(min(len(name.core), MOST_SIGNS))] += 1
            trades[name.industry] += 1
            places[place_of(name)] += 1
            forms[name.form_class] += 1
        for letter, number in signs.items():
            sounds[readings(letter)[0]] += number
        self.signs, self.sounds = Shares(signs, SIGN), Shares(sounds, SIGN)
        self.trades, self.places, self.forms = Shares(trades, INDUSTRY), Shares(places, PLACE), Shares(forms, FORM)
        self._lengths = Shares(lengths, LENGTH)
        self._bearers = bearers
        self.strangers = max(total, LEAST_NAMES)

    def within(self, total: int, bearers: Callable[[str], int]) -> "Rarity":
        """The same shares, among so many names, with another way to ask who bears a 字号."""
        made = copy(self)
        made.strangers, made._bearers = max(total, LEAST_NAMES), bearers  # noqa: SLF001 - a copy of its own
        return made

    def unheard(self, letter: str) -> bool:
        """True when so many names were counted that a sign which none has in its 字号 is no sign of a 字号."""
        return self.signs[letter] < UNHEARD

    def length(self, signs: int) -> float:
        """Logarithm of the share of 字号 with so many signs."""
        return self._lengths[str(min(signs, MOST_SIGNS))]

    def core(self, core: str) -> float:
        """Logarithm of the chance that another name has this 字号: by its signs, or by those that do bear it."""
        by_signs = self.length(len(core)) + sum(self.signs[letter] for letter in core)
        others = self._bearers(core) - 1
        return max(by_signs, log10(others / self.strangers)) if others > 0 else by_signs
