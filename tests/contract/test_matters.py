"""What is told of leads and cases, on SQLite and PostgreSQL: versions, what was sealed later, two at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange import notice, telling, transfer
from exchange.errors import TransferError
from exchange.matter_content import CASE, LEAD
from exchange.report_up import catch_up, is_behind
from exchange.telling import Address, tell
from kernel.db import Database
from kernel.models import CaseFile, Message, Notice, ToldMatter
from supervision import case_file
from supervision.case_file import Filing
from supervision.errors import CaseError
from tests.e2e.seeded_market import AT, seed
from tests.servers.matters import confirm, open_case, seal

OVERLAP_S = 0.3
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


def _behind(database: Database, first: Callable[[Session], object], second: Callable[[Session], object]) -> object:
    """What the second one gets who begins before the first one's transaction has ended."""

    def late() -> object:
        with database.write() as session:
            return second(session)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            first(session)
            begun = pool.submit(late)
            wait([begun], timeout=OVERLAP_S)  # It stands before the lock by then; where it does not, nothing is shown.
        return begun.result()


def _tell(session: Session, number: int, actor: str) -> int:
    return len(tell(session, LEAD, number, UP, reason="重大", actor=actor, at=AT).messages)


def test_two_who_tell_a_lead_for_the_first_time_at_once_tell_it_once(any_database: Database) -> None:
    """Nothing of it is there for either: the second one finds it told, and no error of the database.

    What was read of a row before the wait for the other one is not believed: no second version with the same words.
    """
    with any_database.write() as session:
        seeded = seed(session, listings_a_shop=3)
        number = confirm(session, seeded).id
    assert _behind(any_database, lambda one: _tell(one, number, "one"), lambda one: _tell(one, number, "two")) == 0
    with any_database.write() as session:
        row = session.execute(select(ToldMatter)).scalar_one()
        assert (row.version, row.actor) == (1, "one")
        seal(session, seeded.rule_evidence, AT)

    def read_and_tell(session: Session) -> int:
        assert len(telling.told_to(session, LEAD, str(number))) == 1
        return _tell(session, number, "two")

    assert _behind(any_database, lambda one: _tell(one, number, "one"), read_and_tell) == 0
    with any_database.read() as session:
        sent = session.execute(select(Message.type, Message.biz_version).order_by(Message.id)).all()
        assert [tuple(row) for row in sent] == [(LEAD, 1), (LEAD, 2), ("EVIDENCE_META", 1)]


def test_two_who_tell_the_same_notice_at_once_write_one(any_database: Database) -> None:
    """Neither of them fails for it: what they were about goes on."""

    def told(session: Session) -> object:
        return notice.tell(session, key="k", owner="exchange", kind="exchange", title="t", at=AT, detail={"n": 1}).id

    first: list[object] = []
    second = _behind(any_database, lambda one: first.append(told(one)), told)
    assert first == [second]
    with any_database.read() as session:
        row = session.execute(select(Notice)).scalar_one()
        assert (row.detail, row.read_by, row.done_at) == ({"n": 1}, "", None)


def test_two_who_take_the_same_step_of_a_case_at_once_take_it_once(any_database: Database) -> None:
    """It is filed, moved and handed over once; the second one reads what the case is by now."""
    with any_database.write() as session:
        confirm(session, seed(session, listings_a_shop=3))
        first = open_case(session, None, AT, "沪市监浦案〔2026〕1号")
        number, officers = first.id, tuple(first.officers)
    filing = Filing("沪市监浦案〔2026〕2号", "虚假宣传案", officers=officers)
    request = transfer.Request("TRANSFER", "case:1", "330106", "实际经营地", {})

    def file(session: Session) -> object:
        return case_file.file(session, filing, actor="one", at=AT)

    def move(session: Session) -> object:
        assert session.get_one(CaseFile, number).id == number, "it was on the screen"
        return case_file.move(session, number, "investigating", reason="开始调查", actor="one", at=AT)

    def hand_over(session: Session) -> object:
        return transfer.ask(session, request, actor="one", at=AT)

    for step, error, words in (
        (file, CaseError, "打开该案件"),
        (move, CaseError, "刷新"),
        (hand_over, TransferError, "330106"),
    ):
        with pytest.raises(error) as caught:
            _behind(any_database, step, step)
        assert words in caught.value.message + caught.value.hint
