"""The national peer among the stand-ins of one process.

It is the product's own gateway over records of its own: what one side of an exchange does is worth nothing
before another side has taken it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange import peers
from exchange.gateway import Gateway
from exchange.keys import ensure_exchange_keys
from exchange.suite import available_suites
from exchange.transport import PATH
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.revision import newest_revision, revision_of
from simulators.national.faults import FaultyLine
from simulators.standins.app_server import AppServer
from simulators.standins.stand_in import StandIn

ORG = "000000"


def open_national(folder: Path, card_file: Path, at: datetime) -> Gateway:
    """Its gateway, with the card of the installation it serves entered. Effects: ``folder``."""
    config = Settings(data_dir=folder, exchange_org=ORG, database_url="", keys_dir="")
    database = Database(config.sqlalchemy_url())
    with database.engine.connect() as connection:
        known = revision_of(connection)
    if known != newest_revision():  # what makes tables is 12 MB: not loaded where they are made
        import_module("kernel.schema").upgrade(database)
    keys = ensure_exchange_keys(config)
    ours = tuple(name for name in config.exchange_suites if name in available_suites())
    with database.write() as session:
        card = peers.read_card(json.loads(card_file.read_text("utf-8")))
        peers.enter(session, card, ours, actor="system:stand-in", at=at)
    return Gateway(database, keys, ours)


def application(gateway: Gateway, line: FaultyLine) -> Starlette:
    """Its door over HTTP."""

    async def call(request: Request) -> Response:
        body = await request.body()
        try:
            status, answer = await run_in_threadpool(line.call, body)
        except WangjianError as error:
            return Response(json.dumps(error.as_dict(), default=str), 403, media_type="application/json")
        if not status:
            # Cut in the middle: fewer bytes than announced.
            return Response(b"", 200, headers={"content-length": "10"})
        return Response(answer, status, media_type="application/json")

    del gateway
    return Starlette(routes=[Route(PATH, call, methods=["POST"])])


def stand_in(options: Mapping[str, str], at: datetime) -> StandIn:
    """The national peer of a sample.

    Args:
        options: ``dir``; ``card``: file with the card of the installation; ``faults``: share of spoiled calls.

    Effects: records and keys in ``dir``. The ready file gets ``url`` and ``card``.
    """
    gateway = open_national(Path(options["dir"]), Path(options["card"]), at)
    line = FaultyLine(lambda body: gateway.answer(body, at=now()), float(options.get("faults", "0")))
    card = {
        "code": ORG,
        "name": "总局（样本） national authority (sample)",
        "kind": "authority",
        "suites": list(gateway.ours),
        "keys": [one for one in gateway.keys.cards(at) if one["suite"] in gateway.ours],
    }
    told = lambda url: {"url": url, "card": {**card, "url": url}}  # noqa: E731 - one line
    return AppServer(application(gateway, line), told, int(options.get("port", "0")))
