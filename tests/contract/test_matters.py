"""What is told of leads and cases, on SQLite and PostgreSQL: versions, what was sealed later, two at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, select

from exchange import telling
from exchange.matter_content import CASE, LEAD
from exchange.report_up import catch_up, is_behind
from exchange.telling import Address, tell
from kernel.db import Database
from kernel.models import Message, ToldMatter
from tests.e2e.seeded_market import AT, seed
from tests.servers.matters import confirm, open_case, seal

UP = Address("310000", telling.SUPERIOR, "上报上一级")


def test_evidence_sealed_later_follows_lead_and_case(any_database: Database) -> None:
    """Numbers of leads and ids of evidence share a column: neither database reads the one as the other."""
    with any_database.write() as session:
        seeded = seed(session, listings_a_shop=3)
        hit = confirm(session, seeded)
        case = open_case(session, hit, AT)
        seal(session, seeded.rule_evidence, AT)
        for kind, number in ((LEAD, hit.id), (CASE, case.id)):
            tell(session, kind, number, UP, reason="重大", actor="supervisor", at=AT + timedelta(seconds=1))
        assert not is_behind(session)
        seal(session, seeded.foreign_order, AT + timedelta(minutes=5), case.number)
    with any_database.write() as session:
        assert is_behind(session)
        assert catch_up(session, at=AT + timedelta(minutes=6)) == 2
        assert not is_behind(session)


def test_two_who_send_the_same_at_once_send_it_once(any_database: Database) -> None:
    """The second one waits, or is refused by the database; there is one version."""
    with any_database.write() as session:
        seeded = seed(session, listings_a_shop=3)
        number = confirm(session, seeded).id
        tell(session, LEAD, number, UP, reason="重大", actor="supervisor", at=AT)
        seal(session, seeded.rule_evidence, AT)

    def again(actor: str) -> int:
        with any_database.write() as session:
            return len(tell(session, LEAD, number, UP, reason="补充证据", actor=actor, at=AT).messages)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(again, ("one", "two"))) == [0, 2]
    with any_database.read() as session:
        versions = session.execute(select(ToldMatter.version).where(ToldMatter.kind == LEAD)).scalars().all()
        assert versions == [2]
        assert session.execute(select(func.count()).select_from(Message)).scalar_one() == 3
