"""The duty of what was told: evidence that was sealed later follows its lead, by itself."""

from datetime import timedelta
from pathlib import Path

from exchange import telling
from exchange.matter_content import LEAD
from exchange.telling import Address, tell
from kernel.config import Settings
from kernel.models import Message
from pipeline import matters_duty
from tests.e2e.seeded_market import AT, seed
from tests.servers.empty_records import open_records
from tests.servers.matters import confirm, seal


def test_what_was_sealed_later_is_told(tmp_path: Path) -> None:
    """Nothing while nothing is new; then the lead's next version and the metadata, once."""
    database = open_records(tmp_path / "duty.db")
    config = Settings(data_dir=tmp_path)
    with database.write() as session:
        seeded = seed(session, listings_a_shop=3)
        up = Address("000000", telling.SUPERIOR, "上报上一级")
        tell(session, LEAD, confirm(session, seeded).id, up, reason="重大", actor="supervisor", at=AT)
    for minutes, sealed, messages in ((1, False, 1), (2, True, 3), (3, False, 3)):
        at = AT + timedelta(minutes=minutes)
        if sealed:
            with database.write() as session:
                seal(session, seeded.rule_evidence, at - timedelta(seconds=5))
        matters_duty.turn(config, database, at)
        with database.read() as session:
            assert session.query(Message).count() == messages
    database.close()
