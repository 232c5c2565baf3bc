"""Runs the rules of a data set over rows, a batch of columns at a time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from exchange.quality.predicate import blank
from exchange.quality.rule_set import Rule, RuleSet
from kernel.clock import CHINA

BATCH = 2_048
MAX_GOT = 120
MAX_KEY = 200
HIDDEN = "（个人信息 personal）"
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that one row breaks.

    Attributes:
        number: of the row, from 1. key: what names it; ``#<number>`` where it has no name.
        got: the value, cut short; never one that is personal. row: all of it, as it came.
    """

    number: int
    key: str
    rule: Rule
    got: str
    row: Row = field(repr=False, compare=False)

    @property
    def expected(self) -> str:
        """What the rule wants."""
        return self.rule.expected


def check_rows(rules: RuleSet, rows: Iterable[Row], *, at: datetime) -> Iterator[Finding]:
    """Every rule that every row breaks, by row and then in the order of the rules.

    Args:
        rows: fields by name, as they came. at: aware UTC; its day in China is today.
    """
    today = at.astimezone(CHINA).date()
    fields, looks = rules.fields, tuple((rule, rule.look) for rule in rules.rules if rule.look is not None)
    once = _Once(rules)
    source, first = iter(rows), 1
    while batch := list(islice(source, BATCH)):
        columns = {name: [row.get(name) for row in batch] for name in fields}
        found: list[tuple[int, int, Finding]] = []
        for order, (rule, look) in enumerate(looks):
            for place in look([columns[name] for name in rule.fields], today):
                finding = _finding(rules, rule, batch[place], first + place)
                found.append((place, order, finding))
        found += once.look(columns, batch, first)
        found.sort(key=_by_place)
        yield from (finding for _, _, finding in found)
        first += len(batch)


def _by_place(one: tuple[int, int, Finding]) -> tuple[int, int]:
    return one[0], one[1]


def _finding(rules: RuleSet, rule: Rule, row: Row, number: int) -> Finding:
    return Finding(number, key_of(rules, row, number), rule, shown(rules, rule.fields, row), row)


def key_of(rules: RuleSet, row: Row, number: int) -> str:
    """What names a row."""
    key = row.get(rules.key)
    return f"#{number}" if blank(key) else _writable(str(key).strip()[:MAX_KEY])


def shown(rules: RuleSet, fields: tuple[str, ...], row: Row) -> str:
    """The values a rule looked at, cut short; two with their names."""
    values = [HIDDEN if name in rules.personal and row.get(name) else _short(row.get(name)) for name in fields]
    if len(fields) == 1:
        return values[0]
    return "; ".join(f"{name}={value}" for name, value in zip(fields, values, strict=True))[: 2 * MAX_GOT]


def kept(rules: RuleSet, row: Row) -> dict[str, object]:
    """The fields that some rule reads, cut short, without personal ones: what a page shows beside a finding."""
    return {name: _short(row[name]) for name in rules.fields if name in row and name not in rules.personal}


def _short(value: object) -> str:
    return _writable("" if value is None else str(value)[:MAX_GOT])


def _writable(text: str) -> str:
    """As every database takes it: no NUL, no half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")


class _Once:
    """Rules over the whole set: each value once."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._ones = [(order, rule) for order, rule in enumerate(rules.rules) if rule.look is None]
        self._seen: list[set[str | None]] = [set() for _ in self._ones]

    def look(self, columns: Mapping[str, list[object]], batch: list[Row], first: int) -> list[tuple[int, int, Finding]]:
        found: list[tuple[int, int, Finding]] = []
        for (order, rule), seen in zip(self._ones, self._seen, strict=True):
            column = [None if blank(value) else str(value) for value in columns[rule.field]]
            filled = [value for value in column if value is not None]
            fresh = set(filled)
            if len(fresh) == len(filled) and seen.isdisjoint(fresh):
                seen.update(fresh)
                continue
            for place, value in enumerate(column):
                if value is not None and value in seen:
                    found.append((place, order, _finding(self._rules, rule, batch[place], first + place)))
                seen.add(value)
        return found
