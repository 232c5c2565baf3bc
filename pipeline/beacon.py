"""The beacon of a capture: the newest witnessed checkpoint and a fresh timestamp over it, before the page loads.

Nobody can know a beacon before its time, so what quotes it began later. Captures within ``beacon_max_age_s`` share one,
also across processes, so that a timestamp service is not asked for every page. Where there is none to be had in time,
the capture goes on and its record says why.

Spec: evidence format 2, ``meta/beacon.note`` and ``meta/beacon.<tsa>.tsr``.
"""

import base64
import json
import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from evidence import timestamp
from evidence.errors import EvidenceError
from evidence.timestamp import Timestamper
from kernel.clock import iso, now
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.errors import WangjianError

logger = logging.getLogger(__name__)

WAIT_S = 10.0
Newest = Callable[[], bytes | None]


@dataclass(frozen=True, slots=True)
class Beacon:
    """One beacon.

    Attributes:
        note: the checkpoint. tsa: short name of the service. response: RFC 3161 response over the SHA-256 of ``note``.
        at: the time in it, aware UTC.
    """

    note: bytes
    tsa: str
    response: bytes
    at: datetime

    def as_order(self) -> dict[str, str]:
        """As it goes to the capture worker."""
        return {
            "note": self.note.decode(),
            "tsa": self.tsa,
            "response": base64.b64encode(self.response).decode(),
            "at": iso(self.at),
        }


class Beacons:
    """Gives beacons.

    Args:
        settings: age and folder. services: timestamp services, asked in this order until one answers.
        newest: the newest witnessed checkpoint as a signed note, or none.

    Effects: ``data_dir/run/beacon.json``.
    """

    def __init__(self, settings: Settings, services: Sequence[Timestamper], newest: Newest) -> None:
        self._path = settings.data_dir / "run" / "beacon.json"
        self._age = timedelta(seconds=settings.beacon_max_age_s)
        self._services = tuple(services)
        self._newest = newest
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="beacon")

    def close(self) -> None:
        """Let go of the thread; a service that does not answer is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def order(self) -> dict[str, str]:
        """A beacon for a capture that begins now, as it goes to the worker, or the reason why there is none."""
        future = self._pool.submit(self._take)
        try:
            return future.result(WAIT_S).as_order()
        except FutureTimeoutError:
            future.cancel()
            reason = f"no beacon was to be had within {WAIT_S:.0f} s"
        except (WangjianError, OSError, ValueError) as error:
            reason = f"{getattr(error, 'code', type(error).__name__)}: {error}"
        logger.warning("capture without beacon: %s", reason)
        return {"reason": reason[:1_000]}

    def _take(self) -> Beacon:
        kept = self._kept(now())
        if kept is not None:
            return kept
        note = self._newest()
        if note is None:
            raise ValueError("there is no witnessed checkpoint yet")
        stamp = timestamp.stamp_one(note, self._services, now())
        beacon = Beacon(note, stamp.name, stamp.response, stamp.stamp.gen_time)
        self._keep(beacon)
        return beacon

    def _kept(self, at: datetime) -> Beacon | None:
        """The beacon of a moment ago, where it still holds; anything else counts as none."""
        try:
            told = json.loads(self._path.read_bytes())
            note, response = str(told["note"]).encode(), base64.b64decode(told["response"], validate=True)
            service = next(item for item in self._services if item.name == told["tsa"])
            stamp = timestamp.check(response, bytes.fromhex(sha256_hex(note)), [service.root])
        except (OSError, ValueError, KeyError, TypeError, StopIteration, EvidenceError):
            return None
        fresh = -self._age <= at - stamp.gen_time <= self._age
        return Beacon(note, service.name, response, stamp.gen_time) if fresh else None

    def _keep(self, beacon: Beacon) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="beacon.", dir=self._path.parent)
        with os.fdopen(handle, "w") as stream:
            json.dump(beacon.as_order(), stream)
        Path(name).replace(self._path)
