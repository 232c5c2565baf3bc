"""A witness among the stand-ins of one process."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from simulators.standins.stand_in import StandIn, ThreadedServer
from simulators.witness.notary import Notary
from simulators.witness.server import WitnessServer


def stand_in(options: Mapping[str, str], at: datetime) -> StandIn:
    """A witness that knows one log.

    Args:
        options: ``name``, ``dir``, ``log-key`` (a file); ``port`` and ``fault`` where wanted. at: not needed.

    Effects: key and memory in ``dir``. The ready file gets ``name``, ``url``, ``vkey``.
    """
    del at
    logs = [Path(options["log-key"]).read_text("utf-8")]
    notary = Notary(options["name"], Path(options["dir"]), logs, options.get("fault", ""))
    server = WitnessServer(notary, int(options.get("port", "0")))
    told = {"name": notary.name, "url": server.url(), "vkey": notary.vkey}
    return ThreadedServer(server.serve_forever, server.close, told)
