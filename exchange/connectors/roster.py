"""Which linked systems there are: the one place in this room that names all of them."""

from collections.abc import Callable
from pathlib import Path

import httpx

from exchange.connectors.complaint12315 import client as complaint12315
from exchange.connectors.credit import client as credit
from exchange.connectors.linked import Connector
from exchange.connectors.penalty import client as penalty
from exchange.connectors.registration import client as registration
from exchange.connectors.source import Source
from kernel.config import Settings

MAKERS: dict[str, Callable[[Source | None], Connector]] = {
    "registration": registration.connector,
    "penalty": penalty.connector,
    "complaint12315": complaint12315.connector,
    "credit": credit.connector,
}
SYSTEMS = tuple(MAKERS)


def url_of(settings: Settings, system: str) -> str:
    """Address of a system, or empty."""
    return str(getattr(settings, f"linked_{system}_url"))


def secret_of(settings: Settings, system: str) -> str:
    """What a system signs its webhook calls with, or empty."""
    return str(getattr(settings, f"linked_{system}_secret").get_secret_value())


def folder_of(settings: Settings, system: str) -> Path | None:
    """Where a system drops files, or none."""
    name = str(getattr(settings, f"linked_{system}_folder"))
    return Path(name) if name else None


def connectors(settings: Settings, client: httpx.Client | None = None) -> dict[str, Connector]:
    """Every linked system by its name, with its HTTP side where the settings name one and a client is given."""
    return {system: make(_source(settings, system, client)) for system, make in MAKERS.items()}


def _source(settings: Settings, system: str, client: httpx.Client | None) -> Source | None:
    url = url_of(settings, system)
    if not url or client is None:
        return None
    return Source(system, url, getattr(settings, f"linked_{system}_token").get_secret_value(), client)
