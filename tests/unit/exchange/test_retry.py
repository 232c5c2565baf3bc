"""The pace of tries."""

from hypothesis import given
from hypothesis import strategies as st

from exchange.retry import JITTER, next_try
from tests.servers.exchanging import AT


@given(st.integers(0, 50), st.lists(st.floats(0.1, 1e5), min_size=1, max_size=6))
def test_each_try_waits_as_its_number_says(attempts: int, pace: list[float]) -> None:
    """Within the jitter; the last pace goes on."""
    waited = (next_try(attempts, pace, AT) - AT).total_seconds()
    wanted = pace[min(max(attempts - 1, 0), len(pace) - 1)]
    assert wanted * (1 - JITTER) - 1e-3 <= waited <= wanted * (1 + JITTER) + 1e-3


def test_many_do_not_come_at_once() -> None:
    """Their times differ."""
    assert len({next_try(1, (60.0,), AT) for _ in range(50)}) > 10
