"""Sightings: one row a place, counted; an officer's word stays."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from identity_verify.errors import BadgeStateError
from identity_verify.sightings import Seen, decide, record
from kernel.db import Database
from kernel.models import AuditEntry, BadgeSighting
from tests.data.badges.issuing import AT


def test_one_row_a_badge_kind_and_host(database: Database) -> None:
    """However often it is seen; the strongest reasons stay."""
    weak = Seen("B", "image", "evil.example.test", "https://evil.example.test/1", 60, [{"word": "weak", "what": ""}])
    strong = Seen(
        "B", "image", "evil.example.test", "https://evil.example.test/2", 90, [{"word": "strong", "what": ""}]
    )
    for number, seen in enumerate((weak, strong, weak)):
        with database.write() as session:
            assert record(session, seen, at=AT + timedelta(hours=number))[1] is (number == 0)
    with database.write() as session:
        record(session, Seen("B", "link", "evil.example.test"), at=AT)
    with database.read() as session:
        first, _ = session.execute(select(BadgeSighting).order_by(BadgeSighting.id)).scalars()
        assert (first.times, first.score, first.url, first.reasons) == (
            3,
            90,
            strong.url,
            [{"word": "strong", "what": ""}],
        )
        assert (first.first_seen_at, first.last_seen_at) == (AT, AT + timedelta(hours=2))


def test_what_was_dismissed_stays_dismissed(database: Database) -> None:
    """And is counted; every word is an audit line."""
    seen = Seen("B", "text", "twin.example.test", score=50)
    with database.write() as session:
        row, _ = record(session, seen, at=AT)
        decide(session, row, "dismissed", reason="同一公司", actor="officer", at=AT)
        with pytest.raises(BadgeStateError):
            decide(session, row, "gone", reason="", actor="officer", at=AT)
    with database.write() as session:
        row, new = record(session, seen, at=AT)
        assert (row.state, row.times, new) == ("dismissed", 2, False)
        actions = session.execute(select(AuditEntry.action)).scalars().all()
        assert actions == ["badge.sighted", "badge.sighting_dismissed"]
