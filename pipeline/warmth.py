"""Warmth: what is loaded and made once, by the process that all workers and the interface are forked from."""

import contextlib
from importlib import import_module

from sqlalchemy.orm import configure_mappers

from evidence import font
from evidence.errors import FontMissingError
from kernel.clock import now
from pipeline.duties import DUTIES
from pipeline.worker import load_stages
from supervision.rules.rule_catalogue import load_catalogue

SOON_SECONDS = 60.0


def load_shared() -> None:
    """Load the stages, the tables, the rules and the duties that are due soon, before a command's nursery is forked.

    The command's keeper needs the duties, its workers the stages, both the rules: loaded here, all are in memory once.
    """
    _load_work()
    for duty in DUTIES:
        if duty.first <= SOON_SECONDS:
            import_module(duty.module)


def _load_work() -> None:
    load_stages()
    configure_mappers()
    load_catalogue().in_force(now())


def warm_up() -> None:
    """Load every stage, the tables, the rules of this day with their automaton, and the report's font.

    Nothing of it is a file, a thread or a connection that a fork would share. Doing it again costs nothing.
    """
    _load_work()
    with contextlib.suppress(FontMissingError):  # said by the one who needs it
        font.open_face(*font.find())
