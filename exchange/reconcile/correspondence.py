"""Reconciliation over the exchange: its desk, and what happens with messages of the type RECON."""

import base64
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from exchange import inbox, outbox, peers
from exchange.envelope import Envelope
from exchange.gateway import Gateway
from exchange.keys import NodeKeys
from exchange.reconcile import parcel
from exchange.reconcile.desk import Desk, Signature
from exchange.reconcile.streams import stream_source

TYPE, VERSION = "RECON", "2.0"
PREFIX = b"wangjian-exchange/1 reconciliation\n"


def open_desk(gateway: Gateway, *, at: datetime) -> Desk:
    """This installation in comparisons, with the keys and peers of the exchange. Args: at: now, aware UTC."""
    book = gateway.book()
    return Desk(
        gateway.keys.org,
        partial(_sign, gateway.keys, book),
        partial(_verify, book, at),
        partial(stream_source, gateway.keys.org),
        _post,
    )


def _sign(keys: NodeKeys, book: peers.Book, peer: str, data: bytes) -> Signature:
    name = peers.known(book, peer).suite
    kid, value = keys.sign(name, PREFIX + data)
    return {"suite": name, "kid": kid, "value": base64.b64encode(value).decode()}


def _verify(book: peers.Book, at: datetime, peer: str, data: bytes, signature: Signature) -> None:
    peers.verify(peers.known(book, peer), PREFIX + data, dict(signature), at)


def _post(session: Session, peer: str, payload: Mapping[str, object], at: datetime) -> object:
    name = f"{payload['run']}/{payload['step']}/{payload['part']}"
    draft = outbox.Draft(
        type=TYPE, version=VERSION, op="UPSERT", biz_key=name, biz_version=1, payload=payload, receiver=peer,
        purpose="对账 reconciliation",
    )  # fmt: skip
    return outbox.post(session, draft, at=at)


def take_step(session: Session, envelope: Envelope, payload: Mapping[str, object], at: datetime) -> inbox.Effect:
    """The handler of RECON: kept here, worked on by the duty.

    Raises:
        ReconcileError: not understood; the message is rejected with that code.

    Effects: table ``reconciliation_step``.
    """
    if envelope.version != VERSION:
        return inbox.Effect("kept")
    parcel.take(session, envelope.sender, payload, at=at)
    return inbox.Effect()


def attend() -> None:
    """Take messages of the type RECON from now on, in this process."""
    inbox.register(TYPE, take_step)
