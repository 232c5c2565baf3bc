"""An authority among the stand-ins of one process."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from simulators.standins.stand_in import StandIn, ThreadedServer
from simulators.tsa.authority import load_or_make
from simulators.tsa.server import TsaServer


def stand_in(options: Mapping[str, str], at: datetime) -> StandIn:
    """An authority with a key of its own.

    Args:
        options: ``name``, ``dir``; ``port`` and ``fault`` where wanted. at: for its certificates, aware UTC.

    Effects: keys, ``root.pem`` and ``root.crl`` in ``dir``. The ready file gets ``name``, ``url``, ``root``.
    """
    name, folder = options["name"], Path(options["dir"])
    server = TsaServer(load_or_make(name, folder, at), int(options.get("port", "0")), options.get("fault", ""))
    told = {"name": name, "url": server.url(), "root": str(folder / "root.pem")}
    return ThreadedServer(server.serve_forever, server.close, told)
