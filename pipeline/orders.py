"""Orders: what asks for a sealed capture, a rule or an officer."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.address import canonical_url
from evidence import intake, mandate
from kernel import audit
from kernel.crypto import canonical_json, sha256_hex
from kernel.models import Evidence, Page, RuleHit
from kernel.models.rule_hit import OPEN_HITS

RULE_ACTOR = "system:rules"


def _key(*parts: object) -> str:
    return sha256_hex(canonical_json([str(part) for part in parts]))


def order_capture(
    session: Session,
    *,
    url: str,
    shop_id: int | None,
    listing_id: int | None,
    purpose: str,
    actor: str,
    at: datetime,
    case: str = "",
) -> Evidence:
    """An officer orders a capture of one page.

    The same officer ordering the same page within one minute gets the same order, so that a
    double click makes one.

    Args:
        session: a write session.
        url: the page. purpose: why, in words; it goes into the sealed record.
        actor: user name. at: aware UTC. case: case number; what is taken for a case is sealed when two officers
            have approved it.

    Returns:
        the evidence row, state ``ordered`` (or further, when it was there).

    Effects: tables ``evidence``, ``custody_event``, ``audit``.
    """
    address = canonical_url(url)
    number = mandate.case_number(case) if case.strip() else ""
    row = intake.order(
        session,
        key=_key("order", actor, address, at.strftime("%Y-%m-%dT%H:%M"), *filter(None, (number,))),
        url=address,
        shop_id=shop_id,
        listing_id=listing_id,
        reason="order",
        purpose=purpose,
        actor=actor,
        at=at,
        case_number=number,
    )
    audit.append(
        session,
        actor=actor,
        action="evidence.order",
        object_type="evidence",
        object_id=row.id,
        detail={"url": address, "purpose": purpose} | ({"case_number": number} if number else {}),
        at=at,
    )
    return row


def order_for_hits(session: Session, *, shop_ids: Sequence[int], at: datetime) -> list[str]:
    """Order a capture for every new hit whose recipe asks for one.

    Hits on the same bytes of the same page share one capture.

    Returns:
        ids of evidence that is newly ordered or still waits.

    Effects: tables ``evidence``, ``custody_event``, ``rule_hit``, ``audit``.
    """
    query = (
        select(RuleHit, Page.final_url, Page.body_sha256)
        .join(Page, Page.id == RuleHit.page_id)
        .where(
            RuleHit.wants_evidence,
            RuleHit.evidence_id.is_(None),
            RuleHit.state.in_(OPEN_HITS),
            RuleHit.shop_id.in_(shop_ids),
        )
        .order_by(RuleHit.id)
    )
    ordered: dict[str, Evidence] = {}
    rules: dict[str, set[str]] = {}
    for hit, url, body in session.execute(query).all():
        key = _key("rule", url, body)
        row = ordered.get(key) or intake.order(
            session,
            key=key,
            url=url,
            shop_id=hit.shop_id,
            listing_id=hit.listing_id,
            reason="rule",
            purpose=f"规则命中固证 capture for a rule hit ({hit.rule_id})",
            actor=RULE_ACTOR,
            at=at,
        )
        ordered[key] = row
        rules.setdefault(row.id, set()).add(hit.rule_id)
        hit.evidence_id = row.id
    if ordered:
        detail = {identifier: sorted(names) for identifier, names in rules.items()}
        audit.append(session, actor=RULE_ACTOR, action="evidence.order", object_type="evidence", detail=detail, at=at)
    return [row.id for row in ordered.values() if row.state == "ordered"]
