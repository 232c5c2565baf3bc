"""The four stand-ins over HTTP on loopback: ``/<system>/records``, ``/<system>/keys``, ``/<system>/posts``."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from kernel.clock import iso, now, parse_iso
from kernel.errors import ClockError
from simulators.linked.book import Book
from simulators.linked.faults import Faults, Mischief
from simulators.linked.reactions import Memory, react

MAX_POST_BYTES = 1 << 20
MAX_ROWS = 5000
TOKEN = "stand-in"  # noqa: S105 - of a stand-in that anybody may ask


class LinkedServer(ThreadingHTTPServer):
    """Serves some systems on loopback.

    Args:
        books: their records. port: 0 chooses a free one. faults: of all systems; ``set_faults`` changes them.
        clock: what time it is. memory: keeps what is handed over, where it is to be kept.
    """

    daemon_threads = True

    def __init__(
        self,
        books: Mapping[str, Book],
        port: int = 0,
        *,
        faults: Faults | None = None,
        clock: Callable[[], datetime] = now,
        memory: Memory | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.books = dict(books)
        self.clock = clock
        self.memory = memory
        self.asked = 0
        self.mischief: dict[str, Mischief] = {}
        self.set_faults(faults or Faults())

    def set_faults(self, faults: Faults) -> None:
        """The same faults for every system, each with dice of its own."""
        self.mischief = {name: Mischief(faults) for name in self.books}

    def url(self, system: str) -> str:
        """Where one system answers."""
        return f"http://127.0.0.1:{self.server_address[1]}/{system}"

    def close(self) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: LinkedServer
    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float] = 60
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Changes, one record, or the key set."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Something handed over."""
        self._answer(self._post)

    def _answer(self, make: Callable[[Book, Mischief, list[str]], tuple[int, object]]) -> None:
        self.server.asked += 1
        parts = [unquote(part) for part in urlsplit(self.path).path.split("/")[1:]]
        body = self._body()
        book = self.server.books.get(parts[0])
        if book is None or self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(404 if book is None else 401, {"error": "no such system or account"})
            return
        self._sent = body
        mischief = self.server.mischief[book.system]
        if mischief.strikes("delay"):
            time.sleep(mischief.share() * mischief.faults.delay_s)
        fails = mischief.strikes("error")
        if fails and mischief.share() < 0.5:
            self._send(500, {"error": "planted before the work"})
            return
        status, told = make(book, mischief, parts[1:])
        if fails:
            self._send(500, {"error": "planted after the work"})
        else:
            self._send(status, told)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        return self.rfile.read(min(int(length), MAX_POST_BYTES)) if length.isdigit() else b""

    def _get(self, book: Book, mischief: Mischief, parts: list[str]) -> tuple[int, object]:
        asked = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        try:
            match parts:
                case ["records"]:
                    return 200, self._changes(book, mischief, asked)
                case ["records", key]:
                    return self._one(book, mischief, key)
                case ["keys"]:
                    return 200, self._keys(book, asked)
        except (ClockError, ValueError) as error:
            return 400, {"error": str(error)}
        return 404, {"error": "no such thing"}

    def _one(self, book: Book, mischief: Mischief, key: str) -> tuple[int, object]:
        found = book.find(key)
        rows, count = mischief.spoil([] if found is None else [found.as_row()])
        if found is not None and not rows:  # losing all of one record would look like a deletion
            return 500, {"error": "planted: the record was lost"}
        return 200, self._page(mischief, rows, count, None)

    def _keys(self, book: Book, asked: Mapping[str, str]) -> object:
        if asked.get("digest"):
            number, digest = book.digest()
            return {"count": number, "sha256": digest}
        keys, more = book.keys(asked.get("after", ""), _limit(asked))
        return {"count": len(keys), "keys": keys, "more": more}

    def _changes(self, book: Book, mischief: Mischief, asked: Mapping[str, str]) -> object:
        skew = mischief.now(self.server.clock()) - self.server.clock()
        since = max(parse_iso(asked["since"]), datetime.fromisoformat("1971-01-01T00:00:00Z")) - skew
        entries, more = book.changes(since, asked.get("after", ""), _limit(asked))
        rows, count = mischief.spoil([entry.as_row() for entry in entries])
        last = entries[-1] if entries else None
        following = {"since": iso(mischief.now(last.updated_at)), "after": last.key} if more and last else None
        return self._page(mischief, rows, count, following)

    def _page(self, mischief: Mischief, rows: list[dict[str, Any]], count: int, following: object) -> dict[str, object]:
        told = iso(mischief.now(self.server.clock()))
        return {"schema": "1.0", "server_time": told, "count": count, "rows": rows, "next": following}

    def _post(self, book: Book, mischief: Mischief, parts: list[str]) -> tuple[int, object]:
        del mischief
        try:
            sent = json.loads(self._sent)
            known = isinstance(sent["payload"], dict) and sent["id"] == self.headers.get("Idempotency-Key")
        except (ValueError, KeyError, TypeError):
            known = False
        if parts != ["posts"] or not known:
            return 422, {"error": "expected id, kind and payload"}
        told, at = (str(sent["id"]), str(sent["kind"]), sent["payload"]), self.server.clock()
        receipt = book.take_post(*told, at)
        if receipt["state"] == "stored":
            react(book, *told, at)
            if self.server.memory is not None:
                self.server.memory.add(book.system, {"id": told[0], "kind": told[1], "payload": told[2], "at": iso(at)})
        return 200, receipt

    def _send(self, status: int, told: object) -> None:
        body = json.dumps(told, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Quiet: the caller reports failures."""


def _limit(asked: Mapping[str, str]) -> int:
    return max(1, min(MAX_ROWS, int(asked.get("limit", "500"))))
