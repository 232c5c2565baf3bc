"""Matches are marked in the raw text."""

from hypothesis import given
from hypothesis import strategies as st

from search.engine import Segment
from search.highlight import EXCERPT, highlight, marked, merge, normalise_with_origin, segments
from search.plan import compile_query
from search.query import Phrase, parse
from search.segmenter import normalise


def _marked(query: str, text: str) -> str:
    found = highlight(compile_query(parse(query)), "title", text, whole=True)
    return "".join(f"[{part.text}]" if part.is_match else part.text for part in found)


def test_examples() -> None:
    """Words, phrases, full width, mixed tokens; what is excluded is not marked."""
    assert _marked("手机 -正品", "正品小米手机") == "正品小米[手机]"
    assert _marked('"8gb"', "内存１２８ＧＢ版") == "内存１２[８ＧＢ]版"
    assert _marked("iphone", "苹果iPhone15") == "苹果[iPhone]15"
    assert _marked('"aa"', "aaaa b") == "[aaaa] b"
    assert _marked("描述:手机", "手机") == "手机"
    assert _marked('"<b>"', "x<b>y") == "x[<b>]y"
    assert _marked("规则:AD01", "手机") == "手机"


@given(st.text(max_size=40), st.integers(0, 39), st.integers(1, 5))
def test_a_piece_of_the_text_is_marked_and_nothing_is_lost(text: str, start: int, length: int) -> None:
    """The segments together are the text; when the phrase is in it, something is marked."""
    piece = text[start : start + length]
    if not piece:
        return
    found = highlight(compile_query(Phrase(piece)), "title", text, whole=True)
    assert "".join(part.text for part in found) == text
    plain, _ = normalise_with_origin(text)
    wanted = normalise(piece)
    if wanted and wanted in plain:
        assert any(part.is_match for part in found)


@given(st.text(max_size=40))
def test_every_normalised_letter_knows_where_it_came_from(text: str) -> None:
    """Origins are within the text and never step back."""
    plain, origin = normalise_with_origin(text)
    assert len(plain) == len(origin)
    assert origin == sorted(origin)
    assert all(0 <= place < len(text) for place in origin)


def test_a_long_text_is_shown_round_its_first_match() -> None:
    """About 160 letters, the match among them."""
    text = "前" * 500 + "国家级" + "后" * 500
    plan = compile_query(parse('"国家级"'))
    found = marked(plan, {"description": text, "title": ""})
    assert list(found) == ["description"]
    assert sum(len(part.text) for part in found["description"]) == EXCERPT
    assert [part.text for part in found["description"] if part.is_match] == ["国家级"]


def test_spans_join_and_clip() -> None:
    """Touching spans are one; those outside the window are left out."""
    assert merge([(3, 5), (0, 2), (2, 3), (9, 10)]) == [(0, 5), (9, 10)]
    cut = segments("abcdef", [(0, 1), (2, 9)], 1, 4)
    assert cut == (Segment("b", is_match=False), Segment("cd", is_match=True))
