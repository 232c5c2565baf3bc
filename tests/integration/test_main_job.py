"""The main job from the command line: done once, done again, killed anywhere, stopped by a person."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select

from evidence.store import open_store
from evidence.trust import load as load_trust
from evidence.verify import verify
from kernel import audit
from kernel.clock import now
from kernel.config import ROOT, Settings
from kernel.db import Database
from kernel.jobs import ask_cancel
from kernel.models import CustodyEvent, Evidence, FactVersion, Job, Listing, OutboxEntry, Page, RuleHit, Visit
from kernel.private_redis import PrivateRedis
from pipeline.wiring import open_engine
from search.engine import SearchRequest
from simulators.market import RunningMarket, running_market

SHOPS = ("songyun", "kangyuan")
LIMIT_S = 400


@pytest.fixture(scope="module")
def market() -> Iterator[RunningMarket]:
    """One sample market for the module."""
    with running_market() as market:
        yield market


@dataclass
class Installation:
    """One data directory and the command line that works on it."""

    folder: Path
    market: RunningMarket
    delay_s: float = 0.0

    @property
    def environment(self) -> dict[str, str]:
        """Settings for a job over the sample market."""
        host = f"pingtai.example.test:{self.market.ports.http}"
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("WANGJIAN_")},
            "PYTHONPATH": str(ROOT),
            "WANGJIAN_DATA_DIR": str(self.folder),
            "WANGJIAN_EGRESS_HOSTS": "pingtai.example.test=127.0.0.1",
            "WANGJIAN_EGRESS_ALLOW": host,
            "WANGJIAN_HOST_DELAY_S": str(self.delay_s),
            "WANGJIAN_HOST_CONCURRENCY": "4",
        }

    def config(self) -> Settings:
        """The same settings in this process."""
        return Settings(data_dir=self.folder)

    def urls(self) -> list[str]:
        """Addresses of the shops under watch."""
        return [f"http://pingtai.example.test:{self.market.ports.http}/shop/{name}/" for name in SHOPS]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline", *arguments],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def watch(self) -> str:
        """Watch the shops to the end; the output."""
        with self.start("watch", *self.urls(), "--platform", "pinjishi") as process:
            output, _ = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, output
        return output

    def database(self) -> Database:
        """The records."""
        return Database(self.config().sqlalchemy_url())


def _kill_all(process: subprocess.Popen[str], folder: Path) -> None:
    """SIGKILL for the command, everything it started, and its Redis."""
    victims = [process.pid]
    with suppress(psutil.NoSuchProcess):
        victims += [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    for one in psutil.process_iter(["environ"]):
        if (one.info["environ"] or {}).get("WANGJIAN_DATA_DIR") == str(folder):
            victims.append(one.pid)
    with suppress(OSError, ValueError):
        victims.append(int(PrivateRedis(folder).pid_path.read_text()))
    for pid in victims:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture
def installation(tmp_path: Path, market: RunningMarket) -> Iterator[Installation]:
    """An empty installation, ended after the test."""
    made = Installation(tmp_path / "data", market)
    yield made
    for one in psutil.process_iter(["environ"]):
        if (one.info["environ"] or {}).get("WANGJIAN_DATA_DIR") == str(made.folder):
            with suppress(psutil.NoSuchProcess):
                one.kill()
    PrivateRedis(made.folder).stop()


def _outcome(installation: Installation) -> Mapping[str, object]:
    """What a finished job left, in a form that two runs can be compared by."""
    database = installation.database()
    with database.read() as session:
        pages = Counter(session.execute(select(Page.url).where(Page.visit_id == Visit.id)).scalars())
        facts = session.execute(
            select(Listing.url, FactVersion.field, FactVersion.slot, FactVersion.digest)
            .join(Listing, Listing.id == FactVersion.listing_id)
            .where(FactVersion.superseded_at.is_(None))
        )
        outcome = {
            "pages": pages,
            "facts": sorted(facts.all()),
            "hits": sorted(session.execute(select(RuleHit.rule_id, RuleHit.quote)).all()),
            "evidence": sorted(session.execute(select(Evidence.url, Evidence.state)).all()),
            "waiting": session.execute(select(OutboxEntry.id)).scalars().all(),
        }
        assert audit.verify(session).ok
    database.close()
    return outcome


def _check_evidence(installation: Installation) -> int:
    """Every order is sealed once, its package is stored once and verifies. Returns how many."""
    config = installation.config()
    store, trust = open_store(config), load_trust(config.trust_path())
    database = installation.database()
    with database.read() as session:
        rows = session.execute(select(Evidence)).scalars().all()
        for row in rows:
            assert (row.state, row.trust) == ("sealed", "test"), row.last_error
            query = select(CustodyEvent.action).where(CustodyEvent.evidence_id == row.id)
            actions = session.execute(query.order_by(CustodyEvent.seq)).scalars().all()
            assert actions[0] == "ordered"
            assert actions.count("sealed") == 1
            package = store.fetch(row.store_key, installation.folder / "out.zip")
            report = verify(package, trust=trust, at=now())
            assert (report.verdict, report.root_sha256) == ("RESERVED", row.root_sha256), report.as_dict()
            package.unlink()
        assert sorted(store.keys()) == sorted(row.store_key for row in rows)
    database.close()
    assert not list((installation.folder / "captures").glob("*"))
    return len(rows)


def test_done_once_then_again(installation: Installation) -> None:
    """A watch seals what its rules ask for and fills the index; a second one finds nothing new."""
    output = installation.watch()
    assert "完成 done" in output
    first = _outcome(installation)
    assert _check_evidence(installation) >= 5
    assert not first["waiting"]
    engine = open_engine(installation.config())
    assert engine.search(SearchRequest()).total == len({row[0] for row in first["facts"]})  # type: ignore[attr-defined]
    engine.close()
    installation.watch()
    second = _outcome(installation)
    assert second["facts"] == first["facts"]
    assert second["hits"] == first["hits"]
    assert second["evidence"] == first["evidence"]


def test_killed_at_random_points(installation: Installation, tmp_path: Path, market: RunningMarket) -> None:
    """Killed with everything it started, again and again, the same command finishes the same work."""
    whole = Installation(tmp_path / "whole", market)
    whole.watch()
    seed = int(os.environ.get("WANGJIAN_KILL_SEED", "11"))
    chance = random.Random(seed)  # noqa: S311 - chooses moments, not secrets
    for _ in range(6):
        process = installation.start("watch", *installation.urls(), "--platform", "pinjishi")
        time.sleep(chance.uniform(2, 14))
        if process.poll() is not None:
            process.communicate()
            continue
        _kill_all(process, installation.folder)
    installation.watch()
    _check_evidence(installation)
    expected, found = _outcome(whole), _outcome(installation)
    assert found["facts"] == expected["facts"]
    assert found["hits"] == expected["hits"]
    assert found["evidence"] == expected["evidence"]
    with installation.database().read() as session:
        repeated = session.execute(select(Page.visit_id, Page.url)).all()
    assert max(Counter(repeated).values()) == 1


def test_a_stop_is_heard(installation: Installation) -> None:
    """A person stops the job: the command says so and ends; the rest is done by the next one."""
    installation.delay_s = 2.0  # so that pages are still to come, however late the stop is on a busy machine
    process = installation.start("watch", *installation.urls(), "--platform", "pinjishi")
    database = installation.database()
    job_id = ""
    deadline = time.monotonic() + 300
    while not job_id and time.monotonic() < deadline:
        time.sleep(0.3)
        with suppress(Exception), database.read() as session:
            job = session.execute(select(Job).where(Job.kind == "watch", Job.state == "running")).scalar()
            job_id = job.id if job is not None and job.progress.get("pages") else ""
    with database.write() as session:
        assert ask_cancel(session, job_id, now())
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    assert "cancelled" in output
    with database.read() as session:
        assert session.get_one(Job, job_id).state == "cancelled"
    database.close()


def test_json_verify_of_an_export(installation: Installation, tmp_path: Path) -> None:
    """One page is captured by order, exported with a purpose, and verified as JSON."""
    url = f"{installation.urls()[0]}item/10001.html"
    with installation.start("capture", url, "--purpose", "测试取证") as process:
        output, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, output
    evidence_id = output.split()[0]
    out = tmp_path / "export.zip"
    for arguments, code in (
        (("evidence", "export", evidence_id, "--out", str(out), "--purpose", "移送"), 0),
        (("evidence", "export", evidence_id, "--out", str(out), "--purpose", "移送"), 1),
        (("evidence", "export", "ev-none", "--out", str(tmp_path / "b"), "--purpose", "移送"), 1),
        (("verify", str(out), "--json"), 3),
        (("verify", str(tmp_path / "none.zip")), 2),
    ):
        with installation.start(*arguments) as process:
            output, _ = process.communicate(timeout=60)
        assert process.returncode == code, output
        if "--json" in arguments:
            assert json.loads(output)["evidence_id"] == evidence_id
    with installation.database().read() as session:
        actions = session.execute(select(CustodyEvent.action).where(CustodyEvent.evidence_id == evidence_id)).scalars()
        assert actions.all()[-1] == "exported"
