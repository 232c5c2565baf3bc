"""Market subjects: the registry's extracts as the spine, found by their codes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from identity_verify import claims, links
from identity_verify.claims import Origin
from identity_verify.errors import SubjectUnknownError
from identity_verify.normal_name import folded
from identity_verify.registry_extract import RegistryExtract, claims_of, require_sound
from identity_verify.shop_link import LinkResult, link_shop
from kernel import audit
from kernel.models import Subject, SubjectLink

__all__ = [
    "LinkResult",
    "end_extract",
    "find_by_code",
    "link_shop",
    "require_by_code",
    "shops_of",
    "subject_of_shop",
    "take_extract",
]

ACTOR = "system:registry"
REGISTRY = "registry"
REGISTRY_EDGES = ("person", "address", "site")
MAX_KEY = 500


def take_extract(session: Session, extract: RegistryExtract, *, at: datetime) -> int:
    """Take one extract of the registry; the same extract twice changes nothing.

    An extract older than what the registry said last becomes history, whatever order they come in.

    Args:
        session: a write session.

    Returns:
        the subject's id.

    Raises:
        ExtractRefusedError: it contradicts itself or its standard.

    Effects: tables ``subject``, ``subject_claim``, ``subject_name``, ``subject_link``, ``subject_task``, ``audit``.
    """
    require_sound(extract)
    subject = _subject_for(session, extract, at=at)
    origin = Origin(REGISTRY, extract.source_ref, extract.source_at)
    learnt = claims.claim(session, subject, claims_of(extract), origin, at=at)
    if not learnt:
        return subject.id
    changed = claims.settle(session, subject, at=at)
    _draw_registry_edges(session, subject, at=at)
    audit.append(
        session, actor=ACTOR, action="subject.extract", object_type="subject", object_id=subject.id, at=at,
        detail={"source_ref": extract.source_ref, "changed": list(changed)},
    )  # fmt: skip
    return subject.id


def _subject_for(session: Session, extract: RegistryExtract, *, at: datetime) -> Subject:
    for _ in range(2):
        found = _known(session, extract)
        if found is not None:
            return found
        try:
            with session.begin_nested():
                fresh = Subject(
                    code=extract.code,
                    registration_number=extract.registration_number,
                    name="",
                    kind=extract.kind,
                    updated_at=at,
                )
                session.add(fresh)
        except IntegrityError:  # another process took the same subject's extract between our look and our row
            continue
        return fresh
    raise SubjectUnknownError(f"expected the subject {extract.code} that another process made, got none")


def _known(session: Session, extract: RegistryExtract) -> Subject | None:
    if extract.code:
        query = select(Subject).where(Subject.code == extract.code).with_for_update()
        found = session.execute(query).scalar_one_or_none()
        if found is not None:
            return found
    if not extract.registration_number:
        return None
    # A subject of the days before 三证合一 comes back with its new code; its number leads to it.
    query = select(Subject).where(Subject.registration_number == extract.registration_number)
    query = query.where(Subject.code == "") if extract.code else query
    return session.execute(query.order_by(Subject.id).limit(1).with_for_update()).scalar_one_or_none()


def _draw_registry_edges(session: Session, subject: Subject, *, at: datetime) -> None:
    edges = [links.Edge("person", name[:MAX_KEY], role[:40], REGISTRY) for role, name in subject.persons if name]
    if subject.address:
        edges.append(links.Edge("address", folded(subject.address)[:MAX_KEY], "registered-at", REGISTRY))
    view = claims.views(session, subject.id).get("websites")
    if view and view.winner.source == REGISTRY and isinstance(view.winner.value, list):
        edges += [
            links.Edge("site", str(site).strip().lower()[:MAX_KEY], "declares", REGISTRY) for site in view.winner.value
        ]
    links.replace(session, subject.id, REGISTRY_EDGES, edges, source=REGISTRY, at=at)


def end_extract(session: Session, code: str, *, source_ref: str, at: datetime) -> None:
    """The registry took a subject back: its words no longer stand, its history does.

    Raises:
        SubjectUnknownError: no subject has this code.

    Effects: tables ``subject``, ``subject_claim``, ``subject_link``, ``subject_task``, ``audit``.
    """
    subject = require_by_code(session, code)
    identity = (subject.code, subject.registration_number)
    if not claims.withdraw(session, subject, REGISTRY, at=at):
        return
    claims.settle(session, subject, at=at)
    # The code stays as the subject's key: a later extract must find it, whatever was withdrawn.
    subject.code, subject.registration_number = identity
    links.replace(session, subject.id, REGISTRY_EDGES, (), source=REGISTRY, at=at)
    audit.append(
        session, actor=ACTOR, action="subject.extract_ended", object_type="subject", object_id=subject.id, at=at,
        detail={"source_ref": source_ref},
    )  # fmt: skip


def find_by_code(session: Session, code: str) -> Subject | None:
    """The subject with this 统一社会信用代码, or with this 15-digit 注册号."""
    if not code:
        return None
    found = session.execute(select(Subject).where(Subject.code == code)).scalar_one_or_none()
    if found is not None:
        return found
    query = select(Subject).where(Subject.registration_number == code).order_by(Subject.id).limit(1)
    return session.execute(query).scalar_one_or_none()


def require_by_code(session: Session, code: str) -> Subject:
    """The subject with this code.

    Raises:
        SubjectUnknownError: there is none.
    """
    found = find_by_code(session, code)
    if found is None:
        raise SubjectUnknownError(
            f"expected a known market subject, got none with the code {code}", hint="Ask the registry for its extract."
        )
    return found


def subject_of_shop(session: Session, shop_id: int) -> tuple[Subject, SubjectLink] | None:
    """Who runs a shop, as decided by a person or by a match beyond doubt; None while it is open."""
    for row in links.edges_to(session, "shop", str(shop_id)):
        if row.state in {"auto", "confirmed"}:
            return session.get_one(Subject, row.subject_id), row
    return None


def shops_of(session: Session, subject_id: int) -> list[int]:
    """Ids of the shops a subject runs."""
    query = select(SubjectLink.key).where(
        SubjectLink.subject_id == subject_id,
        SubjectLink.kind == "shop",
        SubjectLink.relation == links.RUNS,
        SubjectLink.state.in_(("auto", "confirmed")),
    )
    return sorted(int(key) for key in session.execute(query).scalars())
