"""Before a fork."""

import gc

from kernel.free_memory import settle


def test_what_is_there_is_left_to_itself() -> None:
    """The collector has nothing of it to look at any more."""
    before = gc.get_freeze_count()
    try:
        settle()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
