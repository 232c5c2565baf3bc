"""Holds and deletions on the page of evidence."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from evidence import deletion, stored_object
from evidence.keys import ensure_keys
from evidence.store_files import FileStore
from evidence.store_pair import open_pair
from kernel.models import Evidence, ScrubFinding, User
from tests.data.evidence.people import enter_officer
from tests.data.evidence.stored import seal_away
from tests.unit.api.conftest import Browser, House
from tests.unit.api.test_approvals import second_investigator

PASSWORD = "correct horse battery"


@pytest.fixture
def officers(house: House) -> tuple[Browser, Browser]:
    """Two investigators who are officers, each with a password."""
    browsers = house.browser("investigator"), second_investigator(house)
    digest = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with house.context.database.write() as session:
        for account in ("investigator", "wang"):
            enter_officer(session, account, at=house.clock.at)
            session.execute(select(User).where(User.name == account)).scalar_one().password_hash = digest
    return browsers


def _keep(house: House, folder: Path, years: int = 6) -> str:
    at = house.clock.at.replace(day=1)
    store = open_pair(house.context.settings).store
    with house.context.database.write() as session:
        evidence_id = seal_away(session, store, folder, "kept", at=at.replace(year=at.year - years))
        stored_object.register(session, 5)
        return evidence_id


def test_hold_and_release(house: House, officers: tuple[Browser, Browser], tmp_path: Path) -> None:
    """The page shows it and what it forbids; its release asks for the password; a supervisor may not."""
    evidence_id = _keep(house, tmp_path)
    one, _ = officers
    assert "申请销毁" in one.get(f"/evidence/{evidence_id}").text
    assert one.post(f"/evidence/{evidence_id}/hold", data={"reason": " "}).status_code == 422
    assert one.post(f"/evidence/{evidence_id}/hold", data={"reason": "诉讼中"}).status_code == 303
    page = one.get(f"/evidence/{evidence_id}").text
    assert "诉讼中" in page
    assert "保全未解除" in page
    wrong = one.post(f"/evidence/{evidence_id}/release", data={"reason": "结案", "password": "wrong"})
    assert wrong.status_code == 422
    done = one.post(f"/evidence/{evidence_id}/release", data={"reason": "结案", "password": PASSWORD})
    assert done.status_code == 303
    assert "已解除" in one.get(f"/evidence/{evidence_id}").text


def test_two_officers_delete(house: House, officers: tuple[Browser, Browser], tmp_path: Path) -> None:
    """Asked, taken back, asked again, refused to the same, agreed; a tombstone with a certificate stays."""
    evidence_id = _keep(house, tmp_path)
    one, two = officers
    path = f"/evidence/{evidence_id}/deletion"
    words = {"reason": "期满", "basis": "档案规定", "password": PASSWORD}
    assert one.post(path, data=words).status_code == 303
    assert one.post(f"{path}/withdraw", data={}).status_code == 303
    assert one.post(path, data=words).status_code == 303
    assert f"{path}/agree" not in one.get(f"/evidence/{evidence_id}").text
    assert f"{path}/agree" in two.get(f"/evidence/{evidence_id}").text
    assert one.post(f"{path}/agree", data={"password": PASSWORD}).status_code == 409
    assert two.post(f"{path}/agree", data={"password": PASSWORD}).status_code == 303
    assert "正在清除" in one.get(f"/evidence/{evidence_id}").text
    assert one.get(f"{path}/certificate.json").status_code == 409
    settings = house.context.settings
    assert deletion.finish(
        house.context.database, open_pair(settings), ensure_keys(settings, house.clock.at).report, evidence_id,
        copies=settings.data_dir / "packages", clock=lambda: house.clock.at,
    )  # fmt: skip
    page = one.get(f"/evidence/{evidence_id}").text
    assert "已销毁" in page
    assert one.get(f"{path}/certificate.json").json()["evidence_id"] == evidence_id
    assert one.get(f"{path}/certificate.p7s").status_code == 200
    assert one.post(f"/evidence/{evidence_id}/verify", data={}).status_code == 409


def test_the_term_is_shown(house: House, officers: tuple[Browser, Browser], tmp_path: Path) -> None:
    """Before its end there is no button, and the door behind it is shut too."""
    evidence_id = _keep(house, tmp_path, years=4)
    one, _ = officers
    assert "保存期未满" in one.get(f"/evidence/{evidence_id}").text
    words = {"reason": "期满", "basis": "档案规定", "password": PASSWORD}
    refused = one.post(f"/evidence/{evidence_id}/deletion", data=words)
    assert refused.status_code == 409


def test_findings_and_damage_are_shown(house: House, officers: tuple[Browser, Browser], tmp_path: Path) -> None:
    """What the scrub found, where to restore from; damaged bytes are not shown, and not exported."""
    evidence_id = _keep(house, tmp_path)
    one, _ = officers
    store = open_pair(house.context.settings).store
    assert isinstance(store, FileStore)
    with house.context.database.write() as session:
        key = session.get_one(Evidence, evidence_id).store_key
        session.add(
            ScrubFinding(
                at=house.clock.at, place="store", kind="damaged", key=key, evidence_id=evidence_id,
                restore_from="/mnt/copies",
            )
        )  # fmt: skip
    data = bytearray(store.path(key).read_bytes())
    data[len(data) // 2] ^= 1
    store.path(key).chmod(0o644)
    store.path(key).write_bytes(data)
    page = one.get(f"/evidence/{evidence_id}").text
    assert "字节损坏" in page
    assert "/mnt/copies" in page
    assert one.post(f"/evidence/{evidence_id}/download", data={"purpose": "移送"}).status_code == 500
