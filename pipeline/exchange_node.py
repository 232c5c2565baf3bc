"""This installation's side of the exchange: keys, suites, gateway and relay, made from the settings."""

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select

from exchange import identity_report, incoming_matter, incoming_record, key_change, peers, transfer
from exchange.errors import PeerError, SuiteError
from exchange.gateway import Gateway
from exchange.keys import KeyFolder, NodeKeys
from exchange.organisation import name_of
from exchange.reconcile import correspondence
from exchange.relay import Pace, Relay
from exchange.suite import available_suites
from exchange.transport import HttpsTransport, LocalTransport
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Peer


def suites_of(config: Settings) -> tuple[str, ...]:
    """The suites of the settings that work here, preferred first.

    Raises:
        SuiteError: none does.
    """
    found = tuple(name for name in config.exchange_suites if name in available_suites())
    if not found:
        raise SuiteError(
            f"expected a suite that works here, got {', '.join(config.exchange_suites)}",
            hint="Set WANGJIAN_EXCHANGE_SUITES, or install the extra: pip install 'wangjian[sm]'.",
        )
    return found


def open_gateway(config: Settings, database: Database) -> Gateway:
    """The gateway of this installation, its keys as they were last decided on.

    Effects: keys in ``keys_path()/exchange`` at the first call, or where a change of them was cut off.
    """
    transfer.register_handlers()
    identity_report.register_handlers()
    incoming_matter.register_handlers()
    incoming_record.register_handlers()
    key_change.register_handler()
    correspondence.attend()
    folder = open_key_folder(config)
    key_change.resume(database, folder)
    return Gateway(database, folder, suites_of(config))


@lru_cache(maxsize=4)
def _line(ca_file: str, timeout_s: float) -> HttpsTransport:
    return HttpsTransport(ca_file=ca_file, timeout_s=timeout_s)


def open_key_folder(config: Settings) -> KeyFolder:
    """The folder of this installation's keys. Effects: keys in it at the first call."""
    folder = KeyFolder(config)
    folder.keys()
    return folder


def open_relay(config: Settings, gateway: Gateway) -> Relay:
    """The relay; lines to peers are kept open between calls."""
    line = _line(config.exchange_ca_file, config.exchange_timeout_s)
    pace = Pace(config.exchange_batch, config.exchange_retry_after_s, config.exchange_max_tries)
    return Relay(gateway, {"https": line, "local": LocalTransport(gateway)}, pace)


def own_card(config: Settings, keys: NodeKeys, at: datetime) -> dict[str, object]:
    """What a peer needs to know of this installation: code, name, address, suites, public keys."""
    return {
        "code": config.exchange_org,
        "name": name_of(config.exchange_org),
        "url": config.public_url or f"http://{config.web_host}:{config.web_port}",
        "kind": "authority",
        "suites": list(suites_of(config)),
        "keys": [card for card in keys.cards(at) if card["suite"] in suites_of(config)],
    }


def has_peers(database: Database) -> bool:
    """True when anybody is known."""
    with database.read() as session:
        return session.execute(select(Peer.id).limit(1)).first() is not None


def enter_cards(config: Settings, database: Database, gateway: Gateway, *, at: datetime) -> int:
    """Enter the cards that an administrator put into the folder of the settings; those known already stay as they are.

    Returns:
        how many were new or had changed.

    Raises:
        PeerError, DowngradeError: a card that cannot be taken.

    Effects: tables ``peer``, ``audit``.
    """
    if not config.exchange_cards_dir:
        return 0
    entered = 0
    for path in sorted(Path(config.exchange_cards_dir).glob("*.json")):
        try:
            card = peers.read_card(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise PeerError(f"expected a peer's card in {path}, got {error}") from error
        known = gateway.book().get(card.code)
        live = {key["kid"] for key in known.keys if not key.get("until")} if known else set()
        if known and known.url == card.url and live == {key["kid"] for key in card.keys}:
            continue
        with database.write() as session:
            peers.enter(session, card, gateway.ours, actor="system:cards", at=at)
        entered += 1
    return entered
