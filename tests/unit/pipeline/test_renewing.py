"""Renewals of what is in the store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import custody
from evidence.store_files import FileStore
from kernel.db import Database
from kernel.models import Evidence
from pipeline import renewing
from pipeline.errors import UsageError
from pipeline.exporting import Desk
from pipeline.wiring import open_database, open_evidence_store
from tests.data.evidence.workshop import AT, Workshop, open_workshop

DUE = AT + timedelta(days=700)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    """Services whose certificates live two years."""
    with open_workshop(tmp_path, days=730) as opened:
        yield opened


@pytest.fixture
def desk(shop: Workshop) -> Iterator[Desk]:
    """One sealed piece of evidence."""
    sealed = shop.seal("ev-a")
    database, store = open_database(shop.settings), open_evidence_store(shop.settings)
    with database.write() as session:
        session.add(
            Evidence(
                id="ev-a",
                key="k",
                url="http://a.example.test/1",
                reason="order",
                state="sealed",
                store_key=store.put(sealed.path, sha256=sealed.sha256),
                root_sha256=sealed.root_sha256,
                ordered_by="li",
                ordered_at=AT,
                sealed_at=AT,
            )
        )
    yield Desk(shop.settings, database, store)
    database.close()


def _row(database: Database) -> Evidence:
    with database.read() as session:
        row = session.get_one(Evidence, "ev-a")
        session.expunge(row)
        return row


def test_what_is_due_is_renewed_once(shop: Workshop, desk: Desk) -> None:
    """The old object stays, custody tells both keys; the next round has nothing to do until the notice."""
    assert list(renewing.renew_stored(desk, actor="system:keeper", at=AT)) == []
    assert renewing.near(desk, AT + timedelta(days=600)) == []
    for server in shop.servers.values():
        server.fixed_time = DUE
    old = _row(desk.database).store_key
    ((name, key),) = renewing.renew_stored(desk, actor="system:keeper", at=DUE)
    assert (name, _row(desk.database).store_key) == ("ev-a", key)
    assert isinstance(desk.store, FileStore)
    assert desk.store.exists(old)
    assert desk.store.exists(key)
    with desk.database.read() as session:
        (event,) = custody.events(session, "ev-a")
        assert (event.action, event.detail["old_store_key"], event.detail["store_key"]) == ("renewed", old, key)
    assert list(renewing.renew_stored(desk, actor="system:keeper", at=DUE + timedelta(seconds=60))) == []


def test_by_hand_and_failures(shop: Workshop, desk: Desk) -> None:
    """A named one is renewed at once; a round goes on over what fails, by hand it is told."""
    assert len(list(renewing.renew_stored(desk, actor="li", at=AT, only=["ev-a"]))) == 1
    with pytest.raises(UsageError):
        list(renewing.renew_stored(desk, actor="li", at=AT, only=["ev-none"]))
    with desk.database.write() as session:
        session.get_one(Evidence, "ev-a").store_key = "b" * 64
    assert list(renewing.renew_stored(desk, actor="li", at=AT)) == []
    assert shop.settings.renewal_days == 90
