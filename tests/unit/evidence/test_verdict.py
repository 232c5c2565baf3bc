"""Verdicts."""

import json

import pytest

from evidence import verdict
from evidence.verdict import Report, State, Step
from tests.data.evidence.workshop import AT


@pytest.mark.parametrize(
    ("steps", "code", "word"),
    [
        ([("container", State.PASSED, "OK")], 0, "PASSED"),
        ([("container", State.PASSED, "OK"), ("closing", State.FAILED, "E104")], 1, "FAILED"),
        ([("container", State.FAILED, "E100"), ("closing", State.NOT_CHECKED, "N000")], 2, "UNREADABLE"),
        ([("container", State.NOT_CHECKED, "N000")], 3, "RESERVED"),
        ([("trust", State.PASSED, "W320")], 3, "RESERVED"),
        ([("timestamps", State.INDETERMINATE, "W311")], 3, "RESERVED"),
        ([], 3, "RESERVED"),
    ],
)
def test_what_steps_add_up_to(steps: list[tuple[str, State, str]], code: int, word: str) -> None:
    """Not checked and reservations never count as passed."""
    made = tuple(Step(number, *step) for number, step in enumerate(steps, start=1))
    report = Report(AT, made, "", "", "", (), "")
    assert (report.exit_code, report.verdict) == (code, word)
    assert json.loads(report.as_json())["exit_code"] == code
    assert report.failed() == tuple(step for step in made if step.state is State.FAILED)


def test_every_code_says_what_and_what_next() -> None:
    """Chinese and English for each; a next step for each that is not passed."""
    for code, words in verdict.codes().items():
        assert words.zh
        assert words.en
        assert code == "OK" or (words.next_zh and words.next_en)
    assert all(zh and en for zh, en in verdict.titles().values())


def test_line_is_what_the_shell_prints() -> None:
    """Number, key, state, code, title, sentence."""
    line = Step(7, "timestamp:alpha", State.INDETERMINATE, "W311").line()
    assert line.split()[:4] == ["7", "timestamp:alpha", "INDETERMINATE", "W311"]
    assert "时间戳 alpha" in line
