"""Two installations exchange over a bad line and are killed: nothing lost, nothing twice, in order, all receipts."""

from pathlib import Path

import pytest

from tests.servers.exchange_chaos import run


@pytest.mark.slow
def test_nothing_is_lost_or_done_twice(tmp_path: Path) -> None:
    """Eight streams of two thousand, three calls in ten with a fault, ten SIGKILLs."""
    found = run(tmp_path, streams=8, each=2_000, share=0.3, kills=10, limit_s=800)
    assert found.clean, found
    assert found.kills == 10
