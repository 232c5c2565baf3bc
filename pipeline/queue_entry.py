"""An entry of the queue, as the worker believes it.

RQ calls whatever function an entry names. Who can write to Redis (it may stand on another machine,
and many services may share it) would so run anything beside the sealing keys. Ours call one function
with the id of a job's row, and nothing else.

Spec: GB/T 22239-2019 8.1.4 (computing environment: only what is needed runs); OWASP ASVS 5.0 1.5.
"""

from collections.abc import Callable
from typing import Any

from rq.job import Job

from kernel.jobs import PERFORM
from pipeline.errors import QueueEntryError


class QueueEntry(Job):
    """A job of RQ that may only ask for ``pipeline.worker.perform`` with one id."""

    @property
    def func(self) -> Callable[..., Any] | None:
        """The one function that entries may name.

        Raises:
            QueueEntryError: the entry asks for something else.
        """
        plain = not self.instance and not self.kwargs and len(self.args) == 1 and isinstance(self.args[0], str)
        if self.func_name != PERFORM or not plain:
            raise QueueEntryError(
                f"expected a queue entry for {PERFORM} with an id, got {str(self.func_name)[:80]!r}",
                hint="Somebody else writes to this Redis: give Wangjian one of its own, with a password.",
            )
        named: Callable[..., Any] | None = super().func
        return named

    @property
    def success_callback(self) -> None:
        """None: ours name no further functions."""

    @property
    def failure_callback(self) -> None:
        """None: ours name no further functions."""

    @property
    def stopped_callback(self) -> None:
        """None: ours name no further functions."""
