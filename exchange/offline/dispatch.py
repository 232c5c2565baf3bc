"""Offline packages with the messages of the exchange: what waits for a peer goes in, what comes is taken by the door.

The lines of ``messages.jsonl`` are the same signed messages that go over a wire. Receipt sheets go back in the return
receipt, so that a package closes its messages as an answer over the wire would.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from exchange import peers
from exchange.acknowledgement import take_sheet
from exchange.envelope import read_json
from exchange.errors import EnvelopeError, SealError
from exchange.gateway import Gateway
from exchange.offline.errors import ContentError
from exchange.offline.hand import Hand
from exchange.offline.incoming import Accept
from exchange.offline.opening import Arrived, Hands
from exchange.receipt import read_sheet
from exchange.scope import may_go
from exchange.suite import Suite, suite
from kernel.crypto import canonical_json
from kernel.models import Delivery, Message, Peer

MESSAGES = "messages.jsonl"
MAX_LINE_BYTES = 2_000_000
BATCH = 200
PREFIX = b"wangjian-exchange/1 offline\n"


def hands_of(gateway: Gateway, *, at: datetime) -> Hands:
    """The keys towards each active peer, by its code."""
    book = gateway.book()

    def hand(code: str) -> Hand | None:
        found = book.get(code)
        if found is None or found.state != "active" or code == gateway.keys.org:
            return None
        return _hand(gateway, found, at)

    return hand


def _hand(gateway: Gateway, peer: peers.KnownPeer, at: datetime) -> Hand:
    name, keys = peer.suite, gateway.keys
    used = suite(name)

    def sign(data: bytes) -> Mapping[str, str]:
        kid, value = keys.sign(name, PREFIX + data)
        return {"suite": name, "kid": kid, "value": base64.b64encode(value).decode()}

    def verify(data: bytes, signature: Mapping[str, str]) -> None:
        peers.verify(peer, PREFIX + data, dict(signature), at)

    def wrap(key: bytes, info: bytes) -> bytes:
        return used.seal(peer.sealing_card()["public"].encode(), key, info)

    return Hand(
        keys.org, peer.code, name, sign, verify, used.content_key_bytes, wrap,
        partial(_unwrap, used, keys.opening(name)), used.encrypt, used.decrypt,
    )  # fmt: skip


def _unwrap(used: Suite, keys: Sequence[bytes], sealed: bytes, info: bytes) -> bytes:
    """Open with the next key, the one in force, or an older one: a medium may have been long on its way."""
    for private in keys[:-1]:
        try:
            return used.open(private, sealed, info)
        except SealError:
            continue
    return used.open(keys[-1], sealed, info)


def _waiting(peer: str) -> Select[Delivery]:
    query = select(Delivery).join(Message, Message.id == Delivery.message_row)
    return query.where(Delivery.peer == peer, Delivery.state == "waiting").order_by(Delivery.message_row)


def write_waiting(session: Session, peer: str, path: Path) -> tuple[int, list[int]]:
    """Write all sealed messages that wait for a peer.

    Returns:
        how many there are, and the rows of their deliveries.

    Effects: the file.
    """
    row_of_peer = session.execute(select(Peer).where(Peer.code == peer)).scalar_one_or_none()
    known = peers.as_known(row_of_peer) if row_of_peer is not None and row_of_peer.scopes else None
    columns = (Delivery.id, Message.type, Message.envelope, Message.suite, Message.kid, Message.signature)
    rows: list[int] = []
    with path.open("wb") as stream:
        for row in session.execute(_waiting(peer).with_only_columns(*columns)).yield_per(500):
            if known is not None and not may_go(known, row.type, row.envelope):
                continue  # It stays; the relay or a person settles what the scope does not let through.
            signature = {"kid": row.kid, "suite": row.suite, "value": row.signature}
            line = {"envelope": read_json(row.envelope, MAX_LINE_BYTES), "signature": signature}
            stream.write(canonical_json(line) + b"\n")
            rows.append(row.id)
    return len(rows), rows


def accept_through(gateway: Gateway) -> Accept:
    """What takes the messages of a package: the same door as for calls, in order, once each."""

    def accept(arrived: Arrived, places: Mapping[str, Path], at: datetime) -> Sequence[Mapping[str, object]]:
        path = places.get(MESSAGES)
        if path is None:
            return ()
        sheets: list[Mapping[str, object]] = []
        book = gateway.book()
        for batch in _batches(path):
            given = gateway.take_messages(batch, arrived.manifest.sender, book, at=at)
            sheets += given["sheets"]
        return sheets

    return accept


def _batches(path: Path) -> Iterator[list[Any]]:
    batch: list[Any] = []
    with path.open("rb") as stream:
        while line := stream.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                raise ContentError(f"expected messages of at most {MAX_LINE_BYTES} bytes, got a larger one")
            try:
                batch.append(read_json(line, MAX_LINE_BYTES))
            except EnvelopeError as error:
                raise ContentError("expected a message in JSON on each line, got another form") from error
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def take_sheets(
    gateway: Gateway, session: Session, peer: str, sheets: Sequence[Mapping[str, object]], at: datetime
) -> None:
    """Take the receipts that came back with a package.

    Raises:
        ExchangeError: of its kinds; a sheet that does not hold.

    Effects: as of ``exchange.acknowledgement.take_sheet``.
    """
    del peer
    book = gateway.book()
    for value in sheets:
        take_sheet(session, read_sheet(value, book, at), book, gateway.keys, at=at)
