"""Texts asked twice are answered from memory."""

from crawlers.reading.marks import MAX_KEPT, MAX_KEPT_TEXT, Answers, Sign


def test_answers_are_kept() -> None:
    """The same question is asked once."""
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return text.upper()

    answers = Answers(ask)
    assert [answers["a"], answers["a"], answers["b"]] == ["A", "A", "B"]
    assert asked == ["a", "b"]


def test_long_texts_are_not_kept() -> None:
    """A page cannot fill the memory with its own long names."""
    answers = Answers(len)
    assert answers["x" * (MAX_KEPT_TEXT + 1)] == MAX_KEPT_TEXT + 1
    assert not answers


def test_too_many_answers_are_forgotten() -> None:
    """The number of kept answers is bounded, and what was forgotten is asked again."""
    answers = Answers(int)
    for number in range(MAX_KEPT + 1):
        assert answers[str(number)] == number
    assert len(answers) == 1
    assert answers["0"] == 0


def test_a_sign_is_found_anywhere() -> None:
    """A sign is searched for, not matched."""
    price = Sign("price")
    assert price["now price"]
    assert not price["now"]
