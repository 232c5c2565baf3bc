"""What a stand-in does with what is handed over to it: a note shows on its complaint, a decision becomes a penalty.

What was handed over is kept in a file, so that a stand-in that starts again has not forgotten it.
"""

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from kernel.clock import iso, parse_iso
from simulators.linked.book import Book


def react(book: Book, post_id: str, kind: str, payload: Mapping[str, Any], at: datetime) -> None:
    """Change the records as the real system would."""
    if kind == "note" and (found := book.find(str(payload.get("REGINO")))) is not None:
        state = "2" if found.fields["STATE"] == "1" else found.fields["STATE"]
        book.put(found.key, {**found.fields, "STATE": state, "ISRECONCILE": "附监测线索"}, at)
    if kind == "publicity":
        day = at.date().isoformat()
        empty = dict.fromkeys(
            ("CaseNO", "RegNO", "IllegFact", "PenBasis", "PenAm", "ForfAm", "PenAuthCode", "PubEndDate"), ""
        )
        told = {
            name: payload[name]
            for name in ("PenDecNo", "PartyName", "UniSCID", "IllegActType", "PenContent", "PenAuth", "PenDecIssDate")
        }
        published = {"PartyType": "法人及非法人组织", "PenType": "其他", "PubFlag": "1", "PubDate": day}
        book.put(f"CF-{post_id}", {**empty, **told, **published}, at)


class Memory:
    """What was handed over, in a file; one line each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def began(self, at: datetime) -> datetime:
        """When the stand-in was first started: its records lie before that, however often it starts again."""
        path = self._path.with_name("began")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(iso(at), "utf-8")
        return parse_iso(path.read_text("utf-8"))

    def add(self, system: str, post: Mapping[str, Any]) -> None:
        """Keep one. Effects: the file."""
        with self._lock, self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"system": system, **post}, ensure_ascii=False) + "\n")

    def replay(self, books: Mapping[str, Book]) -> None:
        """Do again what was done before the last end."""
        if not self._path.exists():
            return
        for line in self._path.read_text("utf-8").splitlines():
            told = json.loads(line)
            at = parse_iso(told["at"])
            book = books[told["system"]]
            book.take_post(told["id"], told["kind"], told["payload"], at)
            react(book, told["id"], told["kind"], told["payload"], at)
