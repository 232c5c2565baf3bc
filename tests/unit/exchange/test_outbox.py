"""Posting: in the caller's transaction, checked at once, with an id that stays."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.errors import ClassificationError, EnvelopeError, RecipientError, SchemaError, SchemaUnknownError
from exchange.outbox import Draft, post
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.models import Message
from tests.servers.exchanging import AT, lead


def _post_and_fail(session: Session) -> None:
    post(session, lead(2), at=AT)
    post(session, lead(3, payload={"title": ""}), at=AT)


def test_a_message_lives_and_dies_with_the_caller(database: Database) -> None:
    """Committed with it, gone with it."""
    with database.write() as session:
        number = post(session, lead(1), at=AT)
    with pytest.raises(SchemaError), database.write() as session:
        _post_and_fail(session)
    with database.read() as session:
        rows = session.execute(select(Message)).scalars().all()
    assert [row.message_id for row in rows] == [number]
    assert (rows[0].state, rows[0].receiver, rows[0].draft["stream"]) == ("posted", "000000", "lead")
    assert number[14] == "7"


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (lead(1, payload={"title": ""}), SchemaError),
        (lead(1, payload={"nonsense": 1}), SchemaError),
        (Draft("LEAD", "9.0", "UPSERT", "k", 1, {}, receiver="000000"), SchemaUnknownError),
        (Draft("TRAIN", "1.0", "UPSERT", "k", 1, {}, receiver="000000"), SchemaUnknownError),
        (Draft("LEAD", "1.0", "DELETE", "k", 1, {}, receiver="000000"), EnvelopeError),
        (lead(1, classification="secret"), ClassificationError),
        (lead(1, version=0), EnvelopeError),
        (lead(1, receiver="", region=""), RecipientError),
        (lead(1, receiver="nowhere!"), RecipientError),
        (lead(1, classification="public"), ClassificationError),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(database: Database, draft: Draft, error: type[WangjianError]) -> None:
    """The caller hears it, not the relay's log."""
    with pytest.raises(error), database.write() as session:
        post(session, draft, at=AT)


def test_public_messages_carry_nothing_personal(database: Database) -> None:
    """A field that was named personal makes a message internal at least."""
    notice = Draft(
        "RECALL", "1.0", "UPSERT", "r", 1,
        {"notice_number": "N", "producer": "某厂", "product": "水壶", "published_on": "2026-11-25"},
        receiver="000000", classification="public",
    )  # fmt: skip
    with database.write() as session:
        post(session, notice, at=AT)
    personal = Draft(**{name: getattr(notice, name) for name in Draft.__slots__} | {"personal_fields": ("/producer",)})
    with pytest.raises(ClassificationError), database.write() as session:
        post(session, personal, at=AT)


def test_the_region_names_the_receiver(database: Database) -> None:
    """Where none is given."""
    with database.write() as session:
        post(session, lead(1, receiver="", region="310115"), at=AT)
    with database.read() as session:
        assert session.execute(select(Message.receiver)).scalar() == "310115"
