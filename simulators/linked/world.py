"""All four stand-ins, filled so that they fit the merchants of the sample market."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from kernel.clock import CHINA
from simulators.linked import complaints, credit, penalties, registry
from simulators.linked.book import Book
from simulators.market.model import Ports

SYSTEMS = ("registration", "penalty", "complaint12315", "credit")


def books(ports: Ports, *, at: datetime, extra: int = 0) -> Mapping[str, Book]:
    """The records of every system by its name, changed over the days before ``at``.

    Args:
        ports: of the sample market, for the addresses of its shops.
        extra: so many records of each system that concern no shop there.
    """
    today = at.astimezone(CHINA).date()
    rows: dict[str, Iterable[tuple[str, dict[str, object]]]] = {
        "registration": registry.entries(ports, extra=extra, today=today),
        "penalty": penalties.entries(today, extra=extra),
        "complaint12315": complaints.entries(ports, today, extra=extra),
        "credit": credit.entries(today, extra=extra),
    }
    found = {system: Book(system) for system in SYSTEMS}
    for system, book in found.items():
        for number, (key, fields) in enumerate(rows[system]):
            book.put(key, fields, at - timedelta(days=30) + timedelta(seconds=number))
    return found
