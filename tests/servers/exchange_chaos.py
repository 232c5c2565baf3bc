"""The chaos run: two processes exchange over a bad line and are killed at random; afterwards everything is counted."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, text

from exchange.gateway import Gateway
from kernel.config import ROOT
from kernel.models import Delivery, Message, Receipt, Stream
from pipeline.process import free_port
from tests.servers.exchange_side import EFFECTS, introduce, open_side


@dataclass
class Outcome:
    """What was found after a run.

    Attributes:
        lost: messages without effect. doubled: with more than one. disordered: effects before an earlier one of their
            stream. unanswered: messages without a receipt of both kinds. kills: processes that were killed.
    """

    messages: int
    seconds: float
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    unanswered: int = 0
    kills: int = 0
    restarts: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True when nothing was lost, doubled, out of order or unanswered."""
        return not (self.lost or self.doubled or self.disordered or self.unanswered or self.faults)


class _Sides:
    """The two processes."""

    def __init__(self, commands: dict[str, Callable[[int], list[str]]], folder: Path) -> None:
        self._commands, self._folder = commands, folder
        self._seed = 0
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        self._seed += 1
        words = [sys.executable, "-m", "tests.servers.exchange_side", *self._commands[name](self._seed)]
        log = (self._folder / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)
        log.close()

    def kill(self, name: str) -> None:
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()

    def stop(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


def run(folder: Path, *, streams: int, each: int, share: float, kills: int, limit_s: float, seed: int = 7) -> Outcome:
    """Exchange ``streams * each`` messages.

    Args:
        share: of calls and batches that meet a fault. kills: SIGKILLs, at random times, of either side.
    """
    draw = random.Random(seed)  # noqa: S311 - the same run again
    city, national = open_side(folder / "city", "310000"), open_side(folder / "national", "000000")
    with national.database.engine.begin() as connection:
        connection.exec_driver_sql(EFFECTS)
    port = free_port()
    introduce(city, national, f"http://127.0.0.1:{port}")
    introduce(national, city, "")
    here, there = str(folder / "city"), str(folder / "national")
    size = [str(streams), str(each), str(share)]
    commands: dict[str, Callable[[int], list[str]]] = {
        "receiver": lambda number: ["receiver", there, str(port), str(seed + number), str(share)],
        "sender": lambda number: ["sender", here, "-", str(seed + number), *size],
    }
    sides = _Sides(commands, folder)
    begun = time.monotonic()
    found = Outcome(streams * each, 0.0)
    try:
        for name in ("receiver", "sender"):
            sides.start(name)
        while sides.running["sender"].poll() != 0 and time.monotonic() - begun < limit_s:
            done = _processed(national)
            if found.kills < kills and done >= streams * each * (found.kills + 0.3) / (kills + 1):
                name = draw.choice(("receiver", "sender"))
                time.sleep(draw.random() * 0.2)
                if sides.running["sender"].poll() is None:
                    sides.kill(name)
                    found.kills += 1
            for name, process in sides.running.items():
                if process.poll() not in {None, 0}:
                    found.restarts += 1
                    sides.start(name)
            time.sleep(0.02)
        if sides.running["sender"].poll() != 0:
            found.faults.append("the sender was not done in time")
    finally:
        sides.stop()
        found.seconds = time.monotonic() - begun
    _count(city, national, found, streams, each)
    city.database.close()
    national.database.close()
    return found


def _processed(side: Gateway) -> int:
    with side.database.read() as session:
        return int(session.execute(text("SELECT count(*) FROM effect")).scalar_one())


def _count(city: Gateway, national: Gateway, found: Outcome, streams: int, each: int) -> None:
    with national.database.read() as session:
        rows = session.execute(text("SELECT stream, biz_key, seq FROM effect ORDER BY id")).all()
        ends = session.execute(select(Stream.last_seq).where(Stream.direction == "in")).scalars().all()
    keys = [row.biz_key for row in rows]
    found.lost = streams * each - len(set(keys))
    found.doubled = len(keys) - len(set(keys))
    last: dict[str, str] = {}
    for row in rows:
        found.disordered += row.biz_key <= last.get(row.stream, "")
        last[row.stream] = row.biz_key
    if sorted(ends) != [each] * streams:
        found.faults.append(f"expected {streams} streams of {each}, got {sorted(ends)}")
    with city.database.read() as session:
        for kind in ("STORED", "PROCESSED"):
            query = select(func.count(func.distinct(Receipt.message_id))).where(
                Receipt.direction == "taken", Receipt.kind == kind
            )
            found.unanswered += streams * each - session.execute(query).scalar_one()
        open_ones = select(func.count()).select_from(Delivery).where(Delivery.state != "done")
        if session.execute(open_ones).scalar_one():
            found.faults.append("deliveries are still open")
        heads = dict(session.execute(select(Stream.name, Stream.head)).all())
    with national.database.read() as session:
        if dict(session.execute(select(Stream.name, Stream.head)).all()) != heads:
            found.faults.append("the chains differ")
        sent = session.execute(select(func.count()).select_from(Message)).scalar_one()
    if sent != streams * each:
        found.faults.append(f"expected {streams * each} messages, got {sent}")
