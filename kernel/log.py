"""Log lines: one an event on standard error, as text for people or JSON for machines."""

import json
import logging
import sys

from kernel.clock import iso, now

PLAIN = "%(asctime)s %(levelname)s %(name)s %(message)s"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, part, message, error."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line end."""
        body = {
            "at": iso(now()),
            "level": record.levelname.lower(),
            "part": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            body["error"] = self.formatException(record.exc_info)
        return json.dumps(body, ensure_ascii=False)


def set_up(*, as_json: bool, level: int = logging.INFO) -> None:
    """Send log lines to standard error. Effects: replaces the root handlers of this process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(PLAIN))
    logging.basicConfig(level=level, handlers=[handler], force=True)
