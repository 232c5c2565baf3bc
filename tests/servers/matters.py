"""Leads, cases and sealed evidence in the records of an installation, for tests of what is told of them."""

from datetime import datetime

from sqlalchemy.orm import Session

from kernel.crypto import sha256_hex
from kernel.models import CaseFile, Evidence, RuleHit, Subject, SubjectLink
from supervision import case_file
from supervision.case_file import Filing
from tests.e2e.seeded_market import AT, Seeded, add_user

CODE = "91310115XX0000019T"
NAME = "上海青禾(测试)商贸有限公司"
TO_DECISION = ("investigating", "reviewing", "noticed", "decided")


def confirm(session: Session, seeded: Seeded, place: int = 0) -> RuleHit:
    """A lead that a person confirmed."""
    hit = session.get_one(RuleHit, seeded.hits[place])
    hit.state = "confirmed"
    session.flush()
    return hit


def seal(session: Session, evidence_id: str, at: datetime, case_number: str = "") -> Evidence:
    """Evidence as the sealing leaves it."""
    row = session.get_one(Evidence, evidence_id)
    row.state, row.captured_at, row.sealed_at, row.case_number = "sealed", AT, at, case_number
    row.root_sha256, row.store_key = sha256_hex(f"root {row.id}".encode()), sha256_hex(f"package {row.id}".encode())
    row.size, row.completeness = 123_456, "COMPLETE"
    session.flush()
    return row


def tie(session: Session, shop_id: int, code: str = CODE) -> Subject:
    """A registered subject that runs a shop beyond doubt."""
    subject = Subject(code=code, name=NAME, kind="company", status="active", region="310115", updated_at=AT)
    session.add(subject)
    session.flush()
    session.add(
        SubjectLink(
            subject_id=subject.id, kind="shop", key=str(shop_id), relation="runs", state="confirmed", score=1000,
            reasons=[], source="officer", at=AT,
        )
    )  # fmt: skip
    session.flush()
    return subject


def open_case(session: Session, hit: RuleHit | None, at: datetime, number: str = "沪市监浦案〔2026〕17号") -> CaseFile:
    """A case with two officers, begun with a lead."""
    if session.query(Evidence).count() and case_file.find(session, number) is None:
        add_user(session, f"second-{number[-3:]}", ["investigator"])
    officers = ("investigator", f"second-{number[-3:]}")
    filing = Filing(number, "虚假宣传案", "发布虚假广告", hit.id if hit else None, "", officers)
    return case_file.file(session, filing, actor="investigator", at=at)


def decide(session: Session, case: CaseFile, at: datetime) -> None:
    """Take a case to its decision."""
    for state in TO_DECISION:
        case_file.move(session, case.id, state, reason="罚款人民币五千元", actor="investigator", at=at)
