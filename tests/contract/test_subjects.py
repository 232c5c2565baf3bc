"""Subjects over SQLite and PostgreSQL: extracts in any order, claims by precedence, conflicts, one live edge."""

import random
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from identity_verify import claims, links, name_form, subjects
from identity_verify.claims import Origin
from identity_verify.errors import ClaimRefusedError, ExtractRefusedError, SubjectUnknownError
from identity_verify.registry_extract import RegistryExtract
from kernel.db import Database
from kernel.models import AuditEntry, Subject, SubjectClaim, SubjectLink, SubjectName, SubjectNameKey, SubjectTask

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
DAY = timedelta(days=1)
CODE = "91310115XX0000019T"


def make(**more: object) -> RegistryExtract:
    """An extract of one synthetic company."""
    first = RegistryExtract(
        code=CODE,
        registration_number="310115000123456",
        name="上海青禾(测试)商贸有限公司",
        former_names=(),
        kind="company",
        status="active",
        region="310115",
        address="上海市浦东新区测试路1号",
        scope="日用百货销售",
        persons=(("legal-representative", "测试甲"),),
        established_on=date(2020, 1, 6),
        approved_on=date(2025, 3, 1),
        authority="浦东新区市场监督管理局",
        capital_fen=100_000_000,
        websites=("https://qinghe.example.test/",),
        source_ref="reg-1",
        source_at=AT - 9 * DAY,
    )
    return replace(first, **more)  # type: ignore[arg-type]


def _counts(database: Database) -> tuple[int, ...]:
    with database.read() as session:
        return tuple(
            session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Subject, SubjectClaim, SubjectName, SubjectLink, SubjectTask, AuditEntry)
        )


def _renewed(database: Database) -> None:
    """Names of an older form are written anew, once, with the keys they had."""
    keys = select(SubjectNameKey.name_id, SubjectNameKey.key).order_by(SubjectNameKey.name_id, SubjectNameKey.key)
    with database.write() as session:
        before = session.execute(keys).all()
        session.execute(update(SubjectName).values(form="0"))
        session.execute(delete(SubjectNameKey))
    assert [name_form.renew(database, at=AT) for _ in range(2)] == [2, 0]
    with database.read() as session:
        assert session.execute(keys).all() == before


def _take(database: Database, extract: RegistryExtract, at: datetime = AT) -> int:
    with database.write() as session:
        return subjects.take_extract(session, extract, at=at)


def test_the_same_extract_twice_changes_nothing(any_database: Database) -> None:
    """Same subject, no new row of any kind."""
    first = _take(any_database, make())
    before = _counts(any_database)
    assert _take(any_database, make(), AT + DAY) == first
    assert _counts(any_database) == before


def test_a_rename_keeps_the_history(any_database: Database) -> None:
    """The old name becomes a former one, its claim is superseded, nothing asks a person."""
    number = _take(any_database, make())
    _take(any_database, make(name="上海新禾(测试)商贸有限公司", source_at=AT - DAY, source_ref="reg-2"))
    with any_database.read() as session:
        subject = session.get_one(Subject, number)
        names = {row.name: row.kind for row in session.execute(select(SubjectName)).scalars()}
        old = select(SubjectClaim).where(SubjectClaim.field == "name", SubjectClaim.superseded_at.is_not(None))
        assert subject.name == "上海新禾(测试)商贸有限公司"
        assert names == {"上海青禾(测试)商贸有限公司": "former", "上海新禾(测试)商贸有限公司": "current"}
        assert [row.value for row in session.execute(old).scalars()] == ["上海青禾(测试)商贸有限公司"]
        assert session.execute(select(func.count()).select_from(SubjectTask)).scalar_one() == 0
    _renewed(any_database)


@pytest.mark.parametrize("seed", range(4))
def test_extracts_in_any_order_end_the_same(any_database: Database, seed: int) -> None:
    """Late and doubled deliveries do not bring an old state back."""
    history = [
        make(
            status=status, address=f"上海市测试路{number}号", source_at=AT - (9 - number) * DAY, source_ref=f"r{number}"
        )
        for number, status in enumerate(["active", "abnormal", "active", "revoked"])
    ]
    told = history * 2
    random.Random(seed).shuffle(told)  # noqa: S311 - an order, not a secret
    for extract in told:
        number = _take(any_database, extract)
    with any_database.read() as session:
        subject = session.get_one(Subject, number)
        assert (subject.status, subject.address) == ("revoked", "上海市测试路3号")
        live = select(func.count()).select_from(SubjectClaim).where(SubjectClaim.superseded_at.is_(None))
        assert session.execute(live.where(SubjectClaim.field == "status")).scalar_one() == 1


def test_a_contradiction_is_a_task_and_overwrites_nothing(any_database: Database) -> None:
    """The registry's word stands, the other one is kept beside it; when they agree again the task goes."""
    number = _take(any_database, make())
    with any_database.write() as session:
        subject = session.get_one(Subject, number)
        claims.claim(session, subject, {"address": "上海市别处路9号"}, Origin("merchant", "form-1", AT), at=AT)
        claims.settle(session, subject, at=AT)
    with any_database.read() as session:
        task = session.execute(select(SubjectTask)).scalar_one()
        assert (task.kind, task.topic, task.state) == ("conflict", "address", "open")
        assert [side["source"] for side in task.detail["sides"]] == ["registry", "merchant"]  # type: ignore[attr-defined]
        assert session.get_one(Subject, number).address == "上海市浦东新区测试路1号"
    _take(any_database, make(address="上海市别处路 9 号", source_at=AT, source_ref="reg-3"))
    with any_database.read() as session:
        task = session.execute(select(SubjectTask)).scalar_one()
        assert task.state == "dismissed"


def test_the_same_moment_with_two_values_is_asked(any_database: Database) -> None:
    """Two extracts of one moment that differ: the first stands, a person is asked, once."""
    number = _take(any_database, make())
    for _ in range(2):
        _take(any_database, make(status="revoked", source_ref="reg-1b"))
    with any_database.read() as session:
        assert session.get_one(Subject, number).status == "active"
        (task,) = session.execute(select(SubjectTask)).scalars().all()
        assert (task.topic, task.state) == ("status@registry", "open")
    _take(any_database, make(status="revoked", source_ref="reg-2", source_at=AT - DAY))
    with any_database.read() as session:
        assert session.get_one(Subject, number).status == "revoked"
        assert session.execute(select(SubjectTask.state)).scalar_one() == "dismissed"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "长" * 201), ("name", ""), ("code", 7), ("established_on", "2020年"), ("region", "3101150")],
)
def test_a_value_without_the_form_of_its_field_is_refused(any_database: Database, field: str, value: object) -> None:
    """Before anything is written; the database would break over it later."""
    number = _take(any_database, make())
    before = _counts(any_database)
    with pytest.raises(ClaimRefusedError), any_database.write() as session:
        claims.claim(session, session.get_one(Subject, number), {field: value}, Origin("officer", "x", AT), at=AT)
    assert _counts(any_database) == before


def test_a_name_that_grows_when_folded_is_kept(any_database: Database) -> None:
    """One sign that stands for four: the key is cut, the name is not."""
    name = "㍿" * 190 + "有限公司"
    number = _take(any_database, make(name=name))
    with any_database.read() as session:
        assert session.get_one(Subject, number).name == name


def test_an_extract_taken_back_leaves_history(any_database: Database) -> None:
    """No value stands, the code still leads to the subject, the next extract fills it again."""
    number = _take(any_database, make())
    with any_database.write() as session:
        subjects.end_extract(session, CODE, source_ref="reg-void", at=AT)
    with any_database.read() as session:
        subject = subjects.require_by_code(session, CODE)
        assert (subject.id, subject.status, subject.name, subject.persons) == (number, "unknown", "", [])
        assert not session.execute(select(SubjectLink).where(SubjectLink.state == "auto")).scalars().all()
    assert _take(any_database, make(), AT + DAY) == number  # a replay of what was taken back
    with any_database.read() as session:
        assert session.get_one(Subject, number).status == "unknown"
    assert _take(any_database, make(source_at=AT + DAY, source_ref="reg-9"), AT + DAY) == number
    with any_database.read() as session:
        assert session.get_one(Subject, number).status == "active"
    with any_database.write() as session, pytest.raises(SubjectUnknownError):
        subjects.end_extract(session, "92310104XX0000027L", source_ref="x", at=AT)


def test_an_old_number_leads_to_the_new_code(any_database: Database) -> None:
    """A subject known by its 15 digits gets its code, and stays one subject."""
    number = _take(any_database, make(code="", source_at=AT - 20 * DAY))
    assert _take(any_database, make()) == number
    with any_database.read() as session:
        found = subjects.find_by_code(session, CODE)
        old = subjects.find_by_code(session, "310115000123456")
        assert found is not None
        assert old is not None
        assert found.id == old.id == number
        assert subjects.find_by_code(session, "") is None


def test_what_contradicts_its_standard_is_refused(any_database: Database) -> None:
    """Nothing is written, every fault is named."""
    wrong: list[tuple[dict[str, object], str]] = [
        ({"code": "91310115XX0000019A"}, "code:check-digit"),
        ({"registration_number": "310115000123457"}, "registration-number:check-digit"),
        ({"code": "", "registration_number": ""}, "no-identifier"),
        ({"name": " "}, "name"),
        ({"former_names": ("长" * 201,)}, "former-names"),
        ({"source_ref": "r" * 301}, "source-ref"),
        ({"kind": "firm"}, "kind"),
        ({"status": "存续"}, "status"),
        ({"region": "31011"}, "region"),
        ({"approved_on": date(2019, 1, 1)}, "dates"),
        ({"capital_fen": -1}, "capital"),
        ({"source_at": datetime(2026, 1, 1)}, "source-time"),  # noqa: DTZ001 - the fault under test
    ]
    for values, fault in wrong:
        with pytest.raises(ExtractRefusedError) as refused:
            _take(any_database, make(**values))
        assert refused.value.context["faults"] == [fault]
    assert _counts(any_database)[0] == 0


def test_an_abolished_region_is_no_fault(any_database: Database) -> None:
    """南汇 is gone since 2009; who registered there keeps the code."""
    assert _take(any_database, make(region="310119"))


def test_one_live_edge_and_no_second(any_database: Database) -> None:
    """The database itself refuses a second live edge; ended ones may be many."""
    number = _take(any_database, make())
    with any_database.write() as session:
        for _ in range(3):
            row = links.draw(session, number, links.Edge("shop", "7", links.RUNS, "officer"), at=AT)
            links.end(row, at=AT)
            session.flush()
        links.draw(session, number, links.Edge("shop", "7", links.RUNS, "officer"), at=AT)
    with any_database.read() as session:
        assert subjects.shops_of(session, number) == [7]
        found = subjects.subject_of_shop(session, 7)
        assert found is not None
        assert found[0].id == number
    values = {"kind": "shop", "key": "7", "relation": "runs", "state": "confirmed", "at": AT}
    with pytest.raises(IntegrityError), any_database.write() as session:
        session.add(SubjectLink(subject_id=number, **values))


def test_two_processes_make_one_subject(any_database: Database) -> None:
    """Both take the same new extract at the same time; both get the same subject."""
    start, found = threading.Barrier(2), []

    def take() -> None:
        start.wait()
        found.append(_take(any_database, make()))

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 2
    assert _counts(any_database)[0] == 1
