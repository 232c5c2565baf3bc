"""The door: a signed call in, a signed answer out. What it acknowledges is committed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from exchange.call import Call, make_answer, read_call
from exchange.effect import HandlerFailedError
from exchange.inbox import Inbox, Taken
from exchange.keys import KeyFolder, NodeKeys
from exchange.opening import Opened, check_signed, open_message
from exchange.peers import ALL_PEERS, Book, book_of, known
from exchange.receipt import Line, Sheet, give, sheets_of
from exchange.refusal import STRANGER, Refusals
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.models import Peer, ReceiptSheet, Stream
from kernel.prepared import Prepared
from kernel.rows import table_of

HEARD_EVERY = timedelta(seconds=1)
SHEETS = 40
"""How many sheets are fetched at a time. An answer to messages carries all that belong to them."""
_PEERS = table_of(Peer)
_HEARD = Prepared(
    update(_PEERS)
    .where(_PEERS.c.code == bindparam("code_"))
    .values(heard_at=bindparam("at_", type_=_PEERS.c.heard_at.type))
)


class Gateway:
    """This installation's side of every call.

    Args:
        keys: those of this installation, or the folder they lie in, which is looked at again each time.
        ours: suites of this installation, preferred first.
    """

    def __init__(self, database: Database, keys: NodeKeys | KeyFolder, ours: Sequence[str]) -> None:
        self.database, self._keys, self.ours = database, keys, tuple(ours)
        self._heard: dict[str, datetime] = {}
        self._refusals = Refusals(database)
        self._seen: tuple[list[Any], NodeKeys, Book] | None = None

    @property
    def keys(self) -> NodeKeys:
        """The keys as they are now."""
        return self._keys.keys() if isinstance(self._keys, KeyFolder) else self._keys

    def book(self) -> Book:
        """The peers as they stand now: asked every time, and put together anew when anything is another."""
        rows, keys = ALL_PEERS.alone(self.database), self.keys
        seen = self._seen
        if seen is None or seen[0] != rows or seen[1] is not keys:
            seen = self._seen = rows, keys, MappingProxyType(dict(book_of(rows, keys, self.ours)))
        return seen[2]

    def answer(self, data: bytes, *, at: datetime) -> bytes:
        """Answer a call.

        Args:
            data: the body as it came, of any peer or stranger.

        Raises:
            ExchangeError: of its kinds; the call was not understood, not signed, or not for us, and changed nothing.

        Effects: as of :meth:`take`; table ``notice`` where it is refused.
        """
        book = self.book()
        try:
            call = read_call(data, self.keys.org, book, at)
        except WangjianError as error:
            self._refusals.note(
                STRANGER, [{"message_id": "", "code": error.code, "message": error.message}], at=at
            )  # fmt: skip
            raise
        if call.kind == "receipts":
            given = self._sheets_after(call, at)
        else:
            given = self.take_messages(call.messages, call.caller, book, at=at)
        return make_answer(self.keys, known(book, call.caller).suite, call, given, at=at)

    def take_messages(self, messages: Sequence[object], caller: str, book: Book, *, at: datetime) -> dict[str, Any]:
        """Take messages that a peer hands over, by whatever way they came (a call, a folder, a medium).

        Returns:
            JSON values: ``sheets`` (signed receipts), ``missing`` (gaps), ``refused`` (may be sent again).

        Effects: as of :meth:`take`; table ``notice`` where some are refused.
        """
        opened: list[Opened] = []
        refused: list[dict[str, str]] = []
        for value in messages:
            try:
                opened.append(open_message(check_signed(value, book, at), book, self.keys, at))
            except WangjianError as error:
                refused.append({"message_id": _name(value), "code": error.code, "message": error.message})
        taken, sheets = self.take(opened, caller, book, at=at)
        refused += taken.refused
        self._refusals.note(caller, refused, at=at)
        return {
            "sheets": [sheet.as_json() for sheet in sheets],
            "missing": taken.missing,
            "refused": refused,
            "after": 0,
        }

    def take(self, opened: Sequence[Opened], caller: str, book: Book, *, at: datetime) -> tuple[Taken, list[Sheet]]:
        """Take checked messages in one transaction, with their receipts.

        Effects: tables ``message``, ``stream``, ``receipt``, ``receipt_sheet``, ``business_version``, ``delivery``,
        ``hop``, ``peer``, and what handlers write.
        """
        if not opened:
            return Taken(), []
        try:
            return self._take(opened, caller, book, at, careful=False)
        except HandlerFailedError:
            return self._take(opened, caller, book, at, careful=True)

    def _take(
        self, opened: Sequence[Opened], caller: str, book: Book, at: datetime, *, careful: bool
    ) -> tuple[Taken, list[Sheet]]:
        with self.database.write() as session:
            taken = Inbox(session, book, self.keys, caller, at=at, careful=careful).receive(opened)
            self._note_heard(session, caller, at)
            return taken, self._sheets(session, taken, caller, book, at)

    def _note_heard(self, session: Session, caller: str, at: datetime) -> None:
        """That a peer was heard of: to the second, not for each of hundreds of calls in it."""
        before = self._heard.get(caller)
        if before is None or not before <= at < before + HEARD_EVERY:
            _HEARD.run(session, code_=caller, at_=at)
            self._heard[caller] = at

    def _sheets(self, session: Session, taken: Taken, taker: str, book: Book, at: datetime) -> list[Sheet]:
        sheets = sheets_of(session, taken.again) if taken.again else []
        if taken.lines:
            sheets.append(give(session, self.keys, known(book, taker).suite, taker, taken.lines, at=at))
        return sheets

    def release(self, stream_id: int, *, at: datetime) -> list[Line]:
        """Try again what a stream waits for after a fault of ours; its sender fetches the receipts.

        Effects: as of :meth:`take`.
        """
        book = self.book()
        with self.database.write() as session:
            stream = session.get_one(Stream, stream_id)
            inbox = Inbox(session, book, self.keys, stream.sender, at=at, careful=True)
            taken = inbox.release(stream.sender, stream.receiver, stream.name)
            taker = stream.sender if stream.sender in book else self.keys.org
            self._sheets(session, taken, taker, book, at)
            return taken.lines

    def _sheets_after(self, call: Call, at: datetime) -> dict[str, Any]:
        with self.database.write() as session:
            wanted = or_(ReceiptSheet.direction == "given", ReceiptSheet.direction == "forward")
            query = select(ReceiptSheet).where(wanted, ReceiptSheet.taker == call.caller, ReceiptSheet.id > call.after)
            rows = session.execute(query.order_by(ReceiptSheet.id).limit(SHEETS)).scalars().all()
            self._note_heard(session, call.caller, at)
        sheets = [Sheet(row.body, row.signature).as_json() for row in rows]
        return {"sheets": sheets, "missing": [], "refused": [], "after": rows[-1].id if rows else call.after}


def _name(value: object) -> str:
    envelope = value.get("envelope") if isinstance(value, dict) else None
    found = envelope.get("message_id") if isinstance(envelope, dict) else ""
    return found[:36] if isinstance(found, str) else ""
