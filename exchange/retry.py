"""When to try again: the pace of the settings, with jitter, so that many who wait do not come at once."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

JITTER = 0.2
_RANDOM = random.SystemRandom()


def next_try(attempts: int, pace: Sequence[float], at: datetime) -> datetime:
    """The time of the next try.

    Args:
        attempts: tries so far, from 1. pace: seconds before each further try; the last one goes on.
    """
    seconds = pace[min(max(attempts, 1), len(pace)) - 1]
    return at + timedelta(seconds=seconds * _RANDOM.uniform(1 - JITTER, 1 + JITTER))
