"""What the registry said of a subject, now and before."""

from datetime import UTC, date, datetime, timedelta

from identity_verify.registry_extract import RegistryExtract
from identity_verify.registry_word import registry_word
from identity_verify.subjects import take_extract
from kernel.db import Database

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
CODE = "91310115XX0000019T"


def _take(database: Database, at: datetime, *, name: str, address: str, status: str, former: str = "") -> int:
    extract = RegistryExtract(
        code=CODE, registration_number="", name=name, former_names=(former,) if former else (), kind="company",
        status=status, region="310115", address=address, scope="", websites=(), persons=(),
        established_on=date(2020, 1, 6), approved_on=None, authority="", capital_fen=None, source_ref=f"r{at}",
        source_at=at,
    )  # fmt: skip
    with database.write() as session:
        return take_extract(session, extract, at=at)


def test_now_and_before(database: Database) -> None:
    """Names and addresses of all times; since when its words stand, and as of when it said them last."""
    later, last = AT + timedelta(days=3), AT + timedelta(days=9)
    _take(database, AT, name="上海禾苗(测试)有限公司", address="旧址路2号", status="active")
    subject_id = _take(database, later, name="上海青禾(测试)有限公司", address="测试路1号", status="active")
    _take(database, last, name="上海青禾(测试)有限公司", address="测试路1号", status="revoked")
    with database.read() as session:
        word = registry_word(session, subject_id)
    assert set(word.names) == {"上海禾苗(测试)有限公司", "上海青禾(测试)有限公司"}
    assert word.addresses == ("旧址路2号",)
    assert word.since == {"name": later, "address": later, "status": last}
    assert word.as_of == last


def test_a_registry_that_said_nothing(database: Database) -> None:
    """Of a subject it does not know."""
    with database.read() as session:
        word = registry_word(session, 99)
    assert (word.names, word.since, word.as_of) == ((), {}, None)
