"""The linked systems among the stand-ins of one process."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from simulators.linked.faults import Faults
from simulators.linked.reactions import Memory
from simulators.linked.server import TOKEN, LinkedServer
from simulators.linked.world import books
from simulators.market.model import Ports
from simulators.standins.stand_in import StandIn, ThreadedServer


def stand_in(options: Mapping[str, str], at: datetime) -> StandIn:
    """All four systems on one port.

    Args:
        options: ``dir``; ``port``, ``market-port`` and ``market-tls-port`` (of the sample market, for the addresses of
            its shops), ``extra`` (records that concern no shop of it), ``fault-rate`` (all faults at once, 0 to 1)
            where wanted. at: aware UTC.

    Effects: when it began, and what was handed over, in ``dir``. The ready file gets ``urls`` and ``token``.
    """
    memory = Memory(Path(options["dir"]) / "posts.jsonl")
    ports = Ports(int(options.get("market-port", "80")), int(options.get("market-tls-port", "443")))
    found = books(ports, at=memory.began(at), extra=int(options.get("extra", "0")))
    memory.replay(found)
    rate = float(options.get("fault-rate", "0"))
    faults = Faults.all_on(rate) if rate else Faults()
    server = LinkedServer(found, int(options.get("port", "0")), faults=faults, memory=memory)
    told = {"urls": {system: server.url(system) for system in found}, "token": TOKEN}
    return ThreadedServer(server.serve_forever, server.close, told)
