"""The inbox: every message once, in order, with one effect; receipts are written in the same transaction.

What comes too early waits in a bounded buffer and the gap is named; what came before gets its first receipt
again; what cannot be taken is rejected with the reason, and the stream goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from exchange.effect import FAILED, Effect, Effects, Handler, key_of, register
from exchange.errors import ChainError, WindowError
from exchange.forwarding import pass_on
from exchange.keys import NodeKeys
from exchange.message_row import row_of
from exchange.opening import Opened, reopen
from exchange.peers import Book
from exchange.place import Place, Places
from exchange.receipt import DUPLICATE, REJECTED, STORED, Line
from exchange.routing import host_of
from kernel.batch import batched
from kernel.errors import WangjianError
from kernel.models import Message
from kernel.prepared import Prepared
from kernel.rows import insert_rows, table_of, update_rows

__all__ = ["Effect", "Handler", "Inbox", "Taken", "register"]

WINDOW = 1_000
"""How far ahead of a gap messages are kept."""
RELEASE = 500
"""How many waiting messages are taken from the buffer at once."""
CHUNK = 400
_ROWS = table_of(Message).c
_PRESENT = Prepared(
    select(_ROWS.seq, _ROWS.digest, _ROWS.message_id).where(
        _ROWS.stream_id == bindparam("stream"), _ROWS.seq.in_(bindparam("numbers", expanding=True))
    )
)


@dataclass(slots=True)
class Taken:
    """What the inbox did with a batch.

    Attributes:
        lines: for the receipt sheet. again: messages whose first sheets are sent again: the answer with them may be
            lost. missing: gaps, ``{"sender","receiver","stream","from","to"}``. refused: what was not taken and may
            be sent again, ``{"message_id","code","message"}``.
    """

    lines: list[Line] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)

    def refuse(self, message_id: str, error: WangjianError) -> None:
        """Note that a message was not taken."""
        self.refused.append({"message_id": message_id, "code": error.code, "message": error.message})


class Inbox:
    """Takes messages in one transaction.

    Args:
        session: a write session. came_from: the peer that hands them over. careful: one handler that fails takes
            nothing with it (slower).
    """

    def __init__(
        self, session: Session, book: Book, keys: NodeKeys, came_from: str, *, at: datetime, careful: bool = False
    ) -> None:
        self._session, self._book, self._keys = session, book, keys
        self._came_from, self._at = came_from, at
        self._effects = Effects(session, at=at, careful=careful)
        self._places = Places(session, "in")
        self._new: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self.taken = Taken()

    def receive(self, batch: Sequence[Opened]) -> Taken:
        """Take messages whose signatures were checked.

        Raises:
            HandlerFailedError: without ``careful``; roll back, and do it again with it.

        Effects: tables ``message``, ``stream``, ``business_version``, ``delivery``, ``hop`` and what handlers write.
        """
        here: dict[tuple[str, str, str], list[Opened]] = {}
        through: list[Opened] = []
        for opened in batch:
            envelope = opened.envelope
            if host_of(envelope.receiver, self._keys.org, self._book) == self._keys.org:
                here.setdefault((envelope.sender, envelope.receiver, envelope.stream), []).append(opened)
            else:
                through.append(opened)
        self._effects.load(key_of(item.envelope) for items in here.values() for item in items)
        for key in sorted(here):
            self._line_up(self._places.get(*key), sorted(here[key], key=lambda item: item.envelope.seq))
        if through:
            lines, refused = pass_on(self._session, through, self._book, self._keys, self._came_from, at=self._at)
            self.taken.lines += lines
            self.taken.again += [line.message_id for line in lines if line.kind == DUPLICATE]
            for number, error in refused:
                self.taken.refuse(number, error)
        self._write()
        return self.taken

    def release(self, sender: str, receiver: str, name: str) -> Taken:
        """Take up again what waits in a stream's buffer. Raises, Effects: as :meth:`receive`."""
        stream = self._places.get(sender, receiver, name)
        self._release(stream)
        self._tell_gap(stream, None)
        self._write()
        return self.taken

    def _line_up(self, stream: Place, batch: Sequence[Opened]) -> None:
        """Take messages of one stream, sorted by number."""
        present = self._present(stream, [item.envelope.seq for item in batch])
        waiting = self._first_waiting(stream)
        early: int | None = None
        for opened in batch:
            seq = opened.envelope.seq
            if seq in present:
                self._again(opened, *present[seq])
            elif seq == stream.last_seq + 1:
                present[seq] = opened.digest, opened.envelope.message_id, True
                if not self._next(stream, opened):
                    early = early or seq
                elif waiting == stream.last_seq + 1:
                    self._release(stream)
                    waiting = self._first_waiting(stream)
            elif seq <= stream.last_seq:
                present[seq] = opened.digest, opened.envelope.message_id, True
                self._refill(stream, opened)
            elif seq <= stream.last_seq + WINDOW:
                present[seq] = opened.digest, opened.envelope.message_id, True
                early = early or seq
                self._hold(stream, opened)
            else:
                most = stream.last_seq + WINDOW
                error = WindowError(f"expected at most number {most} while a gap is open, got {seq}")
                self.taken.refuse(opened.envelope.message_id, error)
        self._tell_gap(stream, early)
        stream.last_at = self._at

    def _present(self, stream: Place, numbers: Sequence[int]) -> dict[int, tuple[str, str, bool]]:
        """What is here already, by number: digest, id, and whether it came in this very batch."""
        found: dict[int, tuple[str, str, bool]] = {}
        # Nothing beyond the highest number that was seen can be here.
        for part in batched([number for number in numbers if number <= stream.highest_seq], CHUNK):
            rows = _PRESENT.rows(self._session, stream=stream.id, numbers=part)
            found |= {row.seq: (row.digest, row.message_id, False) for row in rows}
        return found

    def _first_waiting(self, stream: Place) -> int | None:
        if stream.highest_seq <= stream.last_seq:
            return None
        query = select(Message.seq).where(Message.stream_id == stream.id, Message.seq > stream.last_seq)
        return self._session.execute(query.order_by(Message.seq).limit(1)).scalar()

    def _again(self, opened: Opened, digest: str, message_id: str, is_new: bool) -> None:  # noqa: FBT001 - a stored flag
        """A number that was here: the same message gets its first receipt again, another one is refused."""
        if digest != opened.digest:
            seq = opened.envelope.seq
            error = ChainError(f"expected {message_id} as number {seq} of its stream, got another message")
            self.taken.refuse(opened.envelope.message_id, error)
            return
        self.taken.lines.append(Line(message_id, digest, DUPLICATE))
        if not is_new:
            self.taken.again.append(message_id)

    def _refill(self, stream: Place, opened: Opened) -> None:
        """A number that was processed and whose record was lost here: kept again, with no second effect."""
        line = self._effects.judge(opened)
        state = {FAILED: "failed", REJECTED: "rejected"}.get(line.kind, "processed")
        row = self._row(stream, opened, state)
        told = {"outcome": line.outcome, "error_code": line.code, "error": line.message, "done_at": self._at}
        self._new.append({**row, **told, "rows": [dict(item) for item in line.rows], "attempts": 0})
        self.taken.lines.append(Line(opened.envelope.message_id, opened.digest, STORED))
        if state != "failed":
            self.taken.lines.append(line)

    def _hold(self, stream: Place, opened: Opened) -> None:
        self._new.append(self._row(stream, opened, "held"))
        self.taken.lines.append(Line(opened.envelope.message_id, opened.digest, STORED))
        stream.highest_seq = max(stream.highest_seq, opened.envelope.seq)

    def _release(self, stream: Place) -> None:
        """Take what waited and is next now."""
        columns = (
            Message.id, Message.seq, Message.envelope, Message.suite, Message.digest, Message.attempts, Message.biz_key,
            Message.type,
        )  # fmt: skip
        while True:
            query = select(*columns).where(Message.stream_id == stream.id, Message.seq > stream.last_seq)
            rows = self._session.execute(query.order_by(Message.seq).limit(RELEASE)).all()
            self._effects.load((stream.sender, row.type, row.biz_key) for row in rows)
            for row in rows:
                if row.seq != stream.last_seq + 1:
                    return
                opened = reopen(row.envelope, row.suite, row.digest, self._book, self._keys, at=self._at)
                if not self._next(stream, opened, row):
                    return
            if len(rows) < RELEASE:
                return

    def _tell_gap(self, stream: Place, early: int | None) -> None:
        """Name the numbers that are missing before the first one that waits."""
        firsts = [seq for seq in (self._first_waiting(stream), early) if seq is not None and seq > stream.last_seq]
        if not firsts or min(firsts) == stream.last_seq + 1:
            stream.missing_since = None
            return
        stream.missing_since = stream.missing_since or self._at
        gap = {"sender": stream.sender, "receiver": stream.receiver, "stream": stream.name}
        self.taken.missing.append({**gap, "from": stream.last_seq + 1, "to": min(firsts) - 1})

    def _next(self, stream: Place, opened: Opened, waiting: Any = None) -> bool:
        """Process the message that is next in its stream; False when the stream has to wait before it."""
        envelope = opened.envelope
        if envelope.prev != stream.head:
            self._refuse_chain(stream, opened, waiting)
            return False
        line = self._effects.judge(opened)
        state = {FAILED: "failed", REJECTED: "rejected"}.get(line.kind, "processed")
        values = {
            "state": state,
            "outcome": line.outcome,
            "done_at": None if state == "failed" else self._at,
            "error_code": line.code,
            "error": line.message,
            "rows": [dict(row) for row in line.rows],
        }
        if waiting is None:
            self._new.append({**self._row(stream, opened, state), **values, "attempts": int(state == "failed")})
            self.taken.lines.append(Line(envelope.message_id, opened.digest, STORED))
        else:
            self._changed.append({"id": waiting.id, **values, "attempts": waiting.attempts + (state == "failed")})
            # The answer that said it is stored may be lost, and the sender does not ask once it knows what came of it.
            self.taken.again.append(envelope.message_id)
        stream.highest_seq = max(stream.highest_seq, envelope.seq)
        if state == "failed":
            return False
        self.taken.lines.append(line)
        stream.last_seq, stream.head = envelope.seq, opened.digest
        return True

    def _refuse_chain(self, stream: Place, opened: Opened, waiting: Any) -> None:
        envelope = opened.envelope
        error = ChainError(
            f"expected number {envelope.seq} to follow {stream.head[:12]}, got one that follows {envelope.prev[:12]}",
            hint="One side lost records: compare both streams before anything is sent on.",
        )
        self.taken.refuse(envelope.message_id, error)
        if waiting is not None:
            # Every row of one update has the same keys, so the others are given as they stand.
            self._changed.append(
                {"id": waiting.id, "state": "failed", "outcome": "", "done_at": None, "error_code": error.code,
                 "error": error.message, "rows": [], "attempts": waiting.attempts + 1}
            )  # fmt: skip

    def _row(self, stream: Place, opened: Opened, state: str) -> dict[str, Any]:
        return row_of(opened, direction="in", stream_id=stream.id, state=state, came_from=self._came_from, at=self._at)

    def _write(self) -> None:
        insert_rows(self._session, Message, self._new)
        update_rows(self._session, Message, self._changed)
        self._places.write()
        self._effects.write()
