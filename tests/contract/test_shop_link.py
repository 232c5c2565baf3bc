"""Who runs a shop, over SQLite and PostgreSQL: linked beyond doubt, asked, decided, never undone by a machine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from identity_verify import review, subjects, tasks
from identity_verify.claims import Origin, claim, settle
from identity_verify.errors import SubjectUnknownError, TaskStateError
from identity_verify.registry_extract import RegistryExtract
from identity_verify.shown_identity import shown_by
from kernel.db import Database
from kernel.models import AuditEntry, FactVersion, Page, Shop, ShopIdentity, Subject, SubjectLink, SubjectTask, Visit

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST, SECOND = "91310115XX0000019T", "92310104XX0000027L"
BASE = RegistryExtract(
    code=FIRST,
    registration_number="",
    name="上海青禾(测试)商贸有限公司",
    former_names=("上海禾苗(测试)商贸有限公司",),
    kind="company",
    status="active",
    region="310115",
    address="上海市测试路1号",
    scope="",
    persons=(),
    established_on=None,
    approved_on=None,
    authority="",
    capital_fen=None,
    websites=(),
    source_ref="reg-1",
    source_at=AT - DAY,
)


class Street:
    """Shops and what they show."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.number = 0

    def shop(self, **facts: str | list[str]) -> int:
        """A shop that shows some facts."""
        self.number += 1
        with self.database.write() as session:
            host = f"s{self.number}.example.test"
            shop = Shop(url=f"https://{host}/", host=host, platform="pinjishi", region="310115", created_at=AT)
            session.add(shop)
            session.flush()
            number = shop.id
        self.show(number, **facts)
        return number

    def show(self, shop_id: int, **facts: str | list[str]) -> None:
        """What the shop shows from now on; other values of the same fields are gone."""
        with self.database.write() as session:
            visit = Visit(shop_id=shop_id, job_id=f"job-{shop_id}-{self.number}", state="done", started_at=AT)
            session.add(visit)
            session.flush()
            page = Page(
                visit_id=visit.id, shop_id=shop_id, url="https://x.example.test/", final_url="https://x.example.test/",
                url_key="k", status=200, fetched_at=AT, body_sha256="0" * 64,
            )  # fmt: skip
            session.add(page)
            session.flush()
            old = select(FactVersion).where(FactVersion.shop_id == shop_id, FactVersion.field.in_(facts))
            for row in session.execute(old).scalars():
                row.superseded_at = AT
            for field, values in facts.items():
                for slot, value in enumerate([values] if isinstance(values, str) else values):
                    session.add(
                        FactVersion(
                            shop_id=shop_id, field=field, slot=str(slot), value=value, digest="d", page_id=page.id,
                            seen_at=AT,
                        )
                    )  # fmt: skip

    def look(self, shop_id: int, at: datetime = AT) -> subjects.LinkResult:
        """Look who runs it."""
        with self.database.write() as session:
            return subjects.link_shop(session, shop_id, at=at)

    def runs(self, shop_id: int) -> tuple[int, str] | None:
        """Who runs it now, and in what state the link is."""
        with self.database.read() as session:
            found = subjects.subject_of_shop(session, shop_id)
            return (found[0].id, found[1].state) if found else None

    def open_tasks(self) -> list[SubjectTask]:
        """What waits for a person."""
        with self.database.read() as session:
            return list(session.execute(select(SubjectTask).where(SubjectTask.state == "open")).scalars())


@pytest.fixture
def street(any_database: Database) -> Street:
    """Two registered firms and their twins; no shop yet."""
    with any_database.write() as session:
        subjects.take_extract(session, BASE, at=AT)
        subjects.take_extract(
            session,
            replace(BASE, code=SECOND, name="上海辰光(测试)食品有限公司", former_names=(), source_ref="reg-2"),
            at=AT,
        )
        for number, city in (("93310120XX0000035H", "杭州"), ("91310115XX00002460", "宁波")):
            name = f"{city}云栖(测试)网络科技有限公司"
            extract = replace(BASE, code=number, name=name, former_names=(), source_ref=number)
            subjects.take_extract(session, extract, at=AT)
    return Street(any_database)


def _subject(street: Street, code: str) -> int:
    with street.database.read() as session:
        return subjects.require_by_code(session, code).id


def test_name_and_code_make_a_link_with_reasons_and_edges(street: Street) -> None:
    """Twice the same: nothing more is written, one audit line; what the shop shows becomes edges."""
    shop = street.shop(
        licence_name="上海青禾（测试）商贸有限公司", licence_code="91310115ＸＸ0000019T", contact="XX-0000-0001",
        icp="沪ICP备15025210号-1", permit="SC11331011500001",
    )  # fmt: skip
    first = street.look(shop)
    assert (first.outcome, first.subject_id) == ("linked", _subject(street, FIRST))
    assert street.look(shop, AT + DAY) == first
    with street.database.read() as session:
        row = session.execute(select(SubjectLink).where(SubjectLink.kind == "shop")).scalar_one()
        assert {reason["word"] for reason in row.reasons} >= {"core", "code"}
        edges = {(edge.kind, edge.relation) for edge in session.execute(select(SubjectLink)).scalars()}
        assert edges >= {("site", "runs"), ("platform", "sells-on"), ("phone", "shown-on"), ("licence", "shown-on")}
        audited = select(AuditEntry).where(AuditEntry.action == "subject.link")
        assert len(session.execute(audited).scalars().all()) == 1
        identity = session.get_one(ShopIdentity, shop)
        assert (identity.outcome, identity.checked_at) == ("linked", AT + DAY)
        assert identity.last_fact_id == shown_by(session, shop).last_fact_id > 0


def test_a_former_name_and_a_name_alone_are_enough(street: Street) -> None:
    """Shops show old names for years."""
    assert street.look(street.shop(seller_name="上海禾苗测试商贸有限公司")).subject_id == _subject(street, FIRST)
    assert street.look(street.shop(licence_code=SECOND)).subject_id == _subject(street, SECOND)


def test_doubt_is_a_task_with_candidates_side_by_side(street: Street) -> None:
    """Nothing is linked; the same question is one task, however often it is asked."""
    shop = street.shop(licence_name="云栖测试网络科技有限公司")
    result = street.look(shop)
    assert (result.outcome, result.because) == ("review", "close")
    assert street.look(shop, AT + DAY).task_id == result.task_id
    (task,) = street.open_tasks()
    assert (task.kind, task.shop_id, task.owner_unit) == ("match", shop, "310115")
    assert len(task.detail["candidates"]) == 2  # type: ignore[arg-type]
    assert street.runs(shop) is None


@pytest.mark.parametrize(
    ("facts", "because"),
    [
        ({"licence_name": "上海辰光(测试)食品有限公司", "licence_code": FIRST}, "code-of-another"),
        ({"licence_name": "上海青禾(测试)商贸有限公司", "licence_code": "91310115XX0000318Q"}, "code-unknown"),
        ({"licence_name": "上海青禾(测试)商贸有限公司", "licence_code": [FIRST, SECOND]}, "several-codes"),
    ],
)
def test_codes_that_speak_against_the_name(street: Street, facts: dict[str, str | list[str]], because: str) -> None:
    """Another firm's code, one nobody has, two different ones."""
    result = street.look(street.shop(**facts))
    assert (result.outcome, result.because) == ("review", because)
    if because == "several-codes":
        offered = {one.subject_id for one in result.candidates}
        assert {_subject(street, FIRST), _subject(street, SECOND)} <= offered


def test_facts_that_change_end_a_machine_link(street: Street) -> None:
    """And the link to whom they name now begins; the old one stays as history."""
    shop = street.shop(licence_name="上海青禾(测试)商贸有限公司")
    street.look(shop)
    street.show(shop, licence_name="上海辰光(测试)食品有限公司")
    assert street.look(shop, AT + DAY).subject_id == _subject(street, SECOND)
    street.show(shop, licence_name="成都玄武玩具有限公司")
    assert street.look(shop, AT + 2 * DAY).outcome == "unmatched"
    assert street.runs(shop) is None
    with street.database.read() as session:
        states = select(SubjectLink.state).where(SubjectLink.kind == "shop", SubjectLink.key == str(shop))
        assert sorted(session.execute(states).scalars()) == ["ended", "ended"]


def test_an_officer_decides_and_no_machine_undoes_it(street: Street) -> None:
    """Confirmed stays, also when the page names another later: then a person is asked."""
    shop = street.shop(licence_name="云栖测试网络科技有限公司")
    task = street.look(shop).task_id
    chosen = _subject(street, "93310120XX0000035H")
    assert task is not None
    with street.database.write() as session:
        review.decide_match(session, task, chosen, actor="wang", reason="看过登记档案", at=AT)
    assert street.runs(shop) == (chosen, "confirmed")
    assert street.look(shop, AT + DAY).subject_id == chosen
    assert street.open_tasks() == []
    with street.database.write() as session, pytest.raises(TaskStateError):
        review.decide_match(session, task, None, actor="li", reason="晚了", at=AT)
    street.show(shop, licence_name="上海青禾(测试)商贸有限公司")
    assert street.look(shop, AT + DAY).because == "confirmed-other"
    assert street.runs(shop) == (chosen, "confirmed")


def test_none_of_them_is_an_answer(street: Street) -> None:
    """The same question is not asked again, and none of those is linked by a machine."""
    shop = street.shop(licence_name="云栖测试网络科技有限公司")
    task = street.look(shop).task_id
    assert task is not None
    with street.database.write() as session:
        review.decide_match(session, task, None, actor="wang", reason="都不是", at=AT)
    assert street.look(shop, AT + DAY).because == "answered"
    assert street.open_tasks() == []
    street.show(shop, licence_name="杭州云栖(测试)网络科技有限公司")
    assert street.look(shop, AT + 2 * DAY).because == "rejected"


def test_a_wrong_machine_link_is_taken_away_for_good(street: Street) -> None:
    """The officer's word stays against the same match."""
    shop = street.shop(licence_name="上海青禾(测试)商贸有限公司")
    subject = street.look(shop).subject_id
    assert subject is not None
    with street.database.write() as session:
        review.unlink(session, shop, subject, actor="wang", reason="冒用名称", at=AT)
    assert street.runs(shop) is None
    assert street.look(shop, AT + DAY).outcome == "review"
    with street.database.write() as session, pytest.raises(TaskStateError):
        review.unlink(session, shop, subject, actor="wang", reason="再来", at=AT)
    with street.database.write() as session, pytest.raises(SubjectUnknownError):
        review.confirm(session, shop, 999_999, actor="wang", reason="没有", at=AT)


def test_a_question_that_settles_itself_is_closed(street: Street) -> None:
    """The shop names its city: nobody needs to look."""
    shop = street.shop(licence_name="云栖测试网络科技有限公司")
    street.look(shop)
    street.show(shop, licence_name="宁波云栖(测试)网络科技有限公司")
    assert street.look(shop).outcome == "linked"
    assert street.open_tasks() == []


def test_a_silent_shop_and_no_shop(street: Street) -> None:
    """Nothing shown is said to be nothing shown."""
    assert street.look(street.shop(contact="XX-0000-0001")).outcome == "no-facts"
    with street.database.write() as session, pytest.raises(SubjectUnknownError):
        subjects.link_shop(session, 999_999, at=AT)


def test_contradictions_are_settled_by_people(street: Street) -> None:
    """Keeping is remembered; taking a value is the officer's word, where officers have one."""
    number = _subject(street, FIRST)
    with street.database.write() as session:
        subject = session.get_one(Subject, number)
        claim(session, subject, {"address": "上海市他处路2号"}, Origin("merchant", "m", AT), at=AT)
        claim(session, subject, {"phone": "XX-1"}, Origin("shop-page", "p", AT), at=AT)
        claim(session, subject, {"phone": "XX-2"}, Origin("merchant", "m", AT), at=AT)
        settle(session, subject, at=AT)
    by_field = {task.topic: task.id for task in street.open_tasks()}
    assert set(by_field) == {"address", "phone"}
    with street.database.write() as session, pytest.raises(TaskStateError):
        review.decide_conflict(session, by_field["address"], "merchant", actor="wang", reason="x", at=AT)
    with street.database.write() as session:
        review.decide_conflict(session, by_field["address"], "keep", actor="wang", reason="以登记为准", at=AT)
    with street.database.write() as session, pytest.raises(TaskStateError):
        review.decide_conflict(session, by_field["phone"], "credit", actor="wang", reason="x", at=AT)
    with street.database.write() as session:
        review.decide_conflict(session, by_field["phone"], "shop-page", actor="wang", reason="打过电话", at=AT)
    with street.database.write() as session:
        settle(session, session.get_one(Subject, number), at=AT + DAY)
    assert {task.topic for task in street.open_tasks()} <= {"phone"}
    with street.database.write() as session, pytest.raises(TaskStateError):
        tasks.close(session, 999_999, state="done", actor="wang", decision="x", reason="x", at=AT)
