"""Faults: kept once, raised as what they were, closed only together."""

from datetime import timedelta

import pytest

from evidence.log import faults
from evidence.log.errors import LogFaultError, LogForkedError, LogRewoundError
from kernel.db import Database
from kernel.models import LogFault
from tests.unit.evidence.log.conftest import AT


def test_a_fault_stops_until_it_is_closed(database: Database) -> None:
    """The first one is told, with its proof and a hint; the same one is written once."""
    with database.write() as session:
        faults.require_none(session)
        for _ in range(2):
            faults.record(session, LogForkedError("two histories", context={"witness": "court"}), AT)
        faults.record(session, LogRewoundError("gone"), AT)
    with database.read() as session, pytest.raises(LogForkedError, match="two histories") as found:
        faults.require_none(session)
    assert found.value.context["witness"] == "court"
    assert found.value.hint == faults.HINT
    with database.write() as session:
        assert len(faults.open_faults(session)) == 2
        assert faults.close_all(session, AT + timedelta(days=1)) == 2
        faults.require_none(session)
        faults.record(session, LogForkedError("two histories"), AT)
        assert len(faults.open_faults(session)) == 1


def test_a_fault_of_an_unknown_kind_stops_too(database: Database) -> None:
    """Written by a newer version, say."""
    with database.write() as session:
        session.add(LogFault(at=AT, code="evidence.log_other", message="m", hint="h", detail={}))
    with database.read() as session, pytest.raises(LogFaultError):
        faults.require_none(session)
