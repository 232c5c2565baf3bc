"""A query as both engines run it: terms, character runs and ranges over fields of the index.

All decisions on meaning are made here, once; an engine only spells the plan in its own words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from kernel.clock import CHINA
from search import fields
from search.documents import microseconds
from search.query import And, Everything, Not, Or, Phrase, Present, Query, Range, Value, Word
from search.segmenter import normalise, words_of
from search.vocabulary import QueryField, field_named

TITLE_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class All:
    """Every document."""


@dataclass(frozen=True, slots=True)
class Term:
    """A token or keyword; ``weight`` 0 means it selects but does not score."""

    field: str
    value: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """These characters, side by side and in this order. ``text`` is normalised and not empty."""

    field: str
    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Between:
    """An integer field within bounds, both included; None is open."""

    field: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Filled:
    """The keyword or integer field has a value."""

    field: str


@dataclass(frozen=True, slots=True)
class Every:
    """All parts."""

    parts: tuple["Plan", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part."""

    parts: tuple["Plan", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """Documents the part does not select."""

    part: "Plan"


Plan = All | Term | Run | Between | Filled | Every | Some | Without


def compile_query(query: Query) -> Plan:
    """The plan of a parsed query."""
    match query:
        case And(parts):
            return every(compile_query(part) for part in parts)
        case Or(parts):
            return Some(tuple(compile_query(part) for part in parts))
        case Not(part):
            return Without(compile_query(part))
        case Everything():
            return All()
        case _:
            return _compile_leaf(query)


def _compile_leaf(query: Word | Phrase | Value | Range | Present) -> Plan:
    match query:
        case Word(text, field):
            return _word(text, field)
        case Phrase(text, field):
            return _phrase(text, field)
        case Value(field, value):
            return Term(_known(field).index, _storable(value))
        case Range(field, low, high):
            return _range(_known(field), low, high)
        case Present(field):
            return _present(_known(field))


def compile_filters(filters: Mapping[str, Iterable[str]]) -> dict[str, Plan]:
    """One plan a facet: any of the chosen values. A facet without values is left out."""
    plans: dict[str, Plan] = {}
    for facet, values in filters.items():
        terms = tuple(Term(fields.FACETS[facet], _storable(value)) for value in sorted(set(values)))
        if terms:
            plans[facet] = terms[0] if len(terms) == 1 else Some(terms)
    return plans


def every(parts: Iterable[Plan]) -> Plan:
    """All of the parts; ``All`` adds nothing."""
    kept = tuple(part for part in parts if not isinstance(part, All))
    if not kept:
        return All()
    return kept[0] if len(kept) == 1 else Every(kept)


def scores(plan: Plan) -> bool:
    """Whether relevance can tell two documents of this plan apart."""
    match plan:
        case Term(_, _, weight) | Run(_, _, weight):
            return weight > 0
        case Every(parts) | Some(parts):
            return any(scores(part) for part in parts)
        case _:
            return False


def _known(name: str) -> QueryField:
    known = field_named(name)
    if known is None:
        raise KeyError(name)
    return known


def _storable(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def _word(text: str, field: str) -> Plan:
    plain = normalise(text)
    tokens = list(dict.fromkeys(words_of(plain)))
    if not tokens:
        return _phrase(text, field)
    if field:
        return every(Term(fields.words_field(_known(field).index), token, 1.0) for token in tokens)
    return every(
        Some(
            (
                Term(fields.words_field("title"), token, TITLE_WEIGHT),
                Term(fields.words_field("description"), token, 1.0),
                Term(fields.NAMES_WORDS, token, 1.0),
            )
        )
        for token in tokens
    )


def _phrase(text: str, field: str) -> Plan:
    plain = normalise(text)
    if field:
        return Run(fields.characters_field(_known(field).index), plain)
    title = Run(fields.characters_field("title"), plain, TITLE_WEIGHT)
    return Some((title, Run(fields.characters_field("description"), plain)))


def _range(known: QueryField, low: int | None, high: int | None) -> Plan:
    if known.style != "date":
        return Between(known.index, low, high)
    first = None if low is None else _midnight(low)
    last = None if high is None else _midnight(high + 1) - 1
    return Between(known.index, first, last)


def _midnight(day: int) -> int:
    """Microseconds at which a day begins in China."""
    start = datetime.combine(date.fromordinal(day), time(), tzinfo=UTC)
    offset = CHINA.utcoffset(None) // timedelta(microseconds=1)
    return microseconds(start) - offset


def _present(known: QueryField) -> Plan:
    return Term(fields.FILLED, known.index) if known.style == "text" else Filled(known.index)
