"""The calls that are under way to one peer, and how far a turn has come with what is due for it."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from exchange.peers import KnownPeer

Answer = dict[str, Any]


class PeerLine:
    """What a turn of the relay remembers of one peer.

    Args:
        at_once: calls under way at most; one more is made ready, so that the line is never idle.

    Attributes:
        failures: calls in a row without an answer; while there are any, one call at a time is tried.
        after: row of the newest message that this pass handed over. told: messages that it heard of.
        over: nothing more in this turn.
    """

    def __init__(self, peer: KnownPeer, failures: int, at_once: int) -> None:
        self.peer, self.failures = peer, failures
        self.after = self.told = 0
        self.over = False
        self._at_once = at_once
        self._calls: deque[tuple[Sequence[Any], Future[Answer]]] = deque()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix=f"exchange-{peer.code}")

    @property
    def room(self) -> int:
        """How many more calls may be made now."""
        return 0 if self.over else max(0, (1 if self.failures else self._at_once + 1) - len(self._calls))

    @property
    def futures(self) -> list["Future[Answer]"]:
        """Of the calls under way."""
        return [future for _, future in self._calls]

    def begin(self, rows: Sequence[Any], call: Callable[[], Answer]) -> None:
        """Hand rows over in a thread of its own."""
        self._calls.append((rows, self._threads.submit(call)))
        self.after = max(row.message_row for row in rows)

    def submit(self, work: Callable[[], None]) -> "Future[None]":
        """Do something else in the line's threads."""
        return self._threads.submit(work)

    def answered(self) -> "list[tuple[Sequence[Any], Future[Answer]]]":
        """The calls that are over, in the order in which they were made."""
        found = [item for item in self._calls if item[1].done()]
        self._calls = deque(item for item in self._calls if not item[1].done())
        return found

    def under_way(self) -> set[int]:
        """Rows of the messages in calls that are not over."""
        return {row.message_row for rows, _ in self._calls for row in rows}

    def again(self) -> bool:
        """Begin another pass when this one moved anything: what was missing may be due by now."""
        moved, self.told, self.after = self.told > 0, 0, 0
        return moved

    def close(self) -> None:
        """Wait for what is under way; its answers are of no more use."""
        self._threads.shutdown(cancel_futures=True)
