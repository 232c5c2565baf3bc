"""Names written in an older normal form: put right once, wherever it was cut short; and the form has a version."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from identity_verify import name_form, name_keys
from identity_verify.company_name import parse
from identity_verify.name_form import is_behind, renew
from identity_verify.name_keys import FORM, keys_of
from identity_verify.normal_name import normal_name
from identity_verify.registered_names import small_index
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import take_extract
from identity_verify.vocabulary import FOLDER
from kernel.crypto import canonical_json, sha256_hex
from kernel.db import Database
from kernel.models import AuditEntry, SubjectName, SubjectNameKey
from tests.servers.killing import killed_at_each_step

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
NAMES = ("上海青禾(测试)商贸有限公司", "杭州蓝莓(测试)网络科技有限公司", "苏州工业园区晨星(测试)食品经营部")
CODES = ("91310115XX0000019T", "93310120XX0000035H", "91310115XX00002460")
PROBES = (
    *NAMES, "上海靑禾（測試）商貿有限公司", "北京朝阳区小米粒(测试)餐饮店", "Qinghe (Test) Trading Co., Ltd.",
    "内蒙古自治区呼和浩特市草原(测试)乳业股份有限公司", "昆山 花桥·星火(测试)电子商务有限责任公司",
    "西藏雪莲(测试)合作社", "农夫果园",
)  # fmt: skip
PINNED = {"1": "aeaaa4be8e0957ee62ee2cd37728db7440664a59a4fa2d4edbdb639d3c51eeb5"}
"""Digest of what the probes come to, and of the word lists, by form. Where it differs: raise ``name_keys.FORM``."""


def _extract(number: int, name: str) -> RegistryExtract:
    return RegistryExtract(
        code=CODES[number], registration_number="", name=name, former_names=(), kind="company",
        status="active", region="310115", address="", scope="", persons=(), established_on=None, approved_on=None,
        authority="", capital_fen=None, websites=(), source_ref="r", source_at=AT,
    )  # fmt: skip


@pytest.fixture
def aged(database: Database) -> Database:
    """Names as a version before ours left them: other keys, in a form of their own."""
    with database.write() as session:
        for number, name in enumerate(NAMES):
            take_extract(session, _extract(number, name), at=AT)
    _age(database)
    return database


def _age(database: Database) -> None:
    with database.write() as session:
        session.execute(delete(SubjectNameKey))
        session.execute(update(SubjectName).values(form="0", key="old"))
        ids = session.execute(select(SubjectName.id)).scalars().all()
        session.add_all(SubjectNameKey(name_id=number, key=7) for number in ids)


def _stands(database: Database) -> bool:
    """Every name has exactly the keys of today."""
    with database.read() as session:
        rows = session.execute(select(SubjectName)).scalars().all()
        for row in rows:
            kept = session.execute(select(SubjectNameKey.key).where(SubjectNameKey.name_id == row.id)).scalars()
            if (set(kept), row.key, row.form) != (set(keys_of(parse(row.name))), normal_name(row.name), FORM):
                return False
        return len(rows) == len(NAMES)


def test_old_names_are_found_again(aged: Database) -> None:
    """Not before, then by the keys of today; with an audit line, and nothing to do a second time."""
    with aged.read() as session:
        assert is_behind(session)
        assert small_index(session, NAMES).entries == ()
    assert renew(aged, at=AT) == len(NAMES)
    assert _stands(aged)
    with aged.read() as session:
        assert not is_behind(session)
        assert {entry.name for entry in small_index(session, NAMES).entries} == set(NAMES)
        line = session.execute(select(AuditEntry).where(AuditEntry.action == "subject.names-renewed")).scalar_one()
    assert line.detail == {"names": len(NAMES), "from": ["0"], "to": FORM}
    assert renew(aged, at=AT) == 0


def test_a_turn_may_be_short(aged: Database) -> None:
    """What is left is done by the next one."""
    assert renew(aged, at=AT, limit=2) == 2
    with aged.read() as session:
        assert is_behind(session)
    assert renew(aged, at=AT, limit=2) == 1
    assert _stands(aged)


def test_killed_anywhere_the_next_turn_ends_it(aged: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row is either as it was or whole."""
    monkeypatch.setattr(name_form, "A_TRANSACTION", 1)
    url = aged.engine.url.render_as_string(hide_password=False)
    aged.close()

    def work() -> None:
        database = Database(url)
        renew(database, at=AT)
        database.close()

    for _ in killed_at_each_step(work, "identity_verify/name_form.py", "identity_verify/registered_names.py", every=9):
        database = Database(url)
        renew(database, at=AT)
        assert _stands(database)
        _age(database)
        database.close()
    database = Database(url)
    assert _stands(database)
    database.close()


def test_an_extract_before_the_turn_makes_no_former_name(aged: Database) -> None:
    """The row of an older form is put right first: the same name is not taken for another one."""
    with aged.write() as session:
        later = replace(
            _extract(0, NAMES[0]), former_names=("上海旧叶(测试)商贸有限公司",), source_at=AT + timedelta(days=1)
        )
        take_extract(session, later, at=AT + timedelta(days=1))
        rows = session.execute(select(SubjectName).where(SubjectName.name == NAMES[0])).scalars().all()
        assert [(row.kind, row.form) for row in rows] == [("current", FORM)]


def test_the_form_has_a_version() -> None:
    """Other keys for any probe, or other words, are another form: databases must be told by its version."""
    words = {path.name: sha256_hex(path.read_bytes()) for path in sorted(Path(FOLDER).glob("*.txt"))}
    seen = {name: [normal_name(name), *map(str, keys_of(parse(name)))] for name in PROBES}
    found = sha256_hex(canonical_json({"words": words, "names": seen}))
    assert PINNED[name_keys.FORM] == found, "raise name_keys.FORM and pin this digest for it"
