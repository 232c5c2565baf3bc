"""One automaton over all terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.rules.normal_text import NormalText, normalise
from supervision.rules.terms import Gap, TermIndex, TermMatch, judge_gaps, longest

TERMS = ["最佳", "顶级", "第一", "销量第一", "国家级", "100%", "no.1", "好评返现"]
INDEX = TermIndex({"A": TERMS, "B": ["第一"]})
TEXTS = st.text(st.sampled_from("最佳頂顶级第一销銷量国國家好评返现100%no.1ＮＯ１ ·*-😀\u200b，。\n甲乙"), max_size=40)


def naive(raw: str) -> set[tuple[str, int, int]]:
    """The same by looking for every term at every place."""
    normal = NormalText(raw)
    found = set()
    for term in TERMS:
        wanted = normalise(term)
        for start in range(len(normal.text) - len(wanted) + 1):
            end = start + len(wanted)
            if normal.text[start:end] == wanted and judge_gaps(normal, start, end) is not Gap.TWO_WORDS:
                found.add((term, *normal.span(start, end)))
    return found


@given(TEXTS)
def test_equals_a_naive_scan(raw: str) -> None:
    """The automaton finds what looking everywhere finds."""
    assert {(match.term, match.start, match.end) for match in INDEX.find(raw).get("A", [])} == naive(raw)


@given(TEXTS)
def test_spans_lead_back(raw: str) -> None:
    """A span of the original, normalised again, is the term."""
    for matches in INDEX.find(raw).values():
        for match in matches:
            assert normalise(raw[match.start : match.end]) == normalise(match.term)


@pytest.mark.parametrize(
    ("raw", "quote"),
    [
        ("全网最 佳的", "最 佳"),
        ("全网最*佳的", "最*佳"),
        ("頂★級", "頂★級"),
        ("国 家 级", "国 家 级"),
        ("ＮＯ．１", "ＮＯ．１"),
        ("No 1", "No 1"),
        ("最\u200b佳", "最\u200b佳"),
        ("第～一", "第～一"),
    ],
)
def test_split_and_disguised_terms(raw: str, quote: str) -> None:
    """Separators, traditional and full-width characters do not hide a term."""
    (match,) = [match for match in INDEX.find(raw)["A"] if not match.doubtful]
    assert raw[match.start : match.end] == quote


@pytest.mark.parametrize("raw", ["最，佳", "最\n佳", "10.0%", "最......佳", "最 甲 佳"])
def test_what_is_not_one_word(raw: str) -> None:
    """Nothing is matched across punctuation, lines, decimals or long gaps."""
    assert INDEX.find(raw) == {}


def test_two_words_are_doubtful() -> None:
    """A space between two words that happen to make a term is told as a doubt."""
    (match,) = INDEX.find("屋顶 级联")["A"]
    assert match.doubtful
    (match,) = INDEX.find("本店顶 级")["A"]
    assert not match.doubtful


def test_owners_share_terms() -> None:
    """A term of two rules is told to both."""
    found = INDEX.find("销量第一")
    assert [match.term for match in found["A"]] == ["销量第一", "第一"]
    assert [match.term for match in found["B"]] == ["第一"]
    assert INDEX.find("普通文字") == {}


def test_an_invisible_term_is_a_mistake() -> None:
    """A term with nothing to see cannot be looked for."""
    with pytest.raises(ValueError, match="visible"):
        TermIndex({"A": ["·"]})


def test_longest_keeps_no_overlap() -> None:
    """Of overlapping matches the longest stays."""
    matches = [TermMatch("第一", 2, 4), TermMatch("销量第一", 0, 4), TermMatch("最佳", 6, 8)]
    assert [match.term for match in longest(matches)] == ["销量第一", "最佳"]
