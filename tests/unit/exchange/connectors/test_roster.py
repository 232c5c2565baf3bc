import httpx

from exchange.connectors.roster import SYSTEMS, connectors
from kernel.config import Settings


def test_systems_have_their_settings() -> None:
    """Each system has a connector, and an HTTP side where the settings say so and a client is there."""
    settings = Settings(linked_registration_url="http://127.0.0.1:1/r", linked_registration_token="t")
    with httpx.Client() as client:
        found = connectors(settings, client)
    assert tuple(found) == SYSTEMS
    assert [name for name, one in found.items() if one.source is not None] == ["registration"]
    assert all(one.system == name for name, one in found.items())
    assert all(one.source is None for one in connectors(settings).values())
