"""Badges under load: the public verdict API at a fixed rate against the real server, and offline checks on one core.

``python -m benchmarks.badge [--rate 500] [--seconds 30] [--badges 2000] [--connections 100]``

The server is ``python -m api`` as the product starts it, with its share for each address switched on: the connections
come from addresses of their own on loopback. Requests are sent on a fixed schedule, and each is timed from the moment
it was due, so that a slow server is not spared by a waiting client. Half-way a badge is revoked; the benchmark says
when the API showed it.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from identity_verify import badge_token, badges
from identity_verify.badge_keys import open_keys, public_keys
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Badge, Subject
from kernel.schema import upgrade
from pipeline.process import free_port
from tests.data.badges.issuing import site, synthetic_code

TARGET_P95_MS = 20.0
TARGET_OFFLINE = 10_000
WARM_UP = 2.0


@dataclass
class Tally:
    """What came back: milliseconds from when each request was due, and what was no good answer.

    Attributes:
        server_seconds: processor time that the server used. revoked_after: seconds until a revocation showed.
    """

    milliseconds: list[float] = field(default_factory=list)
    errors: int = 0
    revoked_after: float = -1.0
    server_seconds: float = 0.0


def seed(settings: Settings, count: int) -> list[str]:
    """Badges in an installation of its own; their numbers."""
    database, keys, at = Database(settings.sqlalchemy_url()), open_keys(settings), now()
    upgrade(database)
    numbers = []
    with database.write() as session:
        for number in range(1, count + 1):
            session.add(
                Subject(id=number, code=synthetic_code(number), name=f"样例{number}", status="active", updated_at=at)
            )
        session.flush()
        for number in range(1, count + 1):
            sites = [site(f"shop{number}.example.test", at=at)]
            numbers.append(badges.issue(session, keys, number, sites, at=at).id)
    database.close()
    return numbers


def offline_rate(settings: Settings, seconds: float = 3.0) -> tuple[float, float]:
    """Tokens checked in a second of one core's time, whoever else uses the machine; and bare signatures."""
    database = Database(settings.sqlalchemy_url())
    issuer = open_keys(settings).issuer
    origin, vct = issuer.origin, issuer.vct
    with database.read() as session:
        trusted = public_keys(session)
        tokens = [badge.token for badge in session.query(Badge).limit(500)]
    database.close()
    at, count = now() + timedelta(seconds=1), 0
    begun = time.process_time()
    while time.process_time() - begun < seconds:
        for token in tokens:  # each another one, so that nothing of one can be remembered for the next
            badge_token.read(token, trusted, issuer=origin, vct=vct, at=at)
        count += len(tokens)
    whole = count / (time.process_time() - begun)
    token = tokens[0]
    signed, _, signature = token[:-1].rpartition(".")
    half = urlsafe_b64decode(signature + "==")
    pair = encode_dss_signature(int.from_bytes(half[:32]), int.from_bytes(half[32:]))
    claims = badge_token.read(token, trusted, issuer=origin, vct=vct, at=at)
    key, count, begun = trusted[claims.kid], 0, time.process_time()
    while time.process_time() - begun < seconds / 3:
        for _ in range(100):
            key.public_key.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
        count += 100
    return whole, count / (time.process_time() - begun)


async def _connection(port: int, source: str, work: "asyncio.Queue[tuple[float, str]]", tally: Tally) -> None:
    """One client with one connection, kept open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    while True:
        due, number = await work.get()
        request = f"GET /api/v1/badges/{number} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
        writer.write(request.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(size)
        tally.milliseconds.append((time.perf_counter() - due) * 1000)
        if not head.startswith(b"HTTP/1.1 200") or number.encode() not in body:
            tally.errors += 1
        work.task_done()


async def load(port: int, numbers: list[str], rate: int, seconds: float, connections: int) -> Tally:
    """Requests on a fixed schedule; a few badges are asked for much more often than the others."""
    tally, rng = Tally(), random.Random(1)
    work: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
    clients = [
        asyncio.create_task(_connection(port, f"127.0.{1 + n // 200}.{1 + n % 200}", work, tally))
        for n in range(connections)
    ]
    begun = time.perf_counter()
    for count in range(int(rate * seconds)):
        due = begun + count / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        rank = min(len(numbers) - 1, int(rng.paretovariate(0.6)) - 1)
        work.put_nowait((due, numbers[rank]))
        for client in clients:
            if client.done():
                client.result()
    await work.join()
    for client in clients:
        client.cancel()
    return tally


async def revocation(settings: Settings, port: int, number: str) -> float:
    """Seconds from the commit of a revocation until the API shows it."""
    database = Database(settings.sqlalchemy_url())
    with database.write() as session:
        badges.set_state(session, number, "revoked", reason="benchmark", actor="benchmark", at=now())
    begun = time.perf_counter()
    database.close()
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.9.1", 0))
        writer.write(
            f"GET /api/v1/badges/{number} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = await reader.read()
        writer.close()
        if json.loads(answer.partition(b"\r\n\r\n")[2])["verdict"] == "revoked":
            return time.perf_counter() - begun
        await asyncio.sleep(0.05)


async def measure(settings: Settings, numbers: list[str], options: argparse.Namespace, server: int) -> Tally:
    """Warm up, then load, with a revocation in the middle of it. ``server`` is the process to be watched."""
    port = settings.web_port
    await load(port, numbers, options.rate // 2, WARM_UP, options.connections)
    before = sum(psutil.Process(server).cpu_times()[:2])
    running = asyncio.create_task(load(port, numbers, options.rate, options.seconds, options.connections))
    await asyncio.sleep(options.seconds / 2)
    after = await revocation(settings, port, numbers[-1])
    tally = await running
    tally.revoked_after = after
    tally.server_seconds = sum(psutil.Process(server).cpu_times()[:2]) - before
    return tally


def _wait(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("expected the server to listen within a minute")


def main() -> int:
    """Print the figures and the machine's load beside them; 1 where a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--badges", type=int, default=2_000)
    parser.add_argument("--connections", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), web_port=free_port(), replay_port=free_port())
        numbers = seed(settings, options.badges)
        whole, bare = offline_rate(settings)
        print(f"load {os.getloadavg()[0]:.1f} before")
        print(f"offline: {whole:,.0f} tokens a second of a core ({bare:,.0f} bare signatures)")
        environment = {
            **os.environ, "WANGJIAN_DATA_DIR": folder, "WANGJIAN_WEB_PORT": str(settings.web_port),
            "WANGJIAN_REPLAY_PORT": str(settings.replay_port),
        }  # fmt: skip
        server = subprocess.Popen([sys.executable, "-m", "api"], env=environment)
        try:
            _wait(settings.web_port)
            tally = asyncio.run(measure(settings, numbers, options, server.pid))
        finally:
            server.terminate()
            server.wait()
    cuts = statistics.quantiles(tally.milliseconds, n=1000)
    print(
        f"{len(tally.milliseconds):,} requests at {options.rate}/s over {options.seconds:.0f} s, {options.badges:,} "
        f"badges: p50 {cuts[499]:.1f} ms, p95 {cuts[949]:.1f} ms, p99 {cuts[989]:.1f} ms, errors {tally.errors}"
    )
    used = tally.server_seconds
    each = used / len(tally.milliseconds) * 1e6
    print(f"server: {each:.0f} µs of a core a request, {used / options.seconds:.0%} of a core")
    print(f"revocation shown by the API after {tally.revoked_after:.2f} s; load {os.getloadavg()[0]:.1f} after")
    served = cuts[949] <= TARGET_P95_MS and not tally.errors
    print("met" if served else f"NOT met: p95 {TARGET_P95_MS} ms, 0 errors")
    print("met" if whole >= TARGET_OFFLINE else f"NOT met: {TARGET_OFFLINE:,} tokens a second of a core")
    return 0 if served and whole >= TARGET_OFFLINE else 1


if __name__ == "__main__":
    sys.exit(main())
