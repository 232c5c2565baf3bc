"""An installation on a data directory of its own, worked by the real command line, with a small shop to watch."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import func, select

from kernel import audit
from kernel.config import ROOT, Settings
from kernel.db import Database
from kernel.models import CustodyEvent, Evidence, Job, Listing, OutboxEntry, Page, RuleHit, Shop
from kernel.private_redis import PrivateRedis
from tests.servers.timestamps import Timestamps
from tests.servers.tiny_shop import TinyShop, detail, html


@dataclass(frozen=True)
class Done:
    """A command that ended: exit status and all it wrote."""

    code: int
    output: str


@dataclass(frozen=True)
class Records:
    """How many rows of each kind there are; what was acknowledged may only grow."""

    shops: int
    pages: int
    listings: int
    hits: int
    custody: int
    outbox: int
    sealed: int

    def holds(self, earlier: "Records") -> bool:
        """Whether nothing of an earlier count is missing."""
        names = ("shops", "pages", "listings", "hits", "sealed", "custody")
        return all(getattr(self, name) >= getattr(earlier, name) for name in names)


@dataclass
class Installation:
    """One data directory, settings on top of the defaults, and commands that work on it.

    Attributes:
        options: settings without ``WANGJIAN_``; a test changes them between commands.
        allow: ``host:port`` that the egress lets through. hosts: ``name=address``.
    """

    folder: Path
    options: dict[str, str] = field(default_factory=dict)
    allow: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command."""
        fixed = {
            "DATA_DIR": str(self.folder),
            "EGRESS_ALLOW": ",".join(self.allow),
            "EGRESS_HOSTS": ",".join(self.hosts),
            "HOST_DELAY_S": "0",
            "PAGE_TIMEOUT_S": "2",
            "WEB_PORT": "0",
            "REPLAY_PORT": "0",
            "RETRY_AFTER_S": "0.5,0.5,0.5,0.5,0.5,0.5",
        }
        named = {f"WANGJIAN_{name}": value for name, value in {**fixed, **self.options}.items()}
        plain = {name: value for name, value in os.environ.items() if not name.startswith("WANGJIAN_")}
        return {**plain, "PYTHONPATH": str(ROOT), **named}

    def use(self, timestamps: Timestamps) -> None:
        """Ask these timestamp services."""
        self.options.update(timestamps.options())

    def config(self) -> Settings:
        """The same settings in this process."""
        options = {name.lower(): value for name, value in self.options.items()}
        return Settings(data_dir=self.folder, **options)  # type: ignore[arg-type]

    def start(self, *arguments: str, limits: str = "") -> subprocess.Popen[str]:
        """Start a command; ``limits`` is shell text that runs before it (``ulimit …``)."""
        command = [sys.executable, "-m", "pipeline", *arguments]
        if limits:
            command = ["bash", "-c", f'{limits}; exec "$@"', "-", *command]
        return subprocess.Popen(
            command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *arguments: str, timeout: float = 400, limits: str = "") -> Done:
        """Run a command to its end; its time is bounded."""
        with self.start(*arguments, limits=limits) as process:
            try:
                output, _ = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGTERM)
                output, _ = process.communicate()
                raise AssertionError(f"expected an end within {timeout} s, got:\n{output}") from None
        return Done(process.returncode, output)

    def database(self) -> Database:
        """The records."""
        return Database(self.config().sqlalchemy_url())

    def count(self) -> Records:
        """How much there is; the audit chain is whole too."""
        database = self.database()
        with database.read() as session:
            assert audit.verify(session).ok
            kinds = (Shop, Page, Listing, RuleHit, CustodyEvent, OutboxEntry)
            numbers = [session.execute(select(func.count()).select_from(kind)).scalar_one() for kind in kinds]
            sealed = session.execute(select(func.count(Evidence.id)).where(Evidence.state == "sealed")).scalar_one()
        database.close()
        shops, pages, listings, hits, custody, outbox = numbers
        return Records(shops, pages, listings, hits, custody, outbox, sealed)

    def evidence(self) -> Sequence[Evidence]:
        """All orders, oldest first."""
        database = self.database()
        with database.read() as session:
            rows = session.execute(select(Evidence).order_by(Evidence.ordered_at, Evidence.id)).scalars().all()
        database.close()
        return rows

    def custody(self) -> list[str]:
        """What was done to all evidence, oldest first."""
        database = self.database()
        with database.read() as session:
            actions = list(session.execute(select(CustodyEvent.action).order_by(CustodyEvent.id)).scalars())
        database.close()
        return actions

    def jobs(self, kind: str) -> Sequence[Job]:
        """Jobs of a kind, oldest first."""
        database = self.database()
        with database.read() as session:
            rows = session.execute(select(Job).where(Job.kind == kind).order_by(Job.created_at)).scalars().all()
        database.close()
        return rows

    def packages(self) -> list[str]:
        """Names of the packages in the file store; anything half-written would be one of them or aside."""
        root = self.folder / "evidence"
        return sorted(path.name for path in root.rglob("*") if path.is_file()) if root.is_dir() else []

    def processes(self, word: str = "") -> list[psutil.Process]:
        """Processes that work for this installation and have a word in their command line."""
        found = []
        for one in psutil.process_iter(["environ", "cmdline"]):
            ours = (one.info["environ"] or {}).get("WANGJIAN_DATA_DIR") == str(self.folder)
            if ours and word in " ".join(one.info["cmdline"] or ()):
                found.append(one)
        return found

    def end(self) -> None:
        """End all that still runs."""
        for one in self.processes():
            with suppress(psutil.NoSuchProcess):
                one.kill()
        PrivateRedis(self.folder).stop()


@contextmanager
def installed(folder: Path, options: Mapping[str, str] | None = None) -> Iterator[Installation]:
    """An empty installation without witnesses of its log, ended after the block."""
    made = Installation(folder, {"WITNESS_QUORUM": "0", **(options or {})})
    try:
        yield made
    finally:
        made.end()


def offending(shop: TinyShop) -> TinyShop:
    """A shop with a good page and one whose price is not the one in the list: a visit makes one order."""
    items = "".join(f'<li><a href="/item/{n}">山核桃礼盒{n}号</a> <b>¥{n}.00</b></li>' for n in (1, 2))
    shop.pages["/"] = html("小店首页", f"<h1>小店</h1><ul>{items}</ul>")
    shop.pages["/item/1"] = detail(1, 100)
    shop.pages["/item/2"] = detail(2, 2_900)
    return shop
