"""Which shops are looked at, and when again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import subject_of_shop, take_extract
from kernel.config import Settings
from kernel.db import Database
from kernel.models import FactVersion, Page, Shop, Visit
from pipeline.subjects_duty import due, turn

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAME, CODE = "上海青禾(测试)商贸有限公司", "91310115XX0000019T"


def _extract(at: datetime, **more: object) -> RegistryExtract:
    values: dict[str, object] = {
        "code": CODE, "registration_number": "", "name": NAME, "former_names": (), "kind": "company",
        "status": "active",
        "region": "310115", "address": "", "scope": "", "persons": (), "established_on": None, "approved_on": None,
        "authority": "", "capital_fen": None, "websites": (), "source_ref": str(at), "source_at": at, **more,
    }  # fmt: skip
    return RegistryExtract(**values)  # type: ignore[arg-type]


@pytest.fixture
def shops(database: Database) -> tuple[int, int]:
    """One shop that shows a name, one that shows nothing."""
    with database.write() as session:
        made = [Shop(url=f"https://s{n}.example.test/", host=f"s{n}.example.test", created_at=AT) for n in (1, 2)]
        session.add_all(made)
        session.flush()
        visit = Visit(shop_id=made[0].id, job_id="job-1", state="done", started_at=AT)
        session.add(visit)
        session.flush()
        page = Page(
            visit_id=visit.id, shop_id=made[0].id, url="u", final_url="u", url_key="k", status=200, fetched_at=AT,
            body_sha256="0" * 64,
        )  # fmt: skip
        session.add(page)
        session.flush()
        show(session, made[0].id, page.id, NAME)
        return made[0].id, made[1].id


def show(session: object, shop_id: int, page_id: int, name: str) -> None:
    """One more fact."""
    row = FactVersion(shop_id=shop_id, field="licence_name", slot=name, value=name, digest=name[:32], page_id=page_id, seen_at=AT)  # fmt: skip # noqa: E501 - one row
    session.add(row)  # type: ignore[attr-defined]


def _due(database: Database, at: datetime) -> list[int]:
    with database.read() as session:
        return due(session, at=at)


def test_a_shop_is_looked_at_once_until_something_changes(
    config: Settings, database: Database, shops: tuple[int, int]
) -> None:
    """New facts, a fact that ended, a new subject, a changed one, a day or a week gone by."""
    first, _ = shops
    assert _due(database, AT) == [first]
    assert turn(config, database, AT) == 1
    assert _due(database, AT + HOUR) == []
    assert _due(database, AT + DAY) == [first]  # unmatched: the registry may know more tomorrow
    with database.write() as session:
        take_extract(session, _extract(AT + DAY), at=AT + DAY)
    assert turn(config, database, AT + DAY + HOUR) == 1
    with database.read() as session:
        found = subject_of_shop(session, first)
        assert found is not None
        assert found[0].code == CODE
    later = AT + 2 * DAY
    assert _due(database, later) == []
    with database.write() as session:
        take_extract(session, _extract(later, status="revoked"), at=later)
    assert turn(config, database, later + HOUR) == 1  # its subject changed
    with database.write() as session:
        show(session, first, 1, "上海青禾(测试)商贸有限公司旗舰店")
    assert turn(config, database, later + 2 * HOUR) == 1  # another fact
    with database.write() as session:
        ended = later + 3 * HOUR
        session.execute(update(FactVersion).where(FactVersion.slot.contains("旗舰店")).values(superseded_at=ended))
    assert turn(config, database, later + 4 * HOUR) == 1  # a fact that is gone
    assert _due(database, later + 5 * HOUR) == []
    assert _due(database, later + 8 * DAY) == [first]


def test_a_code_that_becomes_known_is_not_left_for_tomorrow(
    config: Settings, database: Database, shops: tuple[int, int]
) -> None:
    """The shop shows a code, the registry sends its subject an hour later."""
    first, _ = shops
    with database.write() as session:
        session.execute(update(Shop).where(Shop.id == first).values(seller_code=CODE))
    turn(config, database, AT)
    with database.write() as session:
        take_extract(session, _extract(AT + HOUR), at=AT + HOUR)
    assert _due(database, AT + HOUR) == [first]
