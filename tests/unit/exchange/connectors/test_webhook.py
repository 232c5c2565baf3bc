import json
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from exchange.connectors import webhook
from exchange.connectors.errors import SourceFormError, WebhookError
from exchange.connectors.roster import MAKERS
from kernel.clock import iso
from kernel.db import Database
from kernel.models import LinkedEvent, LinkedRecord
from simulators.linked import credit
from tests.unit.exchange.connectors.conftest import AT

SECRET = "shared-with-the-system"


def body(event: object = "event-0001", *, version: int = 1, count: int = 1) -> bytes:
    """A call that tells of one mark."""
    key, fields = next(credit.entries(AT.date()))
    row = {"key": key, "version": version, "updated_at": iso(AT), "deleted": False, "fields": fields}
    return json.dumps({"id": event, "server_time": iso(AT), "count": count, "rows": [row], "next": None}).encode()


def take(database: Database, data: bytes, *, minutes: int = 0) -> Counter[str]:
    """Take a believed call."""
    with database.write() as session:
        return webhook.take(session, MAKERS["credit"](None), data, at=AT + timedelta(minutes=minutes))


def test_a_signed_call_is_believed() -> None:
    """Within five minutes either way."""
    for minutes in (-5, 0, 5):
        webhook.verify(SECRET, b"x", webhook.sign(SECRET, b"x", AT + timedelta(minutes=minutes)), at=AT)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_old_and_early_calls_are_not(minutes: int) -> None:
    """However well they are signed."""
    with pytest.raises(WebhookError, match="five minutes"):
        webhook.verify(SECRET, b"x", webhook.sign(SECRET, b"x", AT + timedelta(minutes=minutes)), at=AT)


@pytest.mark.parametrize("header", ["", "t=1,v1=2", webhook.sign("another", b"x", AT), webhook.sign(SECRET, b"y", AT)])
def test_other_signatures_are_not(header: str) -> None:
    """Another secret, another body, none."""
    with pytest.raises(WebhookError):
        webhook.verify(SECRET, b"x", header, at=AT)


def test_without_a_secret_nobody_may_call() -> None:
    """An empty secret is none."""
    with pytest.raises(WebhookError):
        webhook.verify("", b"x", webhook.sign("", b"x", AT), at=AT)


@given(st.text(max_size=100))
def test_no_header_breaks_it(header: str) -> None:
    """Nothing but our error comes out."""
    with pytest.raises(WebhookError):
        webhook.verify(SECRET, b"x", header, at=AT)


def test_each_call_is_taken_once(database: Database) -> None:
    """The same number again is nothing, while its signature is believed; later it is forgotten."""
    assert take(database, body()) == Counter(new=1)
    assert take(database, body(version=2)) == Counter(repeated=1)
    assert take(database, body("event-0002", version=2)) == Counter(changed=1)
    assert take(database, body("event-0003", version=1), minutes=30) == Counter(stale=1)
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(LinkedEvent)).scalar_one() == 1
        assert session.execute(select(LinkedRecord.version)).scalar_one() == 2


@pytest.mark.parametrize("event", ["", "short", "with space", 7, None])
def test_calls_without_a_number(database: Database, event: object) -> None:
    """Are refused."""
    with pytest.raises(WebhookError, match="number"):
        take(database, body(event))


def test_calls_of_another_form(database: Database) -> None:
    """Nothing of them is taken, and they may come again whole."""
    with pytest.raises(SourceFormError):
        take(database, body(count=2))
    assert take(database, body()) == Counter(new=1)
