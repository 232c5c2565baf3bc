"""Log lines as JSON."""

import json
import logging

from kernel.log import JsonFormatter, set_up


def test_a_json_line_has_its_parts() -> None:
    """Level, part, message and error are fields of one object."""
    record = logging.LogRecord("evidence", logging.WARNING, "f", 1, "封存 %s", ("x",), None)
    body = json.loads(JsonFormatter().format(record))
    assert (body["level"], body["part"], body["message"]) == ("warning", "evidence", "封存 x")
    assert body["at"].endswith("Z")


def test_an_error_is_kept() -> None:
    """The traceback is one field, so that one event stays one line."""
    try:
        raise ValueError("x")  # noqa: TRY301 - made to be caught
    except ValueError as error:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, "m", (), (ValueError, error, error.__traceback__))
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "ValueError: x" in json.loads(line)["error"]


def test_set_up_replaces_handlers() -> None:
    """Setting up twice gives one handler."""
    before = logging.getLogger().handlers[:]
    try:
        set_up(as_json=True)
        set_up(as_json=False)
        assert len(logging.getLogger().handlers) == 1
    finally:
        logging.getLogger().handlers[:] = before
