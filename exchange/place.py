"""How far streams have come: read and locked once in a transaction, counted in memory, written at its end.

A row that is changed message by message would be written message by message, before every query of a handler.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from exchange.envelope import GENESIS
from kernel.models import Stream
from kernel.prepared import Prepared
from kernel.rows import dialect_insert, table_of, update_rows

STREAMS = table_of(Stream)
_NAMES = ("id", "sender", "receiver", "name", "last_seq", "head", "highest_seq", "last_at", "missing_since")
_ONE = Prepared(
    select(*(STREAMS.c[name] for name in _NAMES))
    .where(*(STREAMS.c[name] == bindparam(f"{name}_") for name in ("direction", "sender", "receiver", "name")))
    .with_for_update()
)


@dataclass(slots=True)
class Place:
    """How far one stream has come; the attributes are those of the table ``stream``."""

    id: int
    sender: str
    receiver: str
    name: str
    last_seq: int
    head: str
    highest_seq: int
    last_at: datetime | None
    missing_since: datetime | None


class Places:
    """The streams of one direction that a transaction works on.

    Args:
        session: a write session. direction: ``out`` or ``in``.
    """

    def __init__(self, session: Session, direction: str) -> None:
        self._session, self._direction = session, direction
        self._found: dict[tuple[str, str, str], Place] = {}

    def get(self, sender: str, receiver: str, name: str) -> Place:
        """A stream, locked until the end of the transaction; made at its first message.

        Effects: table ``stream``.
        """
        key = (sender, receiver, name)
        found = self._found.get(key)
        if found is None:
            found = self._read(key)
            if found is None:
                self._make(key)
                found = self._read(key)
            if found is None:  # pragma: no cover - it was just made, and nobody deletes streams
                raise LookupError(f"expected the stream {name}, got none")
            self._found[key] = found
        return found

    def _read(self, key: tuple[str, str, str]) -> Place | None:
        wanted = {"direction_": self._direction, "sender_": key[0], "receiver_": key[1], "name_": key[2]}
        row = _ONE.first(self._session, **wanted)
        return Place(*row) if row is not None else None

    def _make(self, key: tuple[str, str, str]) -> None:
        values = {
            "direction": self._direction, "sender": key[0], "receiver": key[1], "name": key[2], "last_seq": 0,
            "highest_seq": 0, "head": GENESIS,
        }  # fmt: skip
        # Two calls may bring a stream's first messages at the same time: the later one finds it.
        self._session.execute(dialect_insert(self._session, Stream).values(values))

    def write(self) -> None:
        """Write how far they have come. Effects: table ``stream``."""
        names = ("id", "last_seq", "head", "highest_seq", "last_at", "missing_since")
        rows = [{name: getattr(place, name) for name in names} for place in self._found.values()]
        update_rows(self._session, Stream, rows)
