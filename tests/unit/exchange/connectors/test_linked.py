import pytest

from exchange.connectors import state
from exchange.connectors.errors import SourceUnavailableError
from exchange.connectors.registration.client import connector
from tests.unit.exchange.connectors.conftest import Linked


def test_without_an_address_nothing_is_asked(linked: Linked) -> None:
    """The settings are named."""
    with linked.database.read() as session, pytest.raises(SourceUnavailableError) as caught:
        connector(None).pull(state.read(session, "registration"), at=linked.clock())
    assert caught.value.hint == "WANGJIAN_LINKED_REGISTRATION_URL"


def test_a_page_and_one_record(linked: Linked) -> None:
    """Both by way of the connector."""
    found = linked.connector()
    with linked.database.read() as session:
        page = found.pull(state.read(session, "registration"), at=linked.clock())
    assert page.rows
    assert found.one(page.rows[0].key) == page.rows[0]
