"""The sample job as a whole: wall time, CPU and memory of every process it starts, by role.

``python -m benchmarks.memory [FOLDER]`` runs ``wangjian run --no-web`` over the sample market in a fresh folder and
looks at the whole tree of processes four times a second. Memory is the proportional set size (PSS: shared pages
are counted once over all who share them), summed over all processes at the same moment but Chromium's; what the
stand-ins for outside services (``simulators``) have of it is told too. CPU is user and system seconds of each
process as last seen, so what ends between two looks is missing: the sum is low by a few per cent.

Held: wall <= 120 s on 2 idle cores, our memory without Chromium <= 600 MB.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from kernel.clock import monotonic

ROOT = Path(__file__).resolve().parent.parent
LOOK_SECONDS = 0.25
WALL_TARGET_S, MEMORY_TARGET_MB = 120, 600
MODULE = re.compile(r"-m (\S+)(?: (worker|serve)\b)?")
APART = ("chromium",)
STAND_INS = "simulators."


def role_of(words: str) -> str:
    """What a process is, by its command line."""
    if "chrom" in words.partition(" ")[0]:
        return "chromium"
    if "playwright" in words and "node" in words:
        return "driver"
    if "redis-server" in words:
        return "redis"
    found = MODULE.search(words)
    return " ".join(part for part in found.groups() if part) if found else words.partition(" ")[0].rpartition("/")[2]


@dataclass
class Watcher:
    """What was seen of a tree of processes."""

    cpu: dict[tuple[int, float], tuple[str, float]] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ours_mb: float = 0.0
    at_peak: dict[str, float] = field(default_factory=dict)

    def look(self, root: psutil.Process) -> None:
        """One look at all processes below ``root``."""
        sizes: dict[str, float] = defaultdict(float)
        counts: dict[str, int] = defaultdict(int)
        for process in (root, *root.children(recursive=True)):
            try:
                words = " ".join(process.cmdline())
                if not words:  # it is just ending
                    continue
                role = role_of(words)
                times = process.cpu_times()
                sizes[role] += process.memory_full_info().pss / 1e6
                counts[role] += 1
                self.cpu[process.pid, process.create_time()] = (role, times.user + times.system)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        for role, size in sizes.items():
            self.peak[role] = max(self.peak[role], size)
            self.most[role] = max(self.most[role], counts[role])
        ours = sum(size for role, size in sizes.items() if role not in APART)
        if ours > self.ours_mb:
            self.ours_mb, self.at_peak = ours, dict(sizes)


def main() -> int:
    """One run; exit code 1 when a target is missed."""
    with tempfile.TemporaryDirectory(prefix="wangjian-bench-") as fresh:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(fresh)
        print(f"load before {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        began = monotonic()
        with (Path(fresh) / "output").open("w+") as output:
            child = subprocess.Popen(
                ["./wangjian", "run", "--no-web"],
                cwd=ROOT, env={**os.environ, "WANGJIAN_DATA_DIR": str(folder)}, stdout=output, stderr=output,
            )  # fmt: skip
            watcher, root = Watcher(), psutil.Process(child.pid)
            while child.poll() is None:
                watcher.look(root)
                try:
                    child.wait(LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
            seconds = monotonic() - began
            output.seek(0)
            lines = output.read().splitlines()
    print("\n".join(lines[-14:]))
    return tell(watcher, seconds, child.returncode)


def tell(watcher: Watcher, seconds: float, status: int) -> int:
    """Print the table."""
    spent: dict[str, float] = defaultdict(float)
    for role, used in watcher.cpu.values():
        spent[role] += used
    print(f"{'role':24} {'at once':>8} {'CPU s':>8} {'peak MB':>8} {'at our peak':>12}")
    for role in sorted(spent, key=lambda name: -spent[name]):
        then = watcher.at_peak.get(role, 0.0)
        print(f"{role:24} {watcher.most[role]:8} {spent[role]:8.1f} {watcher.peak[role]:8.0f} {then:12.0f}")
    aside = sum(size for role, size in watcher.at_peak.items() if role.startswith(STAND_INS))
    met = seconds <= WALL_TARGET_S and watcher.ours_mb <= MEMORY_TARGET_MB and status == 0
    print(
        f"wall {seconds:.0f} s (<= {WALL_TARGET_S}); CPU {sum(spent.values()):.0f} s; "
        f"memory without Chromium {watcher.ours_mb:.0f} MB PSS, "
        f"stand-ins {aside:.0f} of it (<= {MEMORY_TARGET_MB}); load after {os.getloadavg()[0]:.1f}: "
        f"{'met' if met else 'MISSED'}"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
