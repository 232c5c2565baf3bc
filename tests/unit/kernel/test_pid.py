"""Whether a process has ended."""

import os
import subprocess
import sys
from unittest.mock import patch

from kernel.pid import is_over


def test_who_runs_and_who_has_ended() -> None:
    """This process runs; a child that ended has ended, before and after it is buried; a huge number is nobody's."""
    assert not is_over(os.getpid())
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert is_over(child.pid)
    assert is_over(child.pid)
    assert is_over(9_999_999_999)


def test_what_cannot_be_seen_may_live() -> None:
    """A process of another account is not taken for dead."""
    with patch("os.kill", side_effect=PermissionError):
        assert not is_over(1)
