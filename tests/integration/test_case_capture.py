"""A capture for a case, by the real worker and browser: it waits for two officers, then it is sealed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence import approval, custody
from evidence.trust import load as load_trust
from evidence.verify import verify
from kernel.clock import now
from kernel.config import settings
from kernel.db import Database
from kernel.models import Evidence
from pipeline.orders import order_capture
from pipeline.schedule import plan_captures
from pipeline.wiring import open_database, open_evidence_store
from pipeline.worker import perform
from tests.data.evidence.people import CASE, enter_case, enter_officer
from tests.servers.installation import Installation, installed, offending
from tests.servers.timestamps import Timestamps, timestamping
from tests.servers.tiny_shop import TinyShop, serving


@pytest.fixture
def timestamps(tmp_path: Path) -> Iterator[Timestamps]:
    """Two services."""
    with timestamping(tmp_path / "tsa") as made:
        yield made


@pytest.fixture
def shop() -> Iterator[TinyShop]:
    """A shop to capture."""
    with serving(offending(TinyShop())) as made:
        yield made


@pytest.fixture
def records(
    tmp_path: Path, timestamps: Timestamps, shop: TinyShop, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """Records of an installation whose settings hold in this process too."""
    installation: Installation
    with installed(tmp_path / "data") as installation:
        installation.use(timestamps)
        installation.allow.append(f"127.0.0.1:{shop.port}")
        for name, value in installation.environment.items():
            if name.startswith("WANGJIAN_"):
                monkeypatch.setenv(name, value)
        settings.cache_clear()
        database = open_database(settings())
        open_evidence_store(settings())
        yield database
        database.close()


def _work(database: Database) -> int:
    """Carry out what is due; how many jobs there were."""
    with database.write() as session:
        jobs = plan_captures(session, created_by="test", at=now())
    for job in jobs:
        perform(job)
    return len(jobs)


def _approve(database: Database, evidence_id: str, account: str) -> None:
    with database.write() as session:
        approval.approve(session, evidence_id, account=account, at=now())


def test_it_waits_for_two_officers(records: Database, shop: TinyShop, tmp_path: Path) -> None:
    """Captured at once, sealed only after the second approval; capture and seal are two accounts."""
    with records.write() as session:
        for account in ("li", "wang"):
            enter_officer(session, account, at=now())
        enter_case(session, at=now())
        row = order_capture(
            session,
            url=f"{shop.url}item/1",
            shop_id=None,
            listing_id=None,
            purpose="核查",
            actor="li",
            at=now(),
            case=CASE,
        )
        name = row.id
    assert _work(records) == 1
    with records.read() as session:
        assert session.get_one(Evidence, name).state == "captured"
    assert (settings().data_dir / "captures" / name).is_dir()
    assert _work(records) == 0
    _approve(records, name, "li")
    assert _work(records) == 0
    _approve(records, name, "wang")
    assert _work(records) == 1
    with records.read() as session:
        row = session.get_one(Evidence, name)
        assert (row.state, row.last_error) == ("sealed", "")
        events = {event.action: event for event in custody.events(session, name)}
        assert events["captured"].actor == "system:capture"
        assert events["sealed"].actor == "system:seal"
        assert CASE in str(events["sealed"].detail)
        assert str(events["sealed"].detail).count("TEST-") == 2
        package = open_evidence_store(settings()).fetch(row.store_key, tmp_path / "package.zip")
    report = verify(package, trust=load_trust(settings().trust_path()), at=now())
    assert [step for step in report.steps if step.state.value == "FAILED"] == []
