"""The sample job as a whole: wall time, CPU and memory of every process it starts, by role.

``python -m benchmarks.memory [FOLDER]`` runs ``wangjian run`` over the sample market in a fresh folder, until the web
interface is up, and then has everything at work at once: a person opens pages of the interface and verifies a
package, while all shops are visited again and an officer's captures are made. It looks at the whole tree of processes
and at the private Redis, which does not belong to the tree, four times a second.

Memory is the proportional set size (PSS: shared pages are counted once over all who share them), summed at the same
moment over all processes but Chromium's: the browser, its zygotes and renderers, and its crash handler, nothing else.
CPU is user and system seconds of each process as last seen, so what ends between two looks is missing.

Held: wall of the job <= 120 s on 2 idle cores, memory without Chromium <= 600 MB at every moment.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from sqlalchemy import func, select, update

from kernel.clock import monotonic, now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Evidence, Job, Listing, Shop
from pipeline.orders import order_capture

ROOT = Path(__file__).resolve().parent.parent
LOOK_SECONDS = 0.25
WALL_TARGET_S, MEMORY_TARGET_MB = 120, 600
JOB_SECONDS, WEB_SECONDS = 900.0, 300.0
ORDERS = 6
SEARCHES = 20
MODULE = re.compile(r"-m (\S+)(?: (worker|serve)\b)?")
CHROMIUM = "chromium"
NAMES = {
    # What the nursery calls its children: the last fifteen characters of the module.
    "nursery": "nursery",
    "pipeline": "workers",
    "api": "web",
    "crawlers.run": "crawler",
    "capture.service": "capture service",
    "lators.standins": "simulators.standins",
}
MODULES = {"pipeline": "command and keeper", "crawlers.page_reader": "page reader"}
STAND_INS = "simulators."
ADDRESS = re.compile(r"web interface +(\S+)")
TICKET = re.compile(r"sign in once +\S+ticket=(\S+)")
DONE = re.compile(r"done in (\d+) s")


def role_of(process: psutil.Process) -> str:
    """What a process is; empty while it is just ending."""
    words = process.cmdline()
    if not words:
        return ""
    if "chrom" in words[0]:
        return CHROMIUM
    name = Path(f"/proc/{process.pid}/comm").read_text().strip()
    if name in NAMES:
        return NAMES[name]
    if "redis-server" in words[0]:
        return "redis"
    if "run-driver" in words:
        return "driver"
    found = MODULE.search(" ".join(words))
    module = found[1] if found else Path(words[0]).name
    return MODULES.get(module, module)


@dataclass
class Phase:
    """What was seen of the processes in a part of the run."""

    title: str
    cpu: dict[tuple[int, float], tuple[str, float]] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ours_mb: float = 0.0
    at_peak: dict[str, float] = field(default_factory=dict)
    own_at_peak: dict[str, float] = field(default_factory=dict)

    def look(self, root: psutil.Process, redis: psutil.Process | None) -> None:
        """One look at all processes."""
        sizes: dict[str, float] = defaultdict(float)
        own: dict[str, float] = defaultdict(float)
        counts: dict[str, int] = defaultdict(int)
        for process in (root, *root.children(recursive=True), *([redis] if redis else [])):
            try:
                role = role_of(process)
                if not role:
                    continue
                times = process.cpu_times()
                memory = process.memory_full_info()
                sizes[role] += memory.pss / 1e6
                own[role] += memory.uss / 1e6
                counts[role] += 1
                self.cpu[process.pid, process.create_time()] = (role, times.user + times.system)
            except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
                continue
        for role, size in sizes.items():
            self.peak[role] = max(self.peak[role], size)
            self.most[role] = max(self.most[role], counts[role])
        ours = sum(size for role, size in sizes.items() if role != CHROMIUM)
        if ours > self.ours_mb:
            self.ours_mb, self.at_peak, self.own_at_peak = ours, dict(sizes), dict(own)


class Run:
    """One run of the command in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._output = folder.with_name(folder.name + ".output")
        with self._output.open("wb") as output:
            self._child = subprocess.Popen(
                ["./wangjian", "run"],
                cwd=ROOT, env={**os.environ, "WANGJIAN_DATA_DIR": str(folder)}, stdout=output, stderr=output,
            )  # fmt: skip
        self._root = psutil.Process(self._child.pid)

    def text(self) -> str:
        """What it has printed."""
        return self._output.read_text(errors="replace")

    def watch(self, phase: Phase, over: Callable[[], bool], seconds: float) -> bool:
        """Look until ``over``; False when that did not come."""
        deadline = monotonic() + seconds
        while self._child.poll() is None and monotonic() < deadline:
            phase.look(self._root, self._redis())
            if over():
                return True
            time.sleep(LOOK_SECONDS)
        return False

    def _redis(self) -> psutil.Process | None:
        try:
            return psutil.Process(int((self._folder / "redis" / "redis.pid").read_text()))
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None

    def end(self) -> None:
        """End it as Ctrl-C does."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGINT)
        self._child.wait(60)

    def job_seconds(self) -> int:
        """What the command says the job took; 0 when it says nothing."""
        found = DONE.search(self.text())
        return int(found[1]) if found else 0

    def busy(self) -> Callable[[], bool]:
        """Begin everything at once; says when it is over."""
        database = Database(Settings(data_dir=self._folder).sqlalchemy_url())
        with database.write() as session:
            urls = session.execute(select(Listing.url).order_by(Listing.id).limit(ORDERS)).scalars().all()
            for url in urls:
                order_capture(
                    session, url=url, shop_id=None, listing_id=None, purpose="benchmark", actor="admin", at=now()
                )
            session.execute(update(Shop).values(next_visit_at=now()))
            made = session.execute(select(func.count(Job.id)).where(Job.kind == "watch")).scalar_one()
            package = session.execute(select(Evidence.id).where(Evidence.state == "sealed")).scalars().first()
        self._open_pages(str(package))

        def over() -> bool:
            with database.read() as session:
                watches = session.execute(select(Job.state).where(Job.kind == "watch")).scalars().all()
                orders = session.execute(select(Evidence.state).where(Evidence.reason == "order")).scalars().all()
            return len(watches) > made and set(watches) == {"done"} and set(orders) <= {"sealed", "failed"}

        return over

    def _open_pages(self, package: str) -> None:
        """What a person does in the interface."""
        found, ticket = ADDRESS.search(self.text()), TICKET.search(self.text())
        if found is None or ticket is None:
            raise RuntimeError(f"expected an address and a ticket, got {self.text()[-500:]}")
        with httpx.Client(base_url=found[1], headers={"origin": found[1]}, follow_redirects=True, timeout=60) as client:
            client.post("/signin/once", data={"ticket": ticket[1]}).raise_for_status()
            pages = (
                "/",
                "/shops",
                "/evidence",
                "/hits",
                "/jobs",
                "/audit",
                f"/evidence/{package}",
                "/api/openapi.json",
            )
            for path in (*pages, *(f"/search?q={number}" for number in range(SEARCHES))):
                client.get(path)
            client.post(f"/evidence/{package}/verify")


def tell(phase: Phase) -> None:
    """Print the table of a phase."""
    spent: dict[str, float] = defaultdict(float)
    for role, used in phase.cpu.values():
        spent[role] += used
    print(f"\n{phase.title:24} {'at once':>8} {'CPU s':>8} {'peak MB':>8} {'at our peak':>12} {'not shared':>11}")
    for role in sorted(spent, key=lambda name: -phase.at_peak.get(name, 0.0)):
        then, own = phase.at_peak.get(role, 0.0), phase.own_at_peak.get(role, 0.0)
        print(f"{role:24} {phase.most[role]:8} {spent[role]:8.1f} {phase.peak[role]:8.0f} {then:12.0f} {own:11.0f}")
    aside = sum(size for role, size in phase.at_peak.items() if role.startswith(STAND_INS))
    print(
        f"{phase.title}: CPU {sum(spent.values()):.0f} s; memory without Chromium {phase.ours_mb:.0f} MB PSS, "
        f"stand-ins {aside:.0f} of it"
    )


def main() -> int:
    """One run; exit code 1 when a target is missed."""
    with tempfile.TemporaryDirectory(prefix="wangjian-bench-") as fresh:
        print(f"load before {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        run = Run(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(fresh) / "data")
        job, web = Phase("job"), Phase("web, visits and captures")
        try:
            whole = run.watch(job, lambda: bool(TICKET.search(run.text())), JOB_SECONDS)
            whole = whole and run.watch(web, run.busy(), WEB_SECONDS)
        finally:
            run.end()
        print("\n".join(run.text().splitlines()[-22:]))
        seconds = run.job_seconds()
    for phase in (job, web):
        tell(phase)
    most = max(job.ours_mb, web.ours_mb)
    met = whole and 0 < seconds <= WALL_TARGET_S and most <= MEMORY_TARGET_MB
    print(
        f"\nwall {seconds} s (<= {WALL_TARGET_S}); memory without Chromium {most:.0f} MB (<= {MEMORY_TARGET_MB}); "
        f"load after {os.getloadavg()[0]:.1f}: {'met' if met else 'MISSED'}"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
