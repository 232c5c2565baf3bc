"""The daily check of the log."""

import logging

import pytest
from sqlalchemy import update

from evidence.keys import ensure_keys
from evidence.log import entry, faults, ledger
from evidence.log.errors import LogFaultError
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import LogLeaf
from pipeline import log_duty
from pipeline.wiring import open_log

LINES = tuple(entry.package(f"{number:064x}", "0" * 64) for number in range(9))


def test_an_old_leaf_that_was_changed_is_found(
    database: Database, config: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Whole at first; afterwards the fault is kept and stops sealing."""
    alone = config.model_copy(update={"witness_quorum": 0})
    ensure_keys(alone, now())
    with database.write() as session:
        ledger.append_all(session, LINES)
    with open_log(alone, database) as publisher:
        publisher.publish()
    with caplog.at_level(logging.INFO, log_duty.__name__):
        log_duty.turn(alone, database, now())
    assert "whole: 9 entries" in caplog.text
    with database.write() as session:
        session.execute(update(LogLeaf).where(LogLeaf.index == 3).values(entry=LINES[3].replace("0", "1")))
    with pytest.raises(LogFaultError):
        log_duty.turn(alone, database, now())
    with database.read() as session:
        assert faults.open_faults(session)
