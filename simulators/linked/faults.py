"""Faults on demand: delay, duplicate, drop, reorder, 500, schema drift, clock skew, wrong rows."""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kernel.clock import iso, parse_iso

KINDS = ("delay", "duplicate", "drop", "reorder", "error", "drift", "skew", "wrong")


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each fault comes, 0 to 1.

    Attributes:
        delay: of a call, by up to ``delay_s``. error: of a call that ends in 500, half of them after it was done.
        duplicate, drop, wrong: of a row. Half of the dropped rows are missing in the count as well.
        reorder, drift: of a page. skew_s: the clock of the system before ours, always.
    """

    delay: float = 0.0
    delay_s: float = 0.05
    duplicate: float = 0.0
    drop: float = 0.0
    reorder: float = 0.0
    error: float = 0.0
    drift: float = 0.0
    wrong: float = 0.0
    skew_s: float = 0.0
    seed: int = 1

    @classmethod
    def all_on(cls, rate: float = 0.2, *, skew_s: float = 90.0, seed: int = 1) -> "Faults":
        """Every fault at once; single rows are hit at a tenth of the rate."""
        row = rate / 10
        return cls(
            delay=rate, duplicate=row, drop=row, reorder=rate, error=rate, drift=rate / 4, wrong=row, skew_s=skew_s,
            seed=seed,
        )  # fmt: skip


class Mischief:
    """Draws the faults of one system, in an order that depends on the seed."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._dice = random.Random(faults.seed)
        self._lock = threading.Lock()

    def strikes(self, kind: str) -> bool:
        """Whether this fault comes now."""
        with self._lock:
            return self._dice.random() < float(getattr(self.faults, kind))

    def share(self) -> float:
        """A number in [0, 1)."""
        with self._lock:
            return self._dice.random()

    def now(self, at: datetime) -> datetime:
        """What the system's clock shows."""
        return at + timedelta(seconds=self.faults.skew_s)

    def spoil(self, rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
        """A page's rows after the faults, and the count it claims."""
        sent: list[dict[str, Any]] = []
        claimed = 0
        for row in rows:
            told = self._skewed(row)
            if self.strikes("drop"):
                claimed += self.share() < 0.5
                continue
            copies = 2 if self.strikes("duplicate") else 1
            claimed += copies
            sent += [self._wrong(told) if self.strikes("wrong") else told] * copies
        if self.strikes("reorder"):
            with self._lock:
                self._dice.shuffle(sent)
        if self.strikes("drift"):
            sent = [drifted(row) for row in sent]
        return sent, claimed

    def _skewed(self, row: dict[str, Any]) -> dict[str, Any]:
        """The system stamps changes by its own clock."""
        return {**row, "updated_at": iso(self.now(parse_iso(row["updated_at"])))}

    def _wrong(self, row: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            return ruined(row, self._dice)


def drifted(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of another edition: the name of its party is called something else, and a field is new."""
    fields = dict(row["fields"])
    for name in ("EntName", "PartyName"):
        if name in fields:
            fields[f"{name}2"] = fields.pop(name)
    return {**row, "fields": {**fields, "NewInThisEdition": "1"} if fields else {}}


def ruined(row: Mapping[str, Any], dice: random.Random) -> dict[str, Any]:
    """A row that is wrong in one of several ways."""
    fields = dict(row["fields"])
    code = str(fields.get("UniSCID") or "")
    ways: list[dict[str, Any]] = [
        {"updated_at": "yesterday"},
        {"version": "2"},
        {"fields": {**fields, "UniSCID": code[:-1] + ("0" if code[-1:] != "0" else "1")}} if code else {"version": 0},
        {"fields": {**fields, next(iter(fields), "x"): {"nested": True}}},
        {"updated_at": "2099-01-01T00:00:00Z"},
    ]
    return {**row, **dice.choice(ways)}
