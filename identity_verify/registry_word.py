"""What the registry said of a subject: its names and addresses of all times, and since when its words stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify.registry_gap import NO_REGISTRY
from kernel.models import SubjectClaim, SubjectName

REGISTRY = "registry"
FIELDS = ("name", "status", "address")


@dataclass(frozen=True, slots=True)
class RegistryWord:
    """What the registry said, now and before.

    Attributes:
        names: current and former. addresses: former ones.
        since: for each of ``FIELDS``, as of when the registry first said what stands; aware UTC.
        as_of: newest time at which it said any of it; None while it said nothing.
        gap: of a code it does not have: why that says nothing, a word of ``registry_gap``; empty where the copy of the
            registry is whole and would have it.
    """

    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    since: Mapping[str, datetime] = field(default_factory=dict)
    as_of: datetime | None = None
    gap: str = NO_REGISTRY


def registry_word(session: Session, subject_id: int) -> RegistryWord:
    """What the registry said of one subject."""
    names = select(SubjectName.name).where(SubjectName.subject_id == subject_id).order_by(SubjectName.id)
    query = select(SubjectClaim).where(
        SubjectClaim.subject_id == subject_id, SubjectClaim.source == REGISTRY, SubjectClaim.field.in_(FIELDS)
    )
    since: dict[str, datetime] = {}
    before: list[str] = []
    as_of: datetime | None = None
    for claim in session.execute(query.order_by(SubjectClaim.id)).scalars():
        if claim.superseded_at is None:
            since[claim.field] = claim.source_at
            as_of = max(as_of or claim.confirmed_at, claim.confirmed_at)
        elif claim.field == "address" and isinstance(claim.value, str):
            before.append(claim.value)
    return RegistryWord(tuple(session.execute(names).scalars()), tuple(before), since, as_of)
