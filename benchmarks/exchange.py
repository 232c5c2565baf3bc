"""How fast the exchange is, and whether it loses anything: two processes over HTTP on loopback.

``python -m benchmarks.exchange throughput`` sends messages of 2 KB: signed, handed over, verified, stored, processed,
receipted, receipts verified and kept. Group commit (200 a call), then one message a call (six calls under way), each
made safe by the receiver with a synchronisation of the disk of its own before it is acknowledged. ``… chaos`` is the
long run: eight streams of 10,000, three calls in ten with a fault, 20 SIGKILLs. ``… suites`` measures signatures.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from sqlalchemy import func, select

from exchange.gateway import Gateway
from exchange.outbox import Draft, post_many
from exchange.relay import Pace, Relay
from exchange.sealing import seal_waiting
from exchange.suite import available_suites, suite
from exchange.transport import HttpsTransport
from kernel.clock import now
from kernel.config import ROOT
from kernel.models import Message
from pipeline.process import free_port
from tests.servers.exchange_chaos import run
from tests.servers.exchange_side import EFFECTS, introduce, open_side

TARGETS = {200: 3_000, 1: 250}
"""Messages a second, by messages a call."""
AT_ONCE = 6
"""Calls of one message that are under way: while one is made safe, the next are read and the last is answered."""
PAYLOAD = {"title": "标价与结算价不一致", "description": "长" * 560, "found_at": "2026-11-25T08:00:00Z"}


def _drafts(first: int, count: int) -> list[Draft]:
    return [
        Draft("LEAD", "1.0", "UPSERT", f"b-{number}", 1, PAYLOAD, receiver="000000", stream=f"s{number % 8}")
        for number in range(first, first + count)
    ]


def _post(city: Gateway, first: int, count: int) -> float:
    begun = time.perf_counter()
    for start in range(first, first + count, 500):
        with city.database.write() as session:
            post_many(session, _drafts(start, min(500, first + count - start)), at=now())
    return time.perf_counter() - begun


def _seconds(city: Gateway, pace: Pace, first: int, count: int) -> tuple[float, float, int]:
    """Wall and own processor seconds from posted to all receipts kept, and the size of an envelope."""
    relay = Relay(city, {"https": HttpsTransport(timeout_s=60)}, pace)
    took = _post(city, first, count)
    print(f"  posted {count / took:,.0f} a second")
    begun, used = time.perf_counter(), time.process_time()
    relay.turn(at=now())
    wall, own = time.perf_counter() - begun, time.process_time() - used
    with city.database.read() as session:
        query = select(func.count()).select_from(Message).where(Message.state == "processed")
        done = session.execute(query).scalar_one()
        size = session.execute(select(func.avg(func.length(Message.envelope)))).scalar_one()
    if done != first + count:
        raise SystemExit(f"expected {first + count} messages to be processed, got {done}")
    return wall, own, int(size)


def throughput(count: int) -> int:
    """Group commit, then one synchronisation each; 1 where a target is missed."""
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        folder = Path(name)
        city, national = open_side(folder / "city", "310000"), open_side(folder / "national", "000000")
        with national.database.engine.begin() as connection:
            connection.exec_driver_sql(EFFECTS)
        port = free_port()
        introduce(city, national, f"http://127.0.0.1:{port}")
        introduce(national, city, "")
        words = [sys.executable, "-m", "tests.servers.exchange_side", "receiver", str(folder / "national"), str(port)]
        process = subprocess.Popen([*words, "1", "0"], cwd=ROOT)
        try:
            _wait_for(port, process)
            _seconds(city, Pace(200, (0.01,), 1_000), 0, 400)  # Statements are compiled at their first use.
            done, receiver, missed = 400, psutil.Process(process.pid), False
            for batch, at_once, number in ((200, 1, count), (1, AT_ONCE, max(400, count // 10))):
                before = sum(receiver.cpu_times()[:2])
                wall, own, size = _seconds(city, Pace(batch, (0.01,), 1_000, at_once), done, number)
                theirs = (sum(receiver.cpu_times()[:2]) - before) / number * 1e6
                done += number
                rate, ours, load = number / wall, own / number * 1e6, os.getloadavg()[0]
                print(
                    f"{batch} a call, load {load:.1f}: {number} messages ({size} characters) {rate:,.0f}/s, "
                    f"processor time of each: sender {ours:.0f} µs, receiver {theirs:.0f} µs: "
                    f"{'met' if rate >= TARGETS[batch] else f'NOT met, {TARGETS[batch]:,}/s'}"
                )
                missed |= rate < TARGETS[batch]
        finally:
            process.terminate()
            process.wait()
            city.database.close()
            national.database.close()
    return int(missed)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Until the receiver listens: how long that takes is the machine's business."""
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"expected the receiver to listen, got its end with {process.returncode}")


def sealing(count: int) -> None:
    """How many are numbered, chained and signed a second, alone."""
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        folder = Path(name)
        city, national = open_side(folder / "city", "310000"), open_side(folder / "national", "000000")
        introduce(city, national, "https://n.example.test")
        _post(city, 0, count)
        begun = time.perf_counter()
        while seal_waiting(city.database, city.keys, city.ours, at=now()):
            pass
        print(f"sealed {count / (time.perf_counter() - begun):,.0f} a second")


def suites(count: int) -> None:
    """Signatures over 2 KB."""
    data = b"x" * 2_048
    for name in available_suites():
        used = suite(name)
        private = used.new_key()
        public = used.public(private)
        begun = time.process_time()
        made = [used.sign(private, data) for _ in range(count)]
        signed = time.process_time()
        for signature in made:
            used.verify(public, data, signature)
        checked = time.process_time()
        print(f"{name}: {count / (signed - begun):,.0f} signed, {count / (checked - signed):,.0f} checked a second")


def chaos(each: int) -> int:
    """The long run; 1 where anything was lost, doubled, out of order or unanswered."""
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        found = run(Path(name), streams=8, each=each, share=0.3, kills=20, limit_s=3_600)
    print(found)
    return 0 if found.clean else 1


def main() -> int | None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("throughput", "sealing", "suites", "chaos"))
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args()
    return {"throughput": throughput, "sealing": sealing, "suites": suites, "chaos": chaos}[options.what](options.count)


if __name__ == "__main__":
    sys.exit(main())
