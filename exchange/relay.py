"""The relay: brings what is sealed to the peers, until their signed receipts say that it is there.

A message is sent at least once and keeps its id and number; the receiver sees to it that it has its effect once.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.orm import Session

from exchange.acknowledgement import take_sheet
from exchange.call import Wire, make_call, read_answer
from exchange.errors import ExchangeError, PeerError
from exchange.gateway import Gateway
from exchange.peer_line import PeerLine
from exchange.peers import Book, KnownPeer
from exchange.receipt import read_sheet
from exchange.retry import next_try
from exchange.scope import hold_back
from exchange.sealing import seal_waiting
from exchange.transport import OTHER_WAYS, Transport, scheme_of
from kernel.batch import batched
from kernel.errors import WangjianError
from kernel.models import Delivery, Message, Peer, Stream
from kernel.prepared import Prepared
from kernel.rows import table_of, update_rows

logger = logging.getLogger(__name__)
MAX_BATCH_BYTES = 8_000_000
MAX_LINES = 32
"""Peers that are served at the same time; the others wait for the next turn."""
FEW = 2
GATHER_S = 0.005
"""Where more calls than this are under way, further answers are waited for so long, to be kept together."""
MAX_AGAIN = 2_000
"""Messages that are due again at once for one gap; the rest follow when the gap is named again."""
CHUNK = 400
ASK_AFTER = timedelta(seconds=5)
"""How long after a message was stored its receiver is asked for the receipt that is still out."""
_M, _D = table_of(Message).c, table_of(Delivery).c
_DUE = Prepared(
    select(_D.id, _D.attempts, _D.message_row, _M.message_id, _M.envelope, _M.suite, _M.kid, _M.signature)
    .join(table_of(Message), _M.id == _D.message_row)
    .where(_D.peer == bindparam("peer_"), _D.state == "waiting", _D.next_at <= bindparam("at_"))
    .where(_D.message_row > bindparam("after"))
    .order_by(_D.message_row)
    .limit(bindparam("most"))
)
_STILL_WAITING = Prepared(select(_D.id).where(_D.id.in_(bindparam("numbers", expanding=True)), _D.state == "waiting"))


@dataclass(frozen=True, slots=True)
class Pace:
    """How it is sent.

    Attributes:
        batch: messages in one call at most. retry_after_s: seconds before each further try. max_tries: refusals after
            which a message is a dead letter. at_once: calls under way to one peer.
    """

    batch: int = 200
    retry_after_s: Sequence[float] = (5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0)
    max_tries: int = 10
    at_once: int = 1


class Relay:
    """Sends, a turn at a time.

    Args:
        gateway: our own side: database, keys, suites. transports: by scheme of the peer's address.
    """

    def __init__(self, gateway: Gateway, transports: Mapping[str, Transport], pace: Pace | None = None) -> None:
        self._gateway, self._database = gateway, gateway.database
        self._keys, self._transports, self._pace = gateway.keys, transports, pace or Pace()

    def turn(self, *, at: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
        """Seal what was posted and send what is due; how many messages were handed over.

        Peers are served at the same time, and while they work the next messages are sealed.

        Effects: one or more calls to each peer; tables ``message``, ``stream``, ``delivery``, ``hop``, ``receipt``,
        ``receipt_sheet``, ``peer``.
        """
        book = self._gateway.book()
        lines: dict[str, PeerLine] = {}
        sent = 0
        try:
            while self._move(lines, book, at, goes_on):
                sent += sum(self._answered(line, book, at) for line in lines.values())
            if goes_on():
                asking = [line.submit(partial(self._ask_receipts, line, book, at)) for line in lines.values()]
                for future in asking:
                    future.result()
        finally:
            for line in lines.values():
                line.close()
        return sent

    def _move(self, lines: dict[str, PeerLine], book: Book, at: datetime, goes_on: Callable[[], bool]) -> bool:
        """Seal some, make calls, and wait for an answer where nothing else can be done; False at the end."""
        sealed = goes_on() and seal_waiting(self._database, self._keys, self._gateway.ours, at=at)
        if sealed or not lines:
            for peer in self._due_peers(book, at):
                if peer.code not in lines:
                    self._hold_back(peer)
                    lines[peer.code] = PeerLine(peer, self._failures(peer), self._pace.at_once)
        busy = sum(bool(line.futures) for line in lines.values())
        for line in lines.values():
            if goes_on() and (line.futures or busy < MAX_LINES):
                busy -= bool(line.futures)
                self._feed(line, book, at)
                busy += bool(line.futures)
        under_way = [future for line in lines.values() for future in line.futures]
        if under_way and not sealed:
            wait(under_way, return_when=FIRST_COMPLETED)
            if len(under_way) > FEW:
                wait(under_way, timeout=GATHER_S)  # Several answers in one transaction cost little more than one.
        return bool(under_way or sealed)

    def _hold_back(self, peer: KnownPeer) -> None:
        """Scopes may have become narrower since messages were sealed."""
        if peer.scopes:
            with self._database.write() as session:
                hold_back(session, peer)

    def _due_peers(self, book: Book, at: datetime) -> list[KnownPeer]:
        with self._database.read() as session:
            codes = [code for code in sorted(book) if _anything_for(session, code)]
        peers = [book[code] for code in codes if book[code].state == "active"]
        peers = [peer for peer in peers if scheme_of(peer.url) not in OTHER_WAYS]
        return [peer for peer in peers if not peer.open_until or peer.open_until <= at]

    # --- messages -------------------------------------------------------------------------------------------

    def _due(self, session: Session, peer: KnownPeer, at: datetime, limit: int, after: int = 0) -> list[Any]:
        rows: list[Any] = []
        size = 0
        for row in _DUE.each(session, peer_=peer.code, at_=at, after=after, most=limit):
            size += len(row.envelope) * 3
            if rows and size > MAX_BATCH_BYTES:
                break
            rows.append(row)
        return rows

    def _feed(self, line: PeerLine, book: Book, at: datetime) -> None:
        """Make calls until the line is full or nothing is due."""
        while line.room:
            limit = max(1, self._pace.batch >> min(line.failures, 8))
            with self._database.read() as session:
                rows = self._due(session, line.peer, at, limit * line.room, line.after)
            for part in batched(rows, limit):
                line.begin(part, partial(self._hand_over, line.peer, book, at, part))
            if rows:
                continue
            if line.futures or not line.again():
                return

    def _failures(self, peer: KnownPeer) -> int:
        with self._database.read() as session:
            return session.execute(select(Peer.failures).where(Peer.code == peer.code)).scalar() or 0

    def _hand_over(self, peer: KnownPeer, book: Book, at: datetime, rows: Sequence[Any]) -> dict[str, Any]:
        messages = [Wire(row.message_id, row.envelope, row.suite, row.kid, row.signature) for row in rows]
        return self._call(peer, book, "messages", at, messages=messages)

    def _answered(self, line: PeerLine, book: Book, at: datetime) -> int:
        """Work up the answers that came, in one transaction; how many messages are there now."""
        answers: list[tuple[Sequence[Any], dict[str, Any]]] = []
        for rows, future in line.answered():
            try:
                answers.append((rows, future.result()))
            except WangjianError as error:
                self._failed(line.peer, rows, error, at)
                line.over = True
        if not answers:
            return 0
        with self._database.write() as session:
            line.told += sum(self._take(session, answer, book, line, at) for _, answer in answers)
            done = sum(self._close(session, rows, answer, at) for rows, answer in answers)
            if not line.over and line.failures:
                values = {"failures": 0, "open_until": None, "error_code": "", "error": ""}
                session.execute(update(Peer).where(Peer.code == line.peer.code).values(**values))
                line.failures = 0
        return done

    def _call(self, peer: KnownPeer, book: Book, kind: str, at: datetime, **given: Any) -> dict[str, Any]:
        transport = self._transports.get(scheme_of(peer.url))
        if transport is None:
            raise PeerError(f"expected a way to {peer.code}, got the address {peer.url[:80]!r}")
        nonce, body = make_call(self._keys, peer.suite, peer.code, kind, at=at, **given)
        return read_answer(transport.send(peer, body, at=at), peer.code, nonce, book, at)

    def _take(self, session: Session, answer: Mapping[str, Any], book: Book, line: PeerLine, at: datetime) -> int:
        """Sheets and gaps of an answer."""
        told = 0
        for value in answer.get("sheets", ()):
            try:
                told += take_sheet(session, read_sheet(value, book, at), book, self._keys, at=at)
            except ExchangeError as error:
                logger.warning("a sheet from %s was not taken: %s (%s)", line.peer.code, error.message, error.code)
        for gap in answer.get("missing", ()):
            self._send_again(session, gap, at, line.under_way())
        return told

    def _send_again(self, session: Session, gap: Mapping[str, Any], at: datetime, under_way: AbstractSet[int]) -> None:
        """A range that the receiver misses is due at once, but for what is on its way there already."""
        wanted = and_(Stream.direction == "out", Stream.sender == str(gap.get("sender")),
                      Stream.receiver == str(gap.get("receiver")), Stream.name == str(gap.get("stream")))  # fmt: skip
        first, last = gap.get("from"), gap.get("to")
        if not isinstance(first, int) or not isinstance(last, int):
            return
        query = select(Message.id).join(Stream, Stream.id == Message.stream_id)
        query = query.where(wanted, Message.seq >= first, Message.seq <= last).order_by(Message.seq).limit(MAX_AGAIN)
        rows = [row for row in session.execute(query).scalars() if row not in under_way]
        for part in batched(rows, CHUNK):
            session.execute(
                update(Delivery)
                .where(Delivery.message_row.in_(part), Delivery.state.in_(("waiting", "stored")))
                .values(state="waiting", next_at=at)
                .execution_options(synchronize_session=False)
            )

    def _close(self, session: Session, rows: Sequence[Any], answer: Mapping[str, Any], at: datetime) -> int:
        """What was sent and still waits was refused, or not mentioned at all; how many do not wait any more."""
        refused = {str(item.get("message_id")): item for item in answer.get("refused", ()) if isinstance(item, dict)}
        numbers = [row.id for row in rows]
        open_ids: set[int] = set()
        for part in batched(numbers, CHUNK):
            open_ids |= {row.id for row in _STILL_WAITING.rows(session, numbers=part)}
        changes = []
        for row in rows:
            if row.id not in open_ids:
                continue
            item = refused.get(row.message_id, {"code": PeerError.code, "message": "expected a receipt, got none"})
            changes.append(self._tried(row, str(item.get("code"))[:60], str(item.get("message"))[:500], at))
        update_rows(session, Delivery, changes)
        return len(rows) - len(changes)

    def _tried(self, row: Any, code: str, error: str, at: datetime) -> dict[str, Any]:
        attempts = row.attempts + 1
        # A place that is too far ahead is not the message's fault: it waits for the gap to be filled.
        dead = attempts >= self._pace.max_tries and code != "exchange.window"
        return {
            "id": row.id, "attempts": attempts, "state": "dead" if dead else "waiting", "sent_at": at,
            "next_at": next_try(attempts, self._pace.retry_after_s, at), "code": code, "error": error,
        }  # fmt: skip

    # --- the peer -------------------------------------------------------------------------------------------

    def _failed(self, peer: KnownPeer, rows: Sequence[Any], error: WangjianError, at: datetime) -> None:
        """No answer: the peer rests for a while. One message alone that it cannot answer becomes a dead letter."""
        logger.info("peer %s does not answer: %s (%s)", peer.code, error.message, error.code)
        with self._database.write() as session:
            row = session.execute(select(Peer).where(Peer.code == peer.code)).scalar_one_or_none()
            if row is not None:
                row.failures += 1
                row.open_until = next_try(row.failures, self._pace.retry_after_s, at)
                row.error_code, row.error = error.code, error.message[:500]
            if len(rows) == 1 and "status" in error.context:
                update_rows(session, Delivery, [self._tried(rows[0], error.code, error.message[:500], at)])

    def _ask_receipts(self, line: PeerLine, book: Book, at: datetime) -> None:
        """Fetch receipts that came true after the call in which their messages were stored."""
        if line.over:
            return
        peer = line.peer
        with self._database.read() as session:
            wanted = (Delivery.peer == peer.code, Delivery.state == "stored", Delivery.stored_at <= at - ASK_AFTER)
            if session.execute(select(Delivery.id).where(*wanted).limit(1)).first() is None:
                return
            after = session.execute(select(Peer.receipts_after).where(Peer.code == peer.code)).scalar() or 0
        while True:
            try:
                answer = self._call(peer, book, "receipts", at, after=after)
            except WangjianError as error:
                self._failed(peer, (), error, at)
                return
            if not answer["sheets"]:
                return
            after = int(answer["after"])
            with self._database.write() as session:
                self._take(session, answer, book, line, at)
                session.execute(update(Peer).where(Peer.code == peer.code).values(receipts_after=after))


def _anything_for(session: Session, peer: str) -> bool:
    """True when something is on its way to a peer: looked up by its own rows, of which others may have millions."""
    for state in ("waiting", "stored"):
        wanted = (Delivery.peer == peer, Delivery.state == state)
        if session.execute(select(Delivery.id).where(*wanted).limit(1)).first() is not None:
            return True
    return False
