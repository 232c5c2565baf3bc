"""What is made once for all workers."""

import threading

import pytest

from evidence import font
from evidence.errors import FontMissingError
from kernel.clock import now
from pipeline.warmth import warm_up
from pipeline.worker import KINDS
from supervision.rules.rule_catalogue import load_catalogue


def test_it_is_there_and_nothing_is_open() -> None:
    """Rules with their automaton and the font are found where they are looked for; no thread was begun."""
    before = threading.active_count()
    warm_up()
    warm_up()
    assert threading.active_count() == before
    assert load_catalogue().in_force(now()) is load_catalogue().in_force(now())
    assert font.open_face.cache_info().currsize
    assert KINDS


def test_a_missing_font_is_said_by_the_one_who_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without one can still crawl and judge."""

    def none() -> None:
        raise FontMissingError("expected a font, got none")

    monkeypatch.setattr(font, "find", none)
    warm_up()
