"""Commands for packages that cross a gap: ``exchange pack``, ``release``, ``carry``, ``open``, ``receipt`` …"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import select

from exchange.gateway import Gateway
from exchange.offline import outgoing
from exchange.offline.carried import mark_packed
from exchange.offline.dispatch import MESSAGES, accept_through, hands_of, take_sheets, write_waiting
from exchange.offline.hand import Hand
from exchange.offline.incoming import WAITING, Door, open_package
from exchange.sealing import seal_waiting
from kernel.clock import now
from kernel.config import Settings, settings
from kernel.db import Database
from kernel.models import OfflinePackage
from pipeline.cli_officer import ask_password, opened, require_password
from pipeline.errors import UsageError
from pipeline.exchange_node import open_gateway

ACTOR = "system:cli"
EXIT_WAITS = 3
MEGABYTE = 1 << 20


@contextmanager
def _desk() -> Iterator[tuple[Settings, Database, Gateway]]:
    config = settings()
    with opened() as database:
        yield config, database, open_gateway(config, database)


def _folder(config: Settings, name: str) -> Path:
    return config.data_dir / "exchange" / name


def _hand(gateway: Gateway, peer: str) -> Hand:
    hand = hands_of(gateway, at=now())(peer)
    if hand is None:
        raise UsageError(f"expected an active peer, got {peer[:20]!r}", hint="wangjian exchange peers")
    return hand


def exchange_pack(options: argparse.Namespace) -> int:
    """Put what waits for a peer, and files beside it, into a package.

    Returns:
        3: two officers have to release it.
    """
    with _desk() as (config, database, gateway), tempfile.TemporaryDirectory(prefix="pack-") as place:
        hand = _hand(gateway, options.peer)
        while seal_waiting(database, gateway.keys, gateway.ours, at=now()):
            pass
        listed = Path(place) / MESSAGES
        with database.read() as session:
            count, rows = write_waiting(session, options.peer, listed)
        files = [(MESSAGES, listed)] if count else []
        files += [(f"files/{path.name}", path) for path in options.file]
        load = outgoing.Load(files, options.purpose, count, volume_bytes=options.volume_mb * MEGABYTE)
        row = outgoing.prepare(database, hand, _folder(config, "outgoing"), load, actor=ACTOR, at=now())
        with database.write() as session:
            mark_packed(session, rows, row.id, at=now())
    print(f"{row.id}  {row.volumes} 卷 volumes  {row.size} 字节 bytes  {count} 条消息 messages")
    print(f"待两名执法人员放行 two officers have to release it: wangjian exchange release {row.id} --account NAME")
    return EXIT_WAITS


def exchange_release(options: argparse.Namespace) -> int:
    """An officer agrees that a package leaves; the officer's own password is asked for.

    Returns:
        0 when two have, 3 while another one has to.
    """
    with opened() as database:
        require_password(database, options.account, ask_password())
        with database.write() as session:
            row = outgoing.release(session, options.id, account=options.account, at=now())
            people = [person.name for _, person in outgoing.releases(session, options.id)]
            released = row.state == outgoing.RELEASED
    print(f"{options.id} 已放行 released by: {', '.join(people)}")
    return 0 if released else EXIT_WAITS


def exchange_withdraw(options: argparse.Namespace) -> int:
    """Take back the newest package of a peer before it is released."""
    with opened() as database, database.write() as session:
        outgoing.withdraw(session, options.id, actor=ACTOR, at=now())
    print(f"{options.id} 已撤回 withdrawn")
    return 0


def exchange_carry(options: argparse.Namespace) -> int:
    """Write a released package to a medium."""
    with opened() as database, database.write() as session:
        written = outgoing.carry_out(session, options.id, options.out, actor=ACTOR, at=now())
    for path in written:
        print(path)
    return 0


def exchange_open(options: argparse.Namespace) -> int:
    """Take what a medium has of a package; with the last volume it is opened.

    Returns:
        0 when it was opened, 3 while volumes are missing.
    """
    with _desk() as (config, database, gateway):
        receipts = options.receipts or _folder(config, "receipts")
        door = Door(hands_of(gateway, at=now()), accept_through(gateway), _folder(config, "incoming"), receipts)
        outcome = open_package(database, door, options.folder, actor=ACTOR, at=now())
    if outcome.state == WAITING:
        print(f"{outcome.package} 缺卷 missing volumes: {', '.join(outcome.missing)}")
        return EXIT_WAITS
    print(f"{outcome.package} 已导入 opened；回执 receipt: {outcome.receipt}")
    return 0


def exchange_receipt(options: argparse.Namespace) -> int:
    """Take the return receipt of a package."""
    with _desk() as (_, database, gateway):
        taker = partial(take_sheets, gateway)
        row = outgoing.take_receipt(database, hands_of(gateway, at=now()), options.file, taker, actor=ACTOR, at=now())
    print(f"{row.id} {row.state} {row.error_code} {row.error}".rstrip())
    return 0 if row.state == outgoing.RECEIPTED else 1


def exchange_packages(options: argparse.Namespace) -> int:
    """List packages, newest first."""
    del options
    with opened() as database, database.read() as session:
        rows = session.execute(select(OfflinePackage).order_by(OfflinePackage.at.desc()).limit(100)).scalars()
        for row in rows:
            print(f"{row.id}  {row.direction}  {row.state}  {row.messages}  {row.size}  {row.error_code}".rstrip())
    return 0
