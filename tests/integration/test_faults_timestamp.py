"""Timestamp services down or lying: no evidence, a code that says which, and evidence once they are healed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from evidence.store import open_store
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
from tests.servers.installation import Installation, installed, offending
from tests.servers.timestamps import Timestamps, timestamping
from tests.servers.tiny_shop import TinyShop, serving

FAULTS = (
    ("500", ("alpha", "beta"), "evidence.tsa_unavailable", "sealing is tried again"),
    ("hang", ("alpha",), "evidence.tsa_unavailable", "sealing is tried again"),
    ("reject", ("alpha",), "evidence.tsa_rejected", "Ask the operator of alpha"),
    ("wrong-imprint", ("beta",), "evidence.tsa_lied", "Do not use beta"),
    ("wrong-imprint", ("alpha", "beta"), "evidence.tsa_lied", "Do not use alpha"),
    ("wrong-nonce", ("alpha",), "evidence.tsa_lied", "Do not use alpha"),
    ("damaged", ("alpha",), "evidence.tsa_lied", "Do not use alpha"),
    ("wrong-cert", ("beta",), "evidence.tsa_untrusted", "Do not use beta"),
    ("clock+3600", ("beta",), "evidence.clock_skew", "Compare this machine's clock"),
    ("clock+3600", ("alpha", "beta"), "evidence.clock_skew", "timedatectl"),
)


@pytest.fixture
def timestamps(tmp_path: Path) -> Iterator[Timestamps]:
    """Two services that can be made to fail."""
    with timestamping(tmp_path / "tsa") as made:
        yield made


@pytest.fixture
def shop() -> Iterator[TinyShop]:
    """A shop to capture."""
    with serving(offending(TinyShop())) as made:
        yield made


@pytest.fixture
def url(shop: TinyShop) -> str:
    """Its page."""
    return f"{shop.url}item/1"


@pytest.fixture
def installation(
    tmp_path: Path, timestamps: Timestamps, shop: TinyShop, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """An installation whose settings hold in this process too."""
    with installed(tmp_path / "data") as made:
        made.use(timestamps)
        made.allow.append(f"127.0.0.1:{shop.port}")
        made.options["RETRY_AFTER_S"] = ",".join(["0.001"] * 20)
        for name, value in made.environment.items():
            if name.startswith("WANGJIAN_"):
                monkeypatch.setenv(name, value)
        settings.cache_clear()
        yield made


def _try(database: Database) -> Evidence:
    """Carry out what is due, as a worker does; the one order as it stands then."""
    with database.write() as session:
        jobs = plan_captures(session, created_by="test", at=now())
    assert len(jobs) == 1
    perform(jobs[0])
    with database.read() as session:
        return session.execute(select(Evidence)).scalar_one()


def test_every_fault_then_healed(installation: Installation, timestamps: Timestamps, url: str) -> None:
    """One capture meets every fault in turn and is never evidence; healed, it is sealed from the same capture."""
    database = open_database(settings())
    open_evidence_store(settings())
    with database.write() as session:
        order_capture(session, url=url, shop_id=None, listing_id=None, purpose="测试", actor="test", at=now())
    captured, events = set(), set()
    for fault, names, code, hint in FAULTS:
        timestamps.heal()
        timestamps.fail(fault, *names)
        row = _try(database)
        said = (fault, names, row.last_error_code, row.last_error)
        assert (row.state, row.last_error_code) == ("captured", code), said
        assert hint in row.last_error, said
        assert (row.store_key, row.root_sha256, installation.packages()) == ("", "", []), said
        assert not [path for path in (installation.folder / "sealing").rglob("*") if path.is_file()], said
        captured.add(row.captured_at)
        events.add(installation.count().custody)
        assert len(events) == 1, said
    timestamps.heal()
    row = _try(database)
    captured.add(row.captured_at)
    assert (row.state, row.last_error_code, len(captured)) == ("sealed", "", 1)
    package = open_store(settings()).fetch(row.store_key, installation.folder / "out.zip")
    report = verify(package, trust=load_trust(settings().trust_path()), at=now())
    assert (report.verdict, report.root_sha256) == ("RESERVED", row.root_sha256)
    database.close()


def test_a_service_that_is_down_from_the_command_line(
    installation: Installation, timestamps: Timestamps, url: str
) -> None:
    """The command says the code and the next step and fails; given again when healed, both orders are sealed."""
    timestamps.fail("500", "beta")
    done = installation.run("capture", url, "--purpose", "测试")
    assert done.code == 1, done.output
    assert "[evidence.tsa_unavailable]" in done.output
    assert "the capture is kept and sealing is tried again" in done.output
    assert (installation.packages(), installation.count().sealed) == ([], 0)
    before = installation.count()
    timestamps.heal()
    done = installation.run("capture", url, "--purpose", "测试")
    assert done.code == 0, done.output
    assert {row.state for row in installation.evidence()} == {"sealed"}
    assert installation.count().holds(before)


def test_services_that_are_not_separate(installation: Installation, timestamps: Timestamps, url: str) -> None:
    """One service under two names is no second witness: nothing is captured, the order waits and says why."""
    one = timestamps.services["alpha"].url()
    installation.options["TSA_URLS"] = f"alpha={one},beta={one}"
    done = installation.run("capture", url, "--purpose", "测试")
    assert done.code == 1, done.output
    assert "[evidence.too_few_timestamps]" in done.output
    assert "services of two operators" in done.output
    assert [(row.state, row.attempts) for row in installation.evidence()] == [("ordered", 1)]
    assert installation.packages() == []
