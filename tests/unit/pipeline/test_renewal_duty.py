"""The daily renewal."""

import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from pipeline import renewal_duty
from pipeline.exporting import Desk


def test_what_is_due_is_renewed_in_the_name_of_the_keeper(
    database: Database, config: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each new version is a line of the log."""

    def renewed(desk: Desk, *, actor: str, at: datetime) -> Iterator[tuple[str, str]]:
        assert desk.database is database
        assert (actor, at) == ("system:keeper", moment)
        yield "ev-a", "a" * 64

    moment = now()
    monkeypatch.setattr(renewal_duty, "renew_stored", renewed)
    with caplog.at_level(logging.INFO, renewal_duty.__name__):
        renewal_duty.turn(config, database, moment)
    assert f"ev-a was renewed: {'a' * 64}" in caplog.text
