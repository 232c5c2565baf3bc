from sqlalchemy import select

from exchange.connectors import pulling
from identity_verify.subjects import find_by_code
from kernel.models import LinkedRecord
from tests.unit.exchange.connectors.conftest import Linked


def test_extracts_become_subjects_and_end(linked: Linked) -> None:
    """Every merchant of the sample market is a subject; what the registry took back no longer stands."""
    pulling.turn(linked.database, linked.connector(), clock=linked.clock)
    book = linked.server.books["registration"]
    entry = book.entries()[0]
    code = str(entry.fields["UniSCID"])
    with linked.database.read() as session:
        subject = find_by_code(session, code)
        assert subject is not None
        assert (subject.name, subject.status) == (entry.fields["EntName"], "active")
        kept = session.execute(select(LinkedRecord.data)).scalars().all()
        assert not any("persons" in data for data in kept), "persons are claims of a subject and lie nowhere else"
    linked.clock.pass_by(minutes=1)
    book.take_back(entry.key, linked.clock())
    pulling.turn(linked.database, linked.connector(), clock=linked.clock)
    with linked.database.read() as session:
        subject = find_by_code(session, code)
        assert subject is None or subject.status != "active"
