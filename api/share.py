"""What one address may ask: a bucket that fills with time, kept in memory.

Spec: OWASP ASVS 5.0 V2.4 (anti-automation).
"""

from collections import OrderedDict
from collections.abc import Callable

from kernel.clock import monotonic

MAX_ADDRESSES = 50_000


class Share:
    """A share for each address.

    Args:
        per_minute: requests; a quarter of them may come at once. 0 means no limit.
        clock: seconds that never step.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._rate = per_minute / 60
        self._room = max(1.0, per_minute / 4)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Count one request; False when the share is used up."""
        if not self._rate:
            return True
        at = self._clock()
        left, since = self._buckets.get(address, (self._room, at))
        left = min(self._room, left + (at - since) * self._rate)
        granted = left >= 1
        self._buckets[address] = (left - 1 if granted else left, at)
        self._buckets.move_to_end(address)
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        return granted
