"""Run the real crawl process over a tiny shop, and look at what it left behind."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from crawlers.address import host_of
from crawlers.budget import Budget
from crawlers.frontier import open_visit
from kernel.clock import now
from kernel.config import ROOT, Settings
from kernel.db import Database
from kernel.models import FactVersion, FrontierEntry, Job, Listing, Page, Shop, Visit
from tests.servers.tiny_shop import TinyShop

FactKey = tuple[str, str, str, str]


@dataclass
class Crawling:
    """One installation that crawls shops on loopback.

    Attributes:
        options: settings beyond the database and the way out, as environment (without ``WANGJIAN_``).
    """

    database: Database
    data_dir: Path
    options: dict[str, str] = field(default_factory=dict)
    allow: list[str] = field(default_factory=list)
    jobs: int = 0
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """The environment of the crawl process."""
        base = {key: value for key, value in os.environ.items() if not key.startswith("WANGJIAN_")}
        fixed = {
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.database.url,
            "EGRESS_ALLOW": ",".join(self.allow),
            "HOST_DELAY_S": "0",
            "PAGE_TIMEOUT_S": "5",
        }
        return {**base, **{f"WANGJIAN_{key}": value for key, value in {**fixed, **self.options}.items()}}

    def open(self, url: str, budget: Mapping[str, float] | None = None, at: datetime | None = None) -> tuple[str, int]:
        """A job with one visit to the shop of this address; both are made."""
        limits = {"pages": 2_000, "bytes": 100_000_000, "seconds": 600, "depth": 6, **(budget or {})}
        when = at or now()
        self.jobs += 1
        job_id = f"job-{self.jobs}"
        with self.database.write() as session:
            shop = session.execute(select(Shop).where(Shop.url == url)).scalars().first()
            if shop is None:
                shop = Shop(url=url, host=host_of(url), created_at=when)
                session.add(shop)
                session.flush()
            session.add(Job(id=job_id, kind="watch", created_by="test", created_at=when))
            session.flush()
            visit = open_visit(session, shop=shop, job_id=job_id, budget=Budget.from_json(limits), at=when)
            return job_id, visit.id

    def start(self, job_id: str, *visits: int, lease_s: float = 60) -> subprocess.Popen[bytes]:
        """The crawl process."""
        command = [
            sys.executable, "-m", "crawlers.run", "--job", job_id, "--visits", ",".join(map(str, visits)),
            "--lease-seconds", str(lease_s),
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment(), stderr=subprocess.PIPE)
        self.started.append(process)
        return process

    def close(self) -> None:
        """End what a failed test left running."""
        for process in self.started:
            process.kill()
            process.communicate()

    def run(self, job_id: str, *visits: int, seconds: float = 600) -> str:
        """Run it to its end; gives its log, and asserts that it ended well."""
        process = self.start(job_id, *visits)
        _, log = process.communicate(timeout=seconds)
        assert process.returncode == 0, log.decode()
        return log.decode()

    def watch(self, shop: TinyShop, budget: Mapping[str, float] | None = None) -> int:
        """Open a visit to a tiny shop and crawl it; gives the visit's id."""
        rule = f"127.0.0.1:{shop.port}"
        if rule not in self.allow:
            self.allow.append(rule)
        job_id, visit = self.open(shop.url, budget)
        self.run(job_id, visit)
        return visit

    def visit(self, visit_id: int) -> Visit:
        """The row of a visit."""
        with self.database.read() as session:
            visit = session.get_one(Visit, visit_id)
            session.expunge_all()
            return visit

    def frontier(self, visit_id: int) -> dict[str, FrontierEntry]:
        """Frontier rows of a visit by URL."""
        with self.database.read() as session:
            rows = session.execute(select(FrontierEntry).where(FrontierEntry.visit_id == visit_id)).scalars()
            found = {row.url: row for row in rows}
            session.expunge_all()
            return found

    def pages(self, visit_id: int) -> list[Page]:
        """Pages of a visit without robots.txt."""
        with self.database.read() as session:
            rows = session.execute(select(Page).where(Page.visit_id == visit_id).order_by(Page.id)).scalars()
            found = [row for row in rows if "robots" not in row.notes]
            session.expunge_all()
            return found

    def facts(self, *, all_versions: bool = False) -> list[FactKey]:
        """Facts as (listing path, field, slot, digest), standing ones or all."""
        with self.database.read() as session:
            query = select(Listing.url, FactVersion.field, FactVersion.slot, FactVersion.digest).join(
                FactVersion, FactVersion.listing_id == Listing.id
            )
            if not all_versions:
                query = query.where(FactVersion.superseded_at.is_(None))
            return sorted(
                ("/" + url.split("/", 3)[3], name, slot, digest) for url, name, slot, digest in session.execute(query)
            )

    def config(self) -> Settings:
        """Settings that point at the same folders."""
        return Settings(data_dir=self.data_dir)
