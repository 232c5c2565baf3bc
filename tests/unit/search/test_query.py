"""The query language reads what people type, prints what it read, and fails only in its own way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import QueryError
from search.query import (
    And,
    Everything,
    Not,
    Or,
    Phrase,
    Present,
    Query,
    Range,
    Value,
    Word,
    all_of,
    any_of,
    parse,
    show,
)

TEXT_FIELDS = ("", "title", "description", "shop", "brand", "category", "seller")
TEXT = st.text(min_size=1, max_size=8)
BOUND = st.integers(0, 10**12)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    """A range with its ends in order."""
    field = draw(st.sampled_from(("price", "struck", "sales", "stock", "id", "updated", "first_seen")))
    bound = st.integers(1, 3_000_000) if field in ("updated", "first_seen") else BOUND
    low, high = sorted((draw(bound), draw(bound)))
    return draw(st.sampled_from((Range(field, low, high), Range(field, low, None), Range(field, None, high))))


LEAVES: st.SearchStrategy[Query] = st.one_of(
    st.builds(Word, TEXT, st.sampled_from(TEXT_FIELDS)),
    st.builds(Phrase, TEXT, st.sampled_from(TEXT_FIELDS)),
    st.builds(Value, st.just("rule"), st.sampled_from(("AD01", "PR03"))),
    st.builds(Value, st.just("region"), st.sampled_from(("310000", "310104"))),
    st.builds(Present, st.sampled_from(("price", "rule", "title", "category"))),
    ranges(),
)


def _grow(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    several = st.lists(inner, min_size=2, max_size=4)
    return st.one_of(several.map(all_of), several.map(any_of), inner.map(Not))


QUERIES = st.recursive(LEAVES, _grow, max_leaves=12)


@given(QUERIES)
def test_what_is_printed_is_read_back(query: Query) -> None:
    """parse(show(query)) is the query."""
    assert parse(show(query)) == query


@given(st.text(alphabet=st.sampled_from('ab手 "“”()（）:：-\\>=<.~*与或非19价格titlepricerule AND OR NOT')))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but QueryError is ever raised, and its place is within the text."""
    read = _read(text)
    if isinstance(read, QueryError):
        assert 0 <= read.position <= len(text)
        assert read.code.startswith("search.query_")
        assert read.hint
        assert read.expected
    else:
        assert parse(show(read)) == read


def _read(text: str) -> Query | QueryError:
    try:
        return parse(text)
    except QueryError as error:
        return error


@given(st.text(max_size=60))
def test_any_unicode_is_read_or_refused(text: str) -> None:
    """The same over all of Unicode."""
    read = _read(text)
    assert isinstance(read, QueryError) or parse(show(read)) == read


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Everything()),
        ("  \u3000", Everything()),
        ("手机 正品", And((Word("手机"), Word("正品")))),
        ("手机 与 正品", And((Word("手机"), Word("正品")))),
        ("手机 AND 正品 OR 茶叶", Or((And((Word("手机"), Word("正品"))), Word("茶叶")))),
        ("（小米 或 华为） 非 “翻新”", And((Or((Word("小米"), Word("华为"))), Not(Phrase("翻新"))))),
        ("-二手", Not(Word("二手"))),
        ("a - b", And((Word("a"), Word("-"), Word("b")))),
        ("a-b", Word("a-b")),
        ("and or not", And((Word("and"), Word("or"), Word("not")))),
        ('"AND"', Phrase("AND")),
        ("\\AND", Word("AND")),
        ('"a\\"b\\\\"', Phrase('a"b\\')),
        ("标题：“国家级”", Phrase("国家级", "title")),
        ("title: 手机", Word("手机", "title")),
        ("rule:(ad01 OR ad02)", Or((Value("rule", "AD01"), Value("rule", "AD02")))),
        ("规则:*", Present("rule")),
        ("状态:下架", Value("status", "gone")),
        ("地区:31", Value("region", "310000")),
        ("价格:10..99.5", Range("price", 1_000, 9_950)),
        ("价格：＞100元", Range("price", 10_001, None)),
        ("price:<=0.1", Range("price", None, 10)),
        ("销量:≥1万", Range("sales", 10_000, None)),
        ("sales:3~5", Range("sales", 3, 5)),
        ("price:-5", "search.query_bad_value"),
        ("updated:2026-11", Range("updated", 739_921, 739_950)),
        ("updated:<2026/1/1", Range("updated", None, 739_616)),
        ("(a", "search.query_unclosed_bracket"),
        ("a)", "search.query_unexpected"),
        ("()", "search.query_missing_operand"),
        ("a OR", "search.query_missing_operand"),
        ("NOT", "search.query_missing_operand"),
        ("“a", "search.query_unclosed_quote"),
        ('""', "search.query_empty_phrase"),
        (":a", "search.query_unexpected"),
        ("a\\", "search.query_dangling_escape"),
        ("foo:bar", "search.query_unknown_field"),
        ("title:", "search.query_missing_operand"),
        ("title:(rule:AD01)", "search.query_nested_field"),
        ("region:3", "search.query_bad_value"),
        ("price:1.005", "search.query_bad_value"),
        ("price:9..1", "search.query_reversed_range"),
        ("updated:2026-02-30", "search.query_bad_value"),
        ("updated:>9999", "search.query_bad_value"),
        ("sales:..", "search.query_bad_value"),
        ("(" * 100 + "a" + ")" * 100, "search.query_too_deep"),
        ("非 " * 100 + "a", "search.query_too_deep"),
        ("a " * 201, "search.query_too_many_terms"),
        ("a" * 2_001, "search.query_too_long"),
    ],
)
def test_examples(text: str, query: Query | str) -> None:
    """Each form is read as the manual says, or refused with its code."""
    if isinstance(query, str):
        with pytest.raises(QueryError) as caught:
            parse(text)
        assert caught.value.code == query
    else:
        assert parse(text) == query


def test_an_error_says_where_and_what() -> None:
    """Position, expectation and hint are there for a person and for a machine."""
    with pytest.raises(QueryError) as caught:
        parse("手机 价格:便宜")
    assert caught.value.position == 6
    assert "元" in caught.value.expected
    assert caught.value.as_dict()["context"] == {
        "position": 6,
        "expected": caught.value.expected,
        "found": "“便宜”",
    }
