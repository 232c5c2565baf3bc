"""What is made once for all workers."""

import subprocess
import sys
import threading

import pytest

from evidence import font
from evidence.errors import FontMissingError
from kernel.clock import now
from kernel.config import ROOT
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


def test_a_command_and_its_family_share_what_both_need() -> None:
    """The duties that are due soon and every stage are loaded; what is due in hours is not."""
    program = (
        "import sys; from pipeline.duties import DUTIES; from pipeline.warmth import SOON_SECONDS, load_shared;"
        "load_shared(); print(*[d.module for d in DUTIES if (d.module in sys.modules) != (d.first <= SOON_SECONDS)],"
        "'pipeline.stage_capture' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]
