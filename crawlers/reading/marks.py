"""Asking short texts the same question: the names authors give to elements, words on links and labels.

The same few texts come again and again, on one page and from page to page, so answers are kept.
"""

import re
from collections.abc import Callable
from typing import TypeVar

MAX_KEPT = 8_192
"""Answers kept to one question; when there are more, all are forgotten."""
MAX_KEPT_TEXT = 200
"""Longer texts are seldom seen twice: their answers are not kept."""

Value = TypeVar("Value")


class Answers(dict[str, Value]):
    """Answers to one question about a text, looked up as in a dict: ``answers[text]``."""

    __slots__ = ("_ask",)

    def __init__(self, ask: Callable[[str], Value]) -> None:
        """Keep the question.

        Args:
            ask: pure function of the text.
        """
        super().__init__()
        self._ask = ask

    def __missing__(self, text: str) -> Value:
        """Ask, and keep the answer."""
        answer = self._ask(text)
        if len(text) <= MAX_KEPT_TEXT:
            if len(self) >= MAX_KEPT:
                self.clear()
            self[text] = answer
        return answer


class Sign(Answers[bool]):
    """Whether a pattern is found in a text: ``sign[element.mark]``."""

    __slots__ = ()

    def __init__(self, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        """Compile the pattern.

        Args:
            pattern: regular expression. flags: its flags.
        """
        search = re.compile(pattern, flags).search
        super().__init__(lambda text: search(text) is not None)
