"""The sample market among the stand-ins of one process."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from urllib.parse import urlsplit

from simulators.market.addresses import LICENCE_HOST, origin
from simulators.market.labels import sample_shops, shop_list
from simulators.market.model import Ports
from simulators.market.server import RunningMarket, running_market
from simulators.market.world import DEFAULT_SEED
from simulators.standins.stand_in import StandIn


class _Market:
    def __init__(self, serving: AbstractContextManager[RunningMarket]) -> None:
        self._serving = serving

    def start(self) -> Mapping[str, object]:
        running = self._serving.__enter__()
        return {
            "http_port": running.ports.http,
            "tls_port": running.ports.tls,
            "ca_file": str(running.ca_file),
            "shops": shop_list(sample_shops(running.ports)),
            "licence_host": urlsplit(origin(LICENCE_HOST, running.ports)).netloc,
        }

    def close(self) -> None:
        self._serving.__exit__(None, None, None)


def stand_in(options: Mapping[str, str], at: datetime) -> StandIn:
    """The market on one of its days.

    Args:
        options: ``port``, ``tls-port``, ``day``, ``seed`` where wanted. at: not needed.

    Effects: certificates in a temporary folder. The ready file gets ``http_port``, ``tls_port``, ``ca_file``,
        ``shops`` (the list of shops as CSV) and ``licence_host`` (of its 亮照 system, with the port).
    """
    del at
    ports = Ports(int(options.get("port", "0")), int(options.get("tls-port", "0")))
    return _Market(running_market(int(options.get("day", "0")), int(options.get("seed", DEFAULT_SEED)), ports))
