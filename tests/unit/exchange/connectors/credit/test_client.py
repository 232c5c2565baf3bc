from sqlalchemy import select

from exchange.connectors import pulling
from kernel.models import LinkedRecord
from tests.unit.exchange.connectors.conftest import Linked


def test_all_records_are_taken(linked: Linked) -> None:
    """Each of the stand-in's, once; none in quarantine."""
    tally = pulling.turn(linked.database, linked.connector("credit"), clock=linked.clock)
    entries = linked.server.books["credit"].entries()
    assert (tally["new"], tally["quarantined"]) == (len(entries), 0)
    with linked.database.read() as session:
        keys = session.execute(select(LinkedRecord.key).where(LinkedRecord.system == "credit")).scalars().all()
    assert sorted(keys) == sorted(entry.key for entry in entries)
