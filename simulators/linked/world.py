"""All four stand-ins, filled so that they fit the merchants of the sample market."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from simulators.linked import registry
from simulators.linked.book import Book
from simulators.market.model import Ports

SYSTEMS = ("registration",)


def books(ports: Ports, *, at: datetime, extra: int = 0) -> Mapping[str, Book]:
    """The records of every system by its name, changed over the days before ``at``.

    Args:
        ports: of the sample market, for the addresses of its shops. extra: subjects that run no shop there.
    """
    found = {system: Book(system) for system in SYSTEMS}
    for number, (key, fields) in enumerate(registry.entries(ports, extra=extra)):
        found["registration"].put(key, fields, at - timedelta(days=30) + timedelta(seconds=number))
    return found
