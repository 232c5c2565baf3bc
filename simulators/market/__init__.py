"""The sample market: shops with known goods, known offences and known innocents, and hostile pages.

``World`` says what stands on every page of a day; ``labels`` says what is true of it, drawn from
the same model and never from the pages; ``running_market`` serves it on loopback.
"""

from simulators.market.labels import SampleShop, labels, sample_shops
from simulators.market.model import Ports
from simulators.market.server import RunningMarket, running_market
from simulators.market.world import World

__all__ = ["Ports", "RunningMarket", "SampleShop", "World", "labels", "running_market", "sample_shops"]
