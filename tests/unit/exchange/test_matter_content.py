"""What is said of leads, cases and evidence: from our rows, fitting the schemas, and no more than is needed."""

import pytest
from sqlalchemy.orm import Session

from exchange import matter_content
from exchange.errors import MatterError
from exchange.matter_content import VERSIONS
from exchange.schema_registry import validate
from kernel.models import Evidence
from tests.e2e.seeded_market import AT, Seeded
from tests.servers.matters import CODE, NAME, confirm, decide, open_case, seal, tie


def test_a_lead_says_what_was_found(desk: tuple[Session, Seeded]) -> None:
    """Rule, quote, place, articles, subject; only sealed evidence is named; the name of a firm is not personal."""
    session, seeded = desk
    hit = confirm(session, seeded)
    tie(session, seeded.shops[0])
    content = matter_content.lead(session, hit.id)
    validate("LEAD", VERSIONS["LEAD"], content.payload)
    assert content.key == f"lead:{hit.key[:32]}"
    assert (content.payload["subject_code"], content.payload["subject_name"]) == (CODE, NAME)
    assert "全网第一" in content.payload["description"]
    assert content.payload["laws"] == ["广告法 第九条第(三)项"]
    assert (content.region, content.personal, content.payload["evidence_ids"]) == ("310115", (), [])
    seal(session, seeded.rule_evidence, AT)
    later = matter_content.lead(session, hit.id)
    assert later.payload["evidence_ids"] == [seeded.rule_evidence]
    assert later.digest("UPSERT") != content.digest("UPSERT")
    assert later.digest("UPSERT") == matter_content.lead(session, hit.id).digest("UPSERT")
    assert later.digest("UPSERT") != later.digest("VOID")


def test_a_name_without_a_code_travels_sealed(desk: tuple[Session, Seeded]) -> None:
    """It may be a person's; the place is the shop's own."""
    session, seeded = desk
    content = matter_content.lead(session, confirm(session, seeded).id)
    assert content.payload["subject_name"]
    assert content.personal == ("/subject_name",)
    assert content.region == "330106"


def test_a_case_says_how_it_stands(desk: tuple[Session, Seeded]) -> None:
    """State, decision, days; its officers are sealed; evidence of its number and of its lead."""
    session, seeded = desk
    hit = confirm(session, seeded)
    case = open_case(session, hit, AT)
    seal(session, seeded.foreign_order, AT, case.number)
    decide(session, case, AT)
    content = matter_content.case(session, case.id)
    validate("CASE", VERSIONS["CASE"], content.payload)
    assert (content.state, content.payload["decision"]) == ("decided", "罚款人民币五千元")
    assert content.payload["officers"] == ["测试investigator", "测试second-17号"]
    assert "/officers/*" in content.personal
    assert content.payload["lead_key"] == f"lead:{hit.key[:32]}"
    assert content.payload["evidence_ids"] == [seeded.foreign_order]


def test_of_evidence_only_metadata_leaves(desk: tuple[Session, Seeded]) -> None:
    """The root, times and completeness; nothing that is not sealed, or not named by its root."""
    session, seeded = desk
    hit = confirm(session, seeded)
    assert matter_content.evidence_of(session, matter_content.lead(session, hit.id)) == ()
    row = seal(session, seeded.rule_evidence, AT)
    (meta,) = matter_content.evidence_of(session, matter_content.lead(session, hit.id))
    validate("EVIDENCE_META", VERSIONS["EVIDENCE_META"], meta.payload)
    assert (meta.key, meta.payload["root_sha256"]) == (f"evidence:{row.id}", row.root_sha256)
    assert meta.payload["completeness"] == "COMPLETE"
    assert {"captured_at", "sealed_at", "size"} <= set(meta.payload)
    session.get_one(Evidence, row.id).root_sha256 = ""
    session.flush()
    assert matter_content.evidence_of(session, matter_content.lead(session, hit.id)) == ()


def test_what_is_not_there(desk: tuple[Session, Seeded]) -> None:
    """Is refused by number."""
    for read in (matter_content.lead, matter_content.case):
        with pytest.raises(MatterError, match="999"):
            read(desk[0], 999)
