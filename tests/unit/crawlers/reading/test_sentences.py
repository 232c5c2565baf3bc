"""Sentences around words."""

import re

from hypothesis import given
from hypothesis import strategies as st

from crawlers.reading.sentences import holds, sentences


def test_a_word_brings_its_line() -> None:
    """The whole line, without white space at its start; a full stop stays."""
    text = "前面\n  满99元减10元，快来\n后面。登记无需。完"
    assert [text[a:b] for a, b in sentences(text, re.compile("满"))] == ["满99元减10元，快来"]
    assert [text[a:b] for a, b in sentences(text, re.compile("无需"), "\n。")] == ["登记无需。"]


@given(st.text(alphabet="满a\n。 ", max_size=400))
def test_sentences_stand_apart(text: str) -> None:
    """Ranges are in order, within the text, and never overlap."""
    end = 0
    for start, stop in sentences(text, re.compile("满"), "\n。"):
        assert end <= start < stop <= len(text)
        end = stop


def test_holds() -> None:
    """A quick question."""
    assert holds("abc", ("x", "b"))
    assert not holds("abc", ("x",))
