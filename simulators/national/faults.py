"""Faults of a line, drawn by chance from a seed: lost, twice, late, refused, answer lost, messages in another order."""

import json
import random
import threading
import time
from collections.abc import Callable

from kernel.crypto import canonical_json

KINDS = ("drop", "duplicate", "delay", "refuse", "lose-answer", "reorder")
DELAY_S = 0.02


class FaultyLine:
    """Stands before a door and spoils a share of the calls.

    Args:
        door: body in, answer out. share: of calls that meet a fault, 0 to 1. seed: of the draw. kinds: which faults.
    """

    def __init__(
        self, door: Callable[[bytes], bytes], share: float = 0.0, seed: int = 1, kinds: tuple[str, ...] = KINDS
    ) -> None:
        self._door, self.share, self._kinds = door, share, kinds
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.met: dict[str, int] = {}

    def call(self, body: bytes) -> tuple[int, bytes]:
        """HTTP status and body of the answer; status 0: the line is cut without one."""
        with self._lock:
            kind = self._random.choice(self._kinds) if self._random.random() < self.share else ""
            if kind:
                self.met[kind] = self.met.get(kind, 0) + 1
        if kind == "drop":
            return 0, b""
        if kind == "refuse":
            return 500, b"{}"
        if kind == "delay":
            time.sleep(DELAY_S)
        if kind == "duplicate":
            self._door(body)
        if kind == "reorder":
            body = self._shuffled(body)
        answer = self._door(body)
        return (0, b"") if kind == "lose-answer" else (200, answer)

    def _shuffled(self, body: bytes) -> bytes:
        """The messages of a call in another order, and some of them left out: as if they came by several ways.

        The call's own signature covers the ids in their order, so what was changed on the way is refused as a whole.
        """
        whole = json.loads(body)
        with self._lock:
            self._random.shuffle(whole["messages"])
        return canonical_json(whole)
