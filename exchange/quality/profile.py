"""What the values of a data set look like, and how that moved from one run to the next (智能分析).

Rules find what is wrong in one row; this finds what is odd about all of them: a field that is suddenly empty, a word
that was never there, another mixture of words, far fewer rows. Values of personal fields are counted and never kept.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import log, sqrt
from typing import Any

from exchange.quality.engine import HIDDEN, Row
from exchange.quality.predicate import blank
from exchange.quality.rule_set import RuleSet

DISTINCT_KEPT = 5_000
TOP = 30
FEW_WORDS = 30
"""Up to so many different values a field is a list of words, and a new word is told."""
MIN_ROWS = 100
EMPTY_MOVED = 0.05
SURE = 4.0
"""How many standard errors two shares have to be apart."""
MIXTURE_MOVED = 0.25
"""Population stability index from which a mixture counts as another one (the usual limit)."""
ROWS_MOVED = 0.5
_LEAST_SHARE = 1e-4


class Profile:
    """Counts the profiled fields of rows that pass by."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._rows = 0
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in rules.profiled}
        self._empty: Counter[str] = Counter()
        self._capped: set[str] = set()

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, counted."""
        for row in rows:
            self._rows += 1
            for name, counts in self._counts.items():
                value = row.get(name)
                if blank(value):
                    self._empty[name] += 1
                    continue
                text = HIDDEN if name in self._rules.personal else str(value)[:80]
                if len(counts) < DISTINCT_KEPT or text in counts:
                    counts[text] += 1
                else:
                    self._capped.add(name)
            yield row

    def as_json(self) -> dict[str, object]:
        """By field: ``rows``, ``empty``, ``distinct``, ``capped`` and ``top``, a list of value and number."""
        return {
            name: {
                "rows": self._rows,
                "empty": self._empty[name],
                "distinct": len(counts),
                "capped": name in self._capped,
                "top": [[_writable(value), number] for value, number in counts.most_common(TOP)],
            }
            for name, counts in self._counts.items()
        }


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that moved.

    Attributes:
        kind: ``empty`` (share of empty values), ``new-word``, ``mixture`` or ``rows``.
        before, now: in words and figures.
    """

    field: str
    kind: str
    before: str
    now: str

    def as_json(self) -> dict[str, object]:
        """As it stands in a run."""
        return {"field": self.field, "kind": self.kind, "before": self.before, "now": self.now}


def drift(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Drift, ...]:
    """What moved between two profiles; nothing where either has too few rows to say."""
    found: list[Drift] = []
    for name, here in now.items():
        there = before.get(name)
        if there is None or min(there["rows"], here["rows"]) < MIN_ROWS:
            continue
        found += [
            one for one in (_rows(name, there, here), _empty(name, there, here), _words(name, there, here)) if one
        ]
    rows = [one for one in found if one.kind == "rows"]
    return (*rows[:1], *(one for one in found if one.kind != "rows"))


def _rows(name: str, there: Mapping[str, Any], here: Mapping[str, Any]) -> Drift | None:
    if here["rows"] < there["rows"] * ROWS_MOVED:
        return Drift("*", "rows", str(there["rows"]), str(here["rows"]))
    del name
    return None


def _empty(name: str, there: Mapping[str, Any], here: Mapping[str, Any]) -> Drift | None:
    first, second = there["empty"] / there["rows"], here["empty"] / here["rows"]
    both = (there["empty"] + here["empty"]) / (there["rows"] + here["rows"])
    error = sqrt(both * (1 - both) * (1 / there["rows"] + 1 / here["rows"]))
    if abs(second - first) < EMPTY_MOVED or abs(second - first) < SURE * error:
        return None
    return Drift(name, "empty", _share(first), _share(second))


def _words(name: str, there: Mapping[str, Any], here: Mapping[str, Any]) -> Drift | None:
    """A new word, or else another mixture of the known ones."""
    if there["capped"] or there["distinct"] > FEW_WORDS or not there["top"] or not here["top"]:
        return None
    first, second = dict(there["top"]), dict(here["top"])
    new = [word for word in second if word not in first]
    if new:
        return Drift(name, "new-word", ", ".join(sorted(first)[:8]), ", ".join(new[:8]))
    moved = _stability(first, second)
    if moved < MIXTURE_MOVED:
        return None
    return Drift(name, "mixture", _mixture(first), _mixture(second))


def _stability(first: Mapping[str, int], second: Mapping[str, int]) -> float:
    """Population stability index of two mixtures of words."""
    ours, theirs = sum(first.values()), sum(second.values())
    total = 0.0
    for word in {*first, *second}:
        left = max(first.get(word, 0) / ours, _LEAST_SHARE)
        right = max(second.get(word, 0) / theirs, _LEAST_SHARE)
        total += (right - left) * log(right / left)
    return total


def _mixture(words: Mapping[str, int]) -> str:
    total = sum(words.values())
    most = sorted(words.items(), key=lambda one: -one[1])[:5]
    return ", ".join(f"{word} {_share(number / total)}" for word, number in most)


def _share(share: float) -> str:
    return f"{share * 100:.1f}%"
