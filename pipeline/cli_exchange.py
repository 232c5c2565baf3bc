"""Commands of the exchange: ``exchange card``, ``exchange peer-add``, ``exchange peers``, ``exchange turn``."""

import argparse
import json
from contextlib import closing
from pathlib import Path

from exchange import peers
from exchange.scope import read_scopes
from kernel.clock import now
from kernel.config import settings
from pipeline.errors import UsageError
from pipeline.exchange_node import open_gateway, open_relay, own_card
from pipeline.wiring import open_database

ACTOR = "system:cli"


def exchange_card(options: argparse.Namespace) -> int:
    """Print this installation's card, to be carried to a peer."""
    del options
    config = settings()
    with closing(open_database(config)) as database:
        card = own_card(config, open_gateway(config, database).keys, now())
    print(json.dumps(card, ensure_ascii=False, indent=1))
    return 0


def exchange_peer_add(options: argparse.Namespace) -> int:
    """Enter a peer from its card, after its key numbers were compared by another way."""
    config = settings()
    try:
        card = peers.read_card(json.loads(options.card.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise UsageError(f"expected a card in {options.card}, got {error}", hint="wangjian exchange card") from error
    scopes = _scopes(options.scopes) if options.scopes else None
    with closing(open_database(config)) as database:
        gateway = open_gateway(config, database)
        with database.write() as session:
            agreed = peers.enter(
                session, card, gateway.ours, actor=ACTOR, at=now(), lower_reason=options.reason, scopes=scopes
            )
    print(f"{card.code} {card.name} 已登记 entered: {agreed}")
    for key in card.keys:
        print(f"  {key['kid']}  {key['suite']} {key['use']}")
    return 0


def _scopes(path: Path) -> dict[str, object]:
    try:
        return read_scopes(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise UsageError(f"expected scopes in {path}, got {error}", hint='{"out": ["LEAD"], "fields": {}}') from error


def exchange_peers(options: argparse.Namespace) -> int:
    """List the peers and how they are."""
    del options
    config = settings()
    with closing(open_database(config)) as database:
        gateway = open_gateway(config, database)
        for code, peer in sorted(gateway.book().items()):
            if code != config.exchange_org:
                print(f"{code}  {peer.state}  {peer.suite}  {peer.url or '（经上级 through another）'}  {peer.name}")
    return 0


def exchange_turn(options: argparse.Namespace) -> int:
    """Seal and send what waits, once."""
    del options
    config = settings()
    with closing(open_database(config)) as database:
        sent = open_relay(config, open_gateway(config, database)).turn(at=now())
    print(f"已发 sent: {sent}")
    return 0
