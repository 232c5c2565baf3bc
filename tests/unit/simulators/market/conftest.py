"""Worlds and a served market shared by the tests of the sample market."""

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import urlsplit

import pytest

from simulators.market import Ports, RunningMarket, World, running_market

PORTS = Ports(8801, 8802)


@pytest.fixture(scope="session")
def world() -> World:
    """The market on day 0."""
    return World(0, PORTS)


@pytest.fixture(scope="session")
def next_world() -> World:
    """The market on day 1."""
    return World(1, PORTS)


@pytest.fixture(scope="session")
def market() -> Iterator[RunningMarket]:
    """A served market; tests that move the day put it back."""
    with running_market() as running:
        yield running


def _values(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _values(one)
    elif isinstance(value, list):
        for one in value:
            yield from _values(one)
    elif value is not None:
        yield str(value)


@pytest.fixture(scope="session")
def text_of() -> Callable[[World, str], str]:
    """The words of a page as a reader sees them; of a scripted page, the words of its data."""

    def read(world: World, url: str) -> str:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        page = world.page(str(parts.hostname), path)
        if page.kind == "empty":
            home, rest = re.match(r"(/shop/[^/]+/)(.*)", path).groups()  # type: ignore[union-attr]
            name = rest.replace("?page=", "-").removesuffix(".html") or "home"
            return "\n".join(_values(json.loads(world.page(str(parts.hostname), f"{home}api/{name}").body)))
        charset = page.content_type.rpartition("charset=")[2]
        body = re.sub(r"<script\b.*?</script>", "", page.body.decode(charset), flags=re.DOTALL)
        return unescape(re.sub(r"<[^>]*>", "", body))

    return read
