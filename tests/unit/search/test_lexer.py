"""Tokens of the query language."""

import pytest

from search.errors import QueryError
from search.lexer import Kind, tokens


def _cut(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.text) for token in tokens(text)][:-1]


def test_kinds_and_chinese_punctuation() -> None:
    """Full-width brackets, quotes, colons and minus are the plain ones."""
    assert _cut("（标题：“a b” 或 －c）") == [
        (Kind.OPEN, "（"),
        (Kind.FIELD, "标题"),
        (Kind.PHRASE, "a b"),
        (Kind.OR, "或"),
        (Kind.NOT, "－"),
        (Kind.WORD, "c"),
        (Kind.CLOSE, "）"),
    ]


def test_after_a_field_everything_is_a_value() -> None:
    """A minus or a keyword there is text."""
    assert _cut("price:-5 title:AND") == [
        (Kind.FIELD, "price"),
        (Kind.WORD, "-5"),
        (Kind.FIELD, "title"),
        (Kind.WORD, "AND"),
    ]


def test_quotes_close_by_their_own_kind() -> None:
    """A curly quote inside straight quotes is text, and the other way round."""
    assert _cut('"他说“好”"') == [(Kind.PHRASE, "他说“好”")]
    assert _cut('“5"屏”') == [(Kind.PHRASE, '5"屏')]
    assert _cut("”a“") == [(Kind.PHRASE, "a")]


def test_escapes_take_the_special_sense_away() -> None:
    """And are noted."""
    found = list(tokens(r"\非 a\:b \*"))
    assert [(token.text, token.plain) for token in found[:-1]] == [("非", False), ("a:b", False), ("*", False)]
    assert found[-1].shown() == "the end"
    with pytest.raises(QueryError, match="a character after"):
        list(tokens('"a\\'))
