"""What is said of a lead, a case and a piece of evidence: payloads from our rows, the same rows always the same bytes.

Of evidence only metadata leaves: the root that names the package, times, completeness. Never its bytes.

Spec: 个人信息保护法 6 (no more than the purpose needs), 51 (encryption of what is personal).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from exchange.errors import MatterError
from identity_verify.subjects import subject_of_shop
from kernel.clock import iso
from kernel.crypto import canonical_json, sha256_hex
from kernel.models import CaseFile, Evidence, Listing, Page, RuleHit, Shop, Subject, User

LEAD, CASE, EVIDENCE = "LEAD", "CASE", "EVIDENCE_META"
KINDS = (LEAD, CASE, EVIDENCE)
VERSIONS = {LEAD: "1.1", CASE: "1.1", EVIDENCE: "1.0"}
SEALED = "sealed"
MAX_EVIDENCE = 200
_HEX = re.compile(r"[0-9a-f]{64}")
_REGION = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class Content:
    """What is said.

    Attributes:
        kind: type of the message. key: its business key. object_id: number of the hit or case, id of the evidence.
        state: of the matter. payload: plain, as the schema has it. personal: pointers to seal beside the schema's.
        region: GB/T 2260 of the matter, or empty.
    """

    kind: str
    key: str
    object_id: str
    state: str
    payload: Mapping[str, Any]
    personal: tuple[str, ...] = ()
    region: str = ""

    def digest(self, op: str) -> str:
        """Of what is said and how, hex SHA-256: the same digest is nothing new."""
        said = [op, VERSIONS[self.kind], dict(self.payload), list(self.personal)]
        return sha256_hex(canonical_json(said))


def lead(session: Session, hit_id: int) -> Content:
    """A lead from a rule hit.

    Raises:
        MatterError: there is none.
    """
    query = (
        select(RuleHit, Shop, Page)
        .join(Shop, Shop.id == RuleHit.shop_id)
        .join(Page, Page.id == RuleHit.page_id)
        .where(RuleHit.id == hit_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise MatterError(f"expected a lead, got none with number {hit_id}", hint="打开线索列表。")
    hit, shop, page = found
    listing = session.get(Listing, hit.listing_id) if hit.listing_id else None
    tied = subject_of_shop(session, shop.id)
    subject = tied[0] if tied else None
    evidence = _sealed(session, [hit.evidence_id] if hit.evidence_id else [])
    titles = hit.explanation.get("title")
    title = str(titles.get("zh", "")) if isinstance(titles, dict) else ""
    region = _region(subject, shop)
    payload = {
        "title": f"{hit.rule_id} {title}".strip(),
        "description": f"{hit.explanation.get('zh', '')}\n原文：{hit.quote}\n网址：{page.final_url}"[:4_000],
        "rule_id": hit.rule_id,
        "subject_code": (subject.code or "") if subject else "",
        "subject_name": (subject.name if subject else shop.seller_name)[:200],
        "shop_name": shop.name[:200],
        "shop_url": shop.url[:2_000],
        "listing_url": listing.url[:2_000] if listing else "",
        "listing_title": (listing.title or "")[:400] if listing else "",
        "found_at": iso(hit.found_at),
        "severity": hit.severity,
        "laws": _laws(hit.law),
        "evidence_ids": [row.id for row in evidence],
        "region": region,
    }
    return Content(LEAD, f"lead:{hit.key[:32]}", str(hit.id), hit.state, payload, _personal(payload), region)


def case(session: Session, case_id: int) -> Content:
    """A case.

    Raises:
        MatterError: there is none.
    """
    row = session.get(CaseFile, case_id)
    if row is None:
        raise MatterError(f"expected a case, got none with number {case_id}", hint="打开案件列表。")
    hit = session.get(RuleHit, row.hit_id) if row.hit_id else None
    shop = session.get(Shop, row.shop_id) if row.shop_id else None
    people = session.execute(select(User.name, User.display_name).where(User.name.in_(row.officers))).all()
    names = {name: shown or name for name, shown in people}
    payload = {
        "case_number": row.number,
        "title": row.title,
        "state": row.state,
        "filed_on": row.filed_on.isoformat(),
        "subject_code": row.subject_code,
        "subject_name": row.subject_name,
        "cause": row.cause,
        "laws": list(row.laws)[:50],
        "evidence_ids": [one.id for one in _sealed(session, [hit.evidence_id] if hit else [], row.number)],
        "officers": [names.get(name, name)[:60] for name in row.officers][:20],
        "due_on": (row.due_on or row.filed_on).isoformat(),
        "lead_key": f"lead:{hit.key[:32]}" if hit else "",
        "decision": row.decision,
        "shop_url": shop.url[:2_000] if shop else "",
    }
    personal = (*_personal(payload), *(("/officers/*",) if payload["officers"] else ()))
    return Content(CASE, f"case:{row.number}", str(row.id), row.state, payload, personal, row.region)


def evidence_of(session: Session, matter: Content) -> tuple[Content, ...]:
    """The metadata of what is sealed for a lead or case, in order of ids."""
    listed: list[str] = list(matter.payload["evidence_ids"])
    rows = session.execute(select(Evidence).where(Evidence.id.in_(listed)).order_by(Evidence.id)).scalars()
    return tuple(_meta(row, matter) for row in rows)


def _meta(row: Evidence, matter: Content) -> Content:
    payload: dict[str, Any] = {
        "evidence_id": row.id,
        "package_sha256": row.store_key,
        "size": row.size,
        "url": row.url[:2_000],
        "captured_at": iso(row.captured_at or row.ordered_at),
        "root_sha256": row.root_sha256,
        "completeness": row.completeness,
        "case_number": row.case_number,
    }
    if row.sealed_at is not None:
        payload["sealed_at"] = iso(row.sealed_at)
    return Content(EVIDENCE, f"evidence:{row.id}", row.id, row.state, payload, (), matter.region)


def _sealed(session: Session, ids: list[str | None], case_number: str = "") -> list[Evidence]:
    """What is sealed and named by its root and its package; nothing else counts as evidence."""
    of_case = (Evidence.case_number == case_number) if case_number else Evidence.id.in_(())
    query = select(Evidence).where(Evidence.state == SEALED, or_(Evidence.id.in_(ids), of_case))
    rows = session.execute(query.order_by(Evidence.id).limit(MAX_EVIDENCE)).scalars()
    return [row for row in rows if _HEX.fullmatch(row.root_sha256) and _HEX.fullmatch(row.store_key)]


def _laws(law: list[dict[str, str]]) -> list[str]:
    return [f"{one['act']} {one['article']}"[:100] for one in law][:50]


def _region(subject: Subject | None, shop: Shop) -> str:
    found = (subject.region if subject else "") or shop.region
    return found if _REGION.fullmatch(found) else ""


def _personal(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Who has no registered code may be a person: the name travels sealed."""
    return ("/subject_name",) if payload["subject_name"] and not payload["subject_code"] else ()
