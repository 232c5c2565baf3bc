"""Cases: filed once with two officers, moved step by step, due by the law's clock."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from kernel.models import AuditEntry, CaseFile
from supervision import case_file
from supervision.case_file import STEPS, Filing
from supervision.errors import CaseError
from tests.e2e.seeded_market import AT, Seeded, add_user, seed
from tests.servers.empty_records import open_records
from tests.servers.matters import NAME, confirm, decide, open_case, tie

NUMBER = "沪市监浦案〔2026〕1号"
TWO = ("investigator", "second")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Session, Seeded]]:
    """A write session over a seeded market."""
    database = open_records(tmp_path / "cases.db")
    with database.write() as session:
        seeded = seed(session, listings_a_shop=3)
        add_user(session, "second", ["investigator"])
        yield session, seeded
    database.close()


def _file(session: Session, **given: object) -> CaseFile:
    values: dict[str, object] = {"number": NUMBER, "title": "虚假宣传案", "officers": TWO, **given}
    return case_file.file(session, Filing(**values), actor="investigator", at=AT)  # type: ignore[arg-type]


def test_a_case_begins_with_a_confirmed_lead(desk: tuple[Session, Seeded]) -> None:
    """It takes the articles, the shop and the subject from it, and is due in ninety days."""
    session, seeded = desk
    tie(session, seeded.shops[0])
    row = open_case(session, confirm(session, seeded), AT)
    assert (row.state, row.filed_on, row.due_on) == ("filed", date(2026, 11, 20), date(2027, 2, 18))
    assert (row.subject_name, row.shop_id, row.region) == (NAME, seeded.shops[0], "310115")
    assert row.laws == ["广告法 第九条第(三)项"]
    assert session.query(AuditEntry).filter_by(action="case.file", object_id=str(row.id)).count() == 1


@pytest.mark.parametrize(
    "given",
    [{"officers": ("investigator",)}, {"officers": ("investigator", "nobody")}, {"title": " "}, {"hit_id": 999}],
)
def test_what_is_not_filed(desk: tuple[Session, Seeded], given: dict[str, object]) -> None:
    """One officer, an unknown one, no title, a lead that is not there or not confirmed."""
    with pytest.raises(CaseError):
        _file(desk[0], **given)


def test_a_number_is_filed_once_and_a_lead_must_be_confirmed(desk: tuple[Session, Seeded]) -> None:
    """The second filing names the first; a hit that nobody confirmed begins no case."""
    session, seeded = desk
    with pytest.raises(CaseError, match="confirmed"):
        _file(session, hit_id=seeded.hits[1])
    _file(session)
    with pytest.raises(CaseError, match="which is filed"):
        _file(session)


def test_a_case_moves_by_its_steps_only(desk: tuple[Session, Seeded]) -> None:
    """From filing to decision, with reasons; what was decided is kept; nothing is jumped over."""
    session, _ = desk
    row = _file(session)
    for state, reason in (("decided", "跳过"), ("investigating", " "), ("nonsense", "无此步")):
        with pytest.raises(CaseError):
            case_file.move(session, row.id, state, reason=reason, actor="investigator", at=AT)
    decide(session, row, AT)
    assert (row.state, row.decision) == ("decided", "罚款人民币五千元")
    with pytest.raises(CaseError, match="served"):
        case_file.move(session, row.id, "withdrawn", reason="撤案", actor="investigator", at=AT)
    with pytest.raises(CaseError):
        case_file.move(session, 999, "served", reason="送达", actor="investigator", at=AT)


def test_every_step_leads_to_a_known_state() -> None:
    """And every state but the first can be reached."""
    reached = {state for steps in STEPS.values() for state in steps}
    assert reached == set(STEPS) - {"filed"}
