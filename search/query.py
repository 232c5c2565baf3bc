r"""The query language for people.

* words: all must occur (``手机 正品``); ``OR``/``或`` for either, ``NOT``/``非``/``-`` to exclude,
  ``AND``/``与`` where one likes to say it, brackets to group;
* ``"exact phrase"``: the title or the description holds this very string (after NFKC and lower case);
* ``field:value``, ``field:"phrase"``, ``field:(a OR b)``, ``field:*`` (has a value);
* ranges: ``price:10..99.5`` (元), ``sales:>100``, ``updated:2026-11`` (days in China);
* ``\`` takes the next character as it is.

Chinese punctuation （）“”： and full-width signs are read as their plain counterparts.
``parse(show(query)) == query`` for every query :func:`parse` gives.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from search.errors import QueryError
from search.lexer import KEYWORDS, MINUS, SPECIAL, Kind, Token, tokens
from search.vocabulary import FIELDS, QueryField, field_named, read_bounds, show_bounds

MAX_LENGTH = 2_000
MAX_DEPTH = 30
MAX_TERMS = 200


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty query: all listings."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word (cut by the segmenter); ``field`` is a text field, or empty for all."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """An exact string; ``field`` is a text field, or empty for title and description."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A keyword field has this value (canonical form)."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Range:
    """A number or day within bounds, both included: 分, counts, or ``date.toordinal``."""

    field: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Present:
    """A field has a value."""

    field: str


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """None of it."""

    part: "Query"


Query = Everything | Word | Phrase | Value | Range | Present | And | Or | Not


def all_of(parts: Iterable[Query]) -> Query:
    """And, flattened; one part stands for itself, none for everything."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return _joined(And, flat)


def any_of(parts: Iterable[Query]) -> Query:
    """Or, flattened; one part stands for itself, none for everything."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return _joined(Or, flat)


def _joined(kind: type[And | Or], flat: list[Query]) -> Query:
    if not flat:
        return Everything()
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def parse(text: str) -> Query:
    """Read a query.

    Args:
        text: at most 2,000 code points.

    Raises:
        QueryError: with code, position, what was expected, and a hint; nothing else is ever raised.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(
            "too_long", MAX_LENGTH, f"at most {MAX_LENGTH} characters", str(len(text)), hint="缩短检索式。 Shorten it."
        )
    return _Parser(list(tokens(text))).query()


class _Parser:
    """Recursive descent over the tokens; depth and number of terms are bounded."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.at = 0
        self.terms = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def ended(self) -> bool:
        return self.token.kind is Kind.END

    def take(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def query(self) -> Query:
        if self.ended():
            return Everything()
        query = self.either(None, 0)
        if not self.ended():
            raise self.unexpected("the end or an operator", "去掉多余的右括号。 Remove the extra bracket.")
        return query

    def either(self, within: QueryField | None, depth: int) -> Query:
        parts = [self.both(within, depth)]
        while self.token.kind is Kind.OR:
            self.take()
            parts.append(self.both(within, depth))
        return any_of(parts)

    def both(self, within: QueryField | None, depth: int) -> Query:
        parts = [self.one(within, depth)]
        while self.token.kind not in (Kind.OR, Kind.CLOSE, Kind.END):
            if self.token.kind is Kind.AND:
                self.take()
            parts.append(self.one(within, depth))
        return all_of(parts)

    def one(self, within: QueryField | None, depth: int) -> Query:
        if depth > MAX_DEPTH:
            raise QueryError(
                "too_deep",
                self.token.position,
                f"at most {MAX_DEPTH} levels of brackets",
                "more",
                hint="减少括号层数。 Use fewer brackets.",
            )
        kind = self.token.kind
        if kind is Kind.NOT:
            self.take()
            return Not(self.one(within, depth + 1))
        if kind is Kind.OPEN:
            return self.bracket(within, depth)
        if kind is Kind.FIELD and within is None:
            return self.fielded(depth)
        if kind in (Kind.WORD, Kind.PHRASE):
            return self.leaf(within, self.take())
        if kind is Kind.FIELD:
            raise self.unexpected("a value", "字段括号内只写值。 Inside field:( ) write values only.", "nested_field")
        raise self.unexpected(
            "a word, a “phrase” or a bracket",
            "运算符两边都要有内容；要找“与”字本身请加引号。 An operator needs two sides; quote it to look for it.",
            "missing_operand",
        )

    def bracket(self, within: QueryField | None, depth: int) -> Query:
        opened = self.take()
        inner = self.either(within, depth + 1)
        if self.token.kind is not Kind.CLOSE:
            raise QueryError(
                "unclosed_bracket",
                opened.position,
                "a closing bracket for this one",
                self.token.shown(),
                hint="补上右括号。 Close the bracket.",
            )
        self.take()
        return inner

    def fielded(self, depth: int) -> Query:
        name = self.take()
        known = field_named(name.text)
        if known is None:
            raise QueryError(
                "unknown_field",
                name.position,
                "one of " + ", ".join(field.name for field in FIELDS),
                name.shown(),
                hint="若要找带冒号的文字请加引号。 To look for text with a colon, put it in quotes.",
            )
        if self.token.kind is Kind.OPEN:
            return self.bracket(known, depth)
        if self.token.kind not in (Kind.WORD, Kind.PHRASE):
            raise self.unexpected(known.expected, "在冒号后写值。 Write a value after the colon.", "missing_operand")
        return self.leaf(known, self.take())

    def leaf(self, within: QueryField | None, token: Token) -> Query:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise QueryError(
                "too_many_terms", token.position, f"at most {MAX_TERMS} terms", "more", hint="分几次检索。 Split it."
            )
        if token.kind is Kind.PHRASE and not token.text:
            raise QueryError(
                "empty_phrase",
                token.position,
                "text between the quotes",
                "nothing",
                hint="在引号内写要找的文字。 Write the text to look for.",
            )
        if within is not None and token.kind is Kind.WORD and token.plain and token.text == "*":
            return Present(within.name)
        if within is None or within.style == "text":
            node = Phrase if token.kind is Kind.PHRASE else Word
            return node(token.text, within.name if within else "")
        return _value(within, token)

    def unexpected(self, expected: str, hint: str, reason: str = "unexpected") -> QueryError:
        return QueryError(reason, self.token.position, expected, self.token.shown(), hint=hint)


def _value(within: QueryField, token: Token) -> Query:
    if within.style == "keyword":
        canonical = within.canonical(token.text)
        if canonical is None:
            raise _bad_value(within, token)
        return Value(within.name, canonical)
    bounds = read_bounds(within.style, token.text)
    if bounds is None or not _within_calendar(within, bounds):
        raise _bad_value(within, token)
    low, high = bounds
    if low is not None and high is not None and low > high:
        raise QueryError(
            "reversed_range",
            token.position,
            "the smaller end first",
            token.shown(),
            hint="把较小的一端写在前面。 Put the smaller end first.",
        )
    return Range(within.name, low, high)


def _within_calendar(within: QueryField, bounds: tuple[int | None, int | None]) -> bool:
    floor, ceiling = (1, date.max.toordinal() - 1) if within.style == "date" else (0, 2**63 - 1)
    return all(bound is None or floor <= bound <= ceiling for bound in bounds)


def _bad_value(within: QueryField, token: Token) -> QueryError:
    return QueryError(
        "bad_value",
        token.position,
        within.expected,
        token.shown(),
        hint=f"字段“{(within.aliases or (within.name,))[0]}”的值写法不对。 This is no value of {within.name}.",
    )


def show(query: Query) -> str:
    """The query in the form that :func:`parse` reads back to the same tree."""
    return _show(query, 0)


_ESCAPED = re.compile("([" + re.escape(SPECIAL) + r"\s])")


def _show(query: Query, tightness: int) -> str:
    match query:
        case Everything():
            return ""
        case And(parts):
            return _bracketed(" ".join(_show(part, 1) for part in parts), needed=tightness > 0)
        case Or(parts):
            return _bracketed(" OR ".join(_show(part, 1) for part in parts), needed=tightness > 0)
        case Not(part):
            return f"NOT {_show(part, 2)}"
        case _:
            return _show_leaf(query)


def _bracketed(text: str, *, needed: bool) -> str:
    return f"({text})" if needed else text


def _show_leaf(query: Word | Phrase | Value | Range | Present) -> str:
    match query:
        case Word(text, field):
            return f"{_prefix(field)}{_show_word(text, bare=not field)}"
        case Phrase(text, field):
            return f"{_prefix(field)}{_quoted(text)}"
        case Value(field, value):
            return f"{field}:{_quoted(value)}"
        case Range(field, low, high):
            known = field_named(field)
            return f"{field}:{show_bounds(known.style if known else 'count', low, high)}"
        case Present(field):
            return f"{field}:*"


def _prefix(field: str) -> str:
    return f"{field}:" if field else ""


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _show_word(text: str, *, bare: bool) -> str:
    escaped = _ESCAPED.sub(r"\\\1", text)
    special = (bare and (text in KEYWORDS or text[0] in MINUS)) or (not bare and text == "*")
    return "\\" + escaped if special and not escaped.startswith("\\") else escaped
