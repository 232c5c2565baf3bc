"""The query language's tokens. Chinese punctuation is read as its plain counterpart."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from search.errors import QueryError

OPENING = "(（"
CLOSING = ")）"
COLON = ":："
MINUS = "-－"
QUOTES = {'"': '"', "＂": '＂"', "“": "”“", "”": "”“"}
"""Opening quote to the characters that may close it."""
ESCAPE = "\\"
SPECIAL = OPENING + CLOSING + COLON + "".join(QUOTES) + ESCAPE


class Kind(Enum):
    """Kinds of token."""

    WORD = "a word"
    PHRASE = "a phrase"
    FIELD = "a field name"
    OPEN = "“(”"
    CLOSE = "“)”"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    END = "the end"


KEYWORDS = {"AND": Kind.AND, "与": Kind.AND, "OR": Kind.OR, "或": Kind.OR, "NOT": Kind.NOT, "非": Kind.NOT}


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        text: without quotes and escapes. position: in the query, code points from 0.
        plain: nothing in it was escaped, so ``*`` and keywords have their special sense.
    """

    kind: Kind
    text: str
    position: int
    plain: bool = True

    def shown(self) -> str:
        """The token as an error message names it."""
        if self.kind in (Kind.WORD, Kind.PHRASE, Kind.FIELD):
            return f"“{self.text}”"
        return str(self.kind.value)


def tokens(query: str) -> Iterator[Token]:
    """Cut a query into tokens; the last one is END.

    Raises:
        QueryError: a quote is not closed, or an escape has nothing behind it.
    """
    position = 0
    after_field = False
    while True:
        while position < len(query) and query[position].isspace():
            position += 1
        if position == len(query):
            yield Token(Kind.END, "", position)
            return
        token, position = _next(query, position, after_field=after_field)
        after_field = token.kind is Kind.FIELD
        yield token


def _next(query: str, start: int, *, after_field: bool) -> tuple[Token, int]:
    char = query[start]
    if char in OPENING:
        return Token(Kind.OPEN, char, start), start + 1
    if char in CLOSING:
        return Token(Kind.CLOSE, char, start), start + 1
    if char in QUOTES:
        return _phrase(query, start)
    if char in COLON:
        raise QueryError(
            "unexpected",
            start,
            "a field name before the colon",
            f"“{char}”",
            hint="写成 字段:值，例如 标题:手机；找冒号请加引号。 Write field:value; quote a colon to look for it.",
        )
    if char in MINUS and not after_field and start + 1 < len(query) and not query[start + 1].isspace():
        return Token(Kind.NOT, char, start), start + 1
    return _word(query, start, after_field=after_field)


def _phrase(query: str, start: int) -> tuple[Token, int]:
    closers = QUOTES[query[start]]
    text: list[str] = []
    position = start + 1
    plain = True
    while position < len(query):
        char = query[position]
        if char in closers:
            return Token(Kind.PHRASE, "".join(text), start, plain), position + 1
        if char == ESCAPE:
            char, position, plain = _escaped(query, position), position + 1, False
        text.append(char)
        position += 1
    raise QueryError(
        "unclosed_quote",
        start,
        f"a closing quote ({' or '.join(closers)})",
        "the end",
        hint='补上右引号；要找引号本身请写 \\"。 Close the quote; write \\" to look for a quote.',
    )


def _word(query: str, start: int, *, after_field: bool) -> tuple[Token, int]:
    text: list[str] = []
    position = start
    plain = True
    while position < len(query):
        char = query[position]
        if char == ESCAPE:
            char, position, plain = _escaped(query, position), position + 1, False
        elif char.isspace() or char in SPECIAL:
            break
        text.append(char)
        position += 1
    word = "".join(text)
    if position < len(query) and query[position] in COLON:
        return Token(Kind.FIELD, word, start, plain), position + 1
    kind = KEYWORDS.get(word, Kind.WORD) if plain and not after_field else Kind.WORD
    return Token(kind, word, start, plain), position


def _escaped(query: str, position: int) -> str:
    if position + 1 == len(query):
        raise QueryError(
            "dangling_escape",
            position,
            "a character after “\\”",
            "the end",
            hint="反斜杠使下一个字符不再特殊；找反斜杠请写两个。 A backslash quotes the next character; write two.",
        )
    return query[position + 1]
