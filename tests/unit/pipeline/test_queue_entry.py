"""What the worker does of what stands in the queue."""

import json

import pytest
from redis import Redis
from rq.serializers import JSONSerializer

from kernel.jobs import PERFORM
from pipeline.errors import QueueEntryError
from pipeline.queue_entry import QueueEntry
from pipeline.worker import perform


def entry(func: str, args: list[object], **data: object) -> QueueEntry:
    """An entry as it comes out of Redis."""
    found = QueueEntry("entry", connection=Redis(), serializer=JSONSerializer)
    found.restore(
        {
            b"created_at": b"2026-11-25T08:00:00.000000Z",
            b"data": json.dumps([func, data.get("instance"), args, data.get("kwargs", {})]).encode(),
            b"success_callback_name": b"os.system",
        }
    )
    return found


def test_ours_are_done() -> None:
    """One function, one id."""
    assert entry(PERFORM, ["job-1"]).func is perform


@pytest.mark.parametrize(
    ("func", "args", "data"),
    [
        ("os.system", ["id"], {}),
        ("subprocess.check_output", ["id"], {}),
        (PERFORM, [], {}),
        (PERFORM, ["job-1", "x"], {}),
        (PERFORM, [["job-1"]], {}),
        (PERFORM, ["job-1"], {"kwargs": {"x": 1}}),
        ("format", ["x"], {"instance": "text"}),
    ],
)
def test_all_else_is_refused(func: str, args: list[object], data: dict[str, object]) -> None:
    """Who can write to Redis cannot run what he likes."""
    found = entry(func, args, **data)
    with pytest.raises(QueueEntryError):
        found.perform()
    assert found.success_callback is found.failure_callback is found.stopped_callback is None
