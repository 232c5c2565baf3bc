"""Commands of the exchange: ``exchange card``, ``exchange peer-add``, ``exchange peers``, ``exchange turn``."""

import argparse
import json
from contextlib import closing
from pathlib import Path

from exchange import key_change, peers
from exchange.keys import NodeKeys, kid_of
from exchange.scope import read_scopes
from exchange.suite import suite
from kernel.clock import now
from kernel.config import settings
from pipeline.errors import UsageError
from pipeline.exchange_node import open_gateway, open_key_folder, open_relay, own_card, suites_of
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


def exchange_keys_list(options: argparse.Namespace) -> int:
    """Print our keys, and how far a change of them is."""
    del options
    config = settings()
    with closing(open_database(config)) as database:
        gateway = open_gateway(config, database)
        with database.read() as session:
            under_way = key_change.standing(session, gateway.keys)
        changing, in_force = {one.suite for one in under_way}, _in_force(gateway.keys)
        for card in gateway.keys.cards(now()):
            is_next = card["suite"] in changing and card["kid"] not in in_force
            print(f"{card['kid']}  {card['suite']} {card['use']}  {'下一把 next' if is_next else '使用中 in force'}")
        for one in under_way:
            print(
                f"{one.suite}: 已知悉 told {' '.join(one.told) or '—'}; 未知悉 not yet {' '.join(one.waiting) or '—'}"
            )
    return 0


def _in_force(keys: NodeKeys) -> set[str]:
    live = (*keys.signing.items(), *keys.sealing.items())
    return {kid_of(suite(name).public(private)) for name, private in live}


def exchange_keys_rotate(options: argparse.Namespace) -> int:
    """Make the next keys and tell every peer, under the present one."""
    config = settings()
    name = options.suite or suites_of(config)[0]
    with closing(open_database(config)) as database:
        gateway = open_gateway(config, database)
        with database.write() as session:
            kid = key_change.begin(
                session, open_key_folder(config), name, gateway.book(), actor=ACTOR, at=now(), days=options.days
            )
    print(f"{kid}  {name} 已告知各对方，全部知悉后自动启用 told to every peer; it signs once all know it")
    return 0


def exchange_keys_finish(options: argparse.Namespace) -> int:
    """Sign with the next key from now on."""
    config = settings()
    name = options.suite or suites_of(config)[0]
    with closing(open_database(config)) as database:
        kid = key_change.finish(database, open_key_folder(config), name, actor=ACTOR, at=now(), even_so=options.even_so)
    print(f"{kid}  {name} 开始签名 signs from now on")
    return 0


def exchange_turn(options: argparse.Namespace) -> int:
    """Seal and send what waits, once."""
    del options
    config = settings()
    with closing(open_database(config)) as database:
        sent = open_relay(config, open_gateway(config, database)).turn(at=now())
    print(f"已发 sent: {sent}")
    return 0
