"""Verification of one large package against sha256sum on the same bytes; sealing and verifying of many small ones.

Run: ``.venv/bin/python -m benchmarks.verify [megabytes] [packages]``. Sides of a ratio run in turn, medians of five.

sha256sum reads once and takes one digest; the verifier takes SHA-256, SM3, CRC-32 and the salted digest of every
file, and the running digest of the archive, in one pass over the same bytes on both cores.
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median

from evidence import trust
from evidence.bag import SealOrder
from evidence.seal import seal_batch
from evidence.verify import verify
from kernel.clock import monotonic
from kernel.config import Settings
from pipeline.publishing import open_ledger
from pipeline.wiring import open_database
from tests.data.evidence.workshop import AT, Workshop, custody_of, make_capture, open_workshop

RUNS = 5
TARGET_RATIO, TARGET_MB = 0.5, 300
TARGET_SEALED, TARGET_VERIFIED = 50, 10_000 / 600
LATER = AT + timedelta(hours=1)
MEGABYTE = 1_000_000


def large(shop: Workshop, megabytes: int) -> Path:
    """A sealed package with one archive of that size."""
    source = make_capture(shop.folder / "capture-big", evidence_id="ev-big")
    rng = Random(7)
    with (source / "data/capture.wacz").open("wb") as stream:
        for _ in range(megabytes):
            stream.write(rng.randbytes(MEGABYTE))
    return shop.seal_folder(source, "ev-big").path


def timed(work: Callable[[], object]) -> float:
    """Seconds of one run."""
    start = monotonic()
    work()
    return monotonic() - start


def read_speed(shop: Workshop, megabytes: int) -> tuple[float, int]:
    """Ratio to sha256sum, and MB at the peak of a process that verifies."""
    package = large(shop, megabytes)
    size = package.stat().st_size / MEGABYTE
    code = [sys.executable, "-m", "benchmarks.verify", "--one", str(package), str(shop.settings.trust_path())]
    peak = int(subprocess.run(code, check=True, capture_output=True, text=True).stdout)
    listed = shop.trust()
    rival, ours = [], []
    for _ in range(RUNS):
        rival.append(timed(lambda: subprocess.run(["sha256sum", str(package)], check=True, capture_output=True)))  # noqa: S607 - a system tool
        ours.append(timed(lambda: verify(package, trust=listed, at=LATER)))
    package.unlink()
    speeds = [[size / seconds for seconds in side] for side in (ours, rival)]
    for name, side in zip(("verify", "sha256sum"), speeds, strict=True):
        print(f"{name:<10} {median(side):7.0f} MB/s [{min(side):.0f}-{max(side):.0f}] of {size:.0f} MB")
    return median(speeds[0]) / median(speeds[1]), peak


def many(shop: Workshop, count: int) -> tuple[float, float]:
    """Packages a second: sealed as one batch without reports, with the log in a database; verified one by one."""
    orders = []
    for number in range(count):
        name = f"ev-many-{number}"
        source = make_capture(shop.folder / "many" / name, evidence_id=name)
        orders.append(SealOrder(source, name, custody_of(name), report=False, forms=False))
    config = Settings(data_dir=shop.folder / "log", witness_quorum=0)
    (shop.folder / "log").mkdir()
    database = open_database(config)
    ledger = open_ledger(config, database, shop.keys)
    start, cpu = monotonic(), _cpu()
    done = seal_batch(orders, sealer=replace(shop.sealer, publisher=ledger), at=AT, work_dir=shop.folder / "work")
    sealed = count / (monotonic() - start)
    print(f"sealing takes {(_cpu() - cpu) / count * 1000:.1f} ms of CPU a package")
    database.close()
    packages = [one.sealed.path for one in done if one.sealed is not None]
    if len(packages) != count:
        raise SystemExit(f"expected {count} packages, got {len(packages)}")
    listed = shop.trust()
    start, cpu = monotonic(), _cpu()
    for package in packages:
        verify(package, trust=listed, at=LATER)
    print(f"verifying takes {(_cpu() - cpu) / count * 1000:.1f} ms of CPU a package")
    return sealed, count / (monotonic() - start)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def one(package: str, folder: str) -> None:
    """Verify in a process of its own and print its peak in MB."""
    report = verify(Path(package), trust=trust.load(Path(folder)), at=LATER)
    if report.failed():
        raise SystemExit(f"expected a package that stands, got {report.failed()}")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // MEGABYTE)


def main(megabytes: int, packages: int) -> int:
    """Print the table; 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as folder, open_workshop(Path(folder) / "shop") as shop:
        ratio, peak = read_speed(shop, megabytes)
        sealed, verified = many(shop, packages)
    rows = (
        (f"verify / sha256sum {ratio:.2f}", ratio >= TARGET_RATIO, f">= {TARGET_RATIO}"),
        (f"memory at the peak {peak} MB", peak <= TARGET_MB, f"<= {TARGET_MB}"),
        (f"sealed in a batch of {packages}: {sealed:.0f} a second", sealed >= TARGET_SEALED, f">= {TARGET_SEALED}"),
        (f"verified {verified:.0f} a second", verified >= TARGET_VERIFIED, f">= {TARGET_VERIFIED:.0f}"),
    )
    for words, met, target in rows:
        print(f"{words}  {'met' if met else 'MISSED'} ({target})")
    return 0 if all(met for _, met, _ in rows) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:4])
    else:
        numbers = [int(text) for text in sys.argv[1:3]]
        sys.exit(main(*numbers, *(2_000, 1_000)[len(numbers) :]))
