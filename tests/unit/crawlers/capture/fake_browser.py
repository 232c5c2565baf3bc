"""A browser that answers DevTools commands from a table, without a process."""

import json
from collections.abc import Mapping
from typing import Any

from crawlers.capture.devtools import DevTools, Params


class FakeBrowser:
    """Answers every command at once.

    Args:
        answers: results by method; where there is none an empty one. ``None`` is no answer at all, a text an error.

    Attributes:
        devtools: the connection to it. sent: session, method and parameters of what it was told.
    """

    def __init__(self, answers: Mapping[str, Params | str | None] | None = None) -> None:
        self.devtools = DevTools(self._take)
        self.sent: list[tuple[str, str, Params]] = []
        self._answers = dict(answers or {})

    def methods(self, session_id: str = "") -> list[str]:
        """What was asked of a session, in order."""
        return [method for session, method, _ in self.sent if session == session_id]

    def tell(self, method: str, params: Params, session_id: str = "") -> None:
        """An event."""
        self._say({"method": method, "params": params} | ({"sessionId": session_id} if session_id else {}))

    def _take(self, data: bytes) -> None:
        message = json.loads(data.rstrip(b"\0"))
        self.sent.append((message.get("sessionId", ""), message["method"], message["params"]))
        answer = self._answers.get(message["method"], {})
        if isinstance(answer, str):
            self._say({"id": message["id"], "error": {"message": answer}})
        elif answer is not None:
            self._say({"id": message["id"], "result": answer})

    def _say(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode() + b"\0"
        self.devtools.feed(data[:7])
        self.devtools.feed(data[7:])
