"""Deletion after the storage term: one officer asks, another agrees, the bytes go, a signed certificate stays.

``asked → erasing → done``. From ``erasing`` on the evidence is a tombstone and nobody reads it. The certificate is
made when the bytes are gone, never before; a run that was killed is taken up by the next.

Spec: 互联网法院规定 (2018) 第11条(3) (storage medium and custody).
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence import custody, deletion_certificate, intake, officer, retention
from evidence.errors import DeletionError, EvidenceError, OfficerTwiceError
from evidence.signer import Signer
from evidence.store_pair import PLACES, StorePair
from kernel import audit
from kernel.clock import as_utc
from kernel.crypto import sha256_hex
from kernel.db import Database
from kernel.models import Deletion, Evidence, Officer, ScrubFinding

ASKED, ERASING, DONE, WITHDRAWN = "asked", "erasing", "done", "withdrawn"
ACTOR = "system:deletion"


def of_evidence(session: Session, evidence_id: str) -> Deletion | None:
    """The deletion of a piece of evidence that was not withdrawn."""
    query = select(Deletion).where(Deletion.evidence_id == evidence_id, Deletion.state != WITHDRAWN)
    return session.execute(query).scalars().first()


def ask(
    session: Session, evidence_id: str, *, account: str, reason: str, basis: str, at: datetime, years: int
) -> Deletion:
    """The first officer asks for a deletion.

    Args:
        session: a write session. reason, basis: in words. at: aware UTC. years: storage term of the settings.

    Raises:
        DeletionError: unknown, asked before, or without reason and basis. RetainedError and its kinds: not yet.
        OfficerUnknownError, OfficerRevokedError, OfficerExpiredError: not this officer.

    Effects: tables ``deletion``, ``custody_event``, ``audit``.
    """
    evidence = _locked(session, evidence_id)
    person = officer.require(officer.find(session, account), as_utc(at))
    retention.require_free(session, evidence, at, years)
    if of_evidence(session, evidence_id) is not None:
        raise DeletionError(f"expected no deletion of {evidence_id} yet, one is asked", hint="须由另一名执法人员同意。")
    if not reason.strip() or not basis.strip():
        raise DeletionError("expected a reason and a basis, got none", hint="请写明理由与依据。")
    row = Deletion(
        evidence_id=evidence_id, reason=retention.reason_of(reason), basis=retention.reason_of(basis),
        first=account, asked_at=as_utc(at),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, evidence, "deletion_asked", account, row, {"certificate_number": person.certificate_number}, at)
    return row


def agree(session: Session, evidence_id: str, *, account: str, at: datetime, years: int) -> Deletion:
    """Another officer agrees; everything is looked at once more, and from the commit on nobody reads the evidence.

    Raises:
        DeletionError: nothing was asked. OfficerTwiceError: the officer who asked. RetainedError and its kinds: a
            hold or a case came up since. OfficerUnknownError, OfficerRevokedError, OfficerExpiredError: one of the
            two is not in force.

    Effects: tables ``deletion``, ``evidence``, ``custody_event``, ``audit``.
    """
    evidence = _locked(session, evidence_id)
    row = of_evidence(session, evidence_id)
    if row is None or row.state != ASKED:
        raise DeletionError(f"expected a deletion that was asked, got {row.state if row else 'none'}", hint="先申请。")
    person = officer.require(officer.find(session, account), as_utc(at))
    first = officer.require(officer.find(session, row.first), as_utc(at))
    if first.id == person.id:
        raise OfficerTwiceError(
            f"expected another officer, {person.certificate_number} has asked for it",
            hint="须由另一名持证人员同意 another officer has to agree.",
        )
    retention.require_free(session, evidence, at, years)
    evidence.retention_until = retention.until(evidence, years)
    row.state, row.second, row.approved_at = ERASING, account, as_utc(at)
    _note(session, evidence, "deletion_agreed", account, row, {"certificate_number": person.certificate_number}, at)
    intake.transition(session, evidence, intake.DELETED, actor=account, at=at)
    return row


def withdraw(session: Session, evidence_id: str, *, account: str, at: datetime) -> Deletion:
    """An officer takes back what was asked and not agreed to.

    Raises:
        DeletionError: nothing to take back. OfficerUnknownError, OfficerRevokedError, OfficerExpiredError.

    Effects: tables ``deletion``, ``custody_event``, ``audit``.
    """
    evidence = _locked(session, evidence_id)
    row = of_evidence(session, evidence_id)
    if row is None or row.state != ASKED:
        raise DeletionError("expected a deletion that was asked and not agreed to, got none")
    number = retention.require_officer(session, account, at)
    row.state = WITHDRAWN
    _note(session, evidence, "deletion_withdrawn", account, row, {"certificate_number": number}, at)
    return row


def unfinished(session: Session) -> list[str]:
    """Evidence whose bytes are yet to go."""
    query = select(Deletion.evidence_id).where(Deletion.state == ERASING).order_by(Deletion.id)
    return list(session.execute(query).scalars())


def finish(
    database: Database,
    pair: StorePair,
    signer: Signer,
    evidence_id: str,
    *,
    copies: Path,
    clock: Callable[[], datetime],
) -> bool:
    """Erase the bytes in every place, then make the certificate. Done again after a crash it ends the same.

    Args:
        signer: of reports. copies: folder of working copies of packages.

    Returns:
        True when it is done; False when a place does not let go, and the row says why.

    Effects: the stores; tables ``deletion``, ``custody_event``, ``audit``.
    """
    with database.read() as session:
        key = session.get_one(Evidence, evidence_id).store_key
        twins = select(ScrubFinding.key).where(ScrubFinding.evidence_id == evidence_id)
        keys = sorted({key, *session.execute(twins).scalars()})
    try:
        for one in keys:
            for place in PLACES:
                store = pair.at(place)
                if store is not None:
                    store.erase(one)
            (copies / one).unlink(missing_ok=True)
    except EvidenceError as error:
        with database.write() as session:
            row = of_evidence(session, evidence_id)
            if row is not None:
                row.error_code, row.error = error.code, error.message
        return False
    at = clock()
    with database.write() as session:
        evidence = _locked(session, evidence_id)
        row = of_evidence(session, evidence_id)
        if row is None or row.state != ERASING:
            return row is not None and row.state == DONE
        _certify(session, evidence, row, pair, signer, at)
    return True


def _certify(  # noqa: PLR0917 - one deletion with its surroundings
    session: Session, evidence: Evidence, row: Deletion, pair: StorePair, signer: Signer, at: datetime
) -> None:
    people = [
        (_person(session, row.first), "asked", row.asked_at),
        (_person(session, row.second), "agreed", row.approved_at or row.asked_at),
    ]
    places = [pair.names[place] for place in PLACES if pair.at(place) is not None]
    certificate = deletion_certificate.make(evidence, row, people, places, at)
    row.certificate = certificate.decode()
    row.signature = deletion_certificate.sign(certificate, signer, at)
    row.state, row.done_at, row.error_code, row.error = DONE, as_utc(at), "", ""
    detail: dict[str, object] = {
        "certificate_sha256": sha256_hex(certificate),
        "signature_sha256": sha256_hex(row.signature),
        "officers": [one.certificate_number for one, _, _ in people],
    }
    _note(session, evidence, "deleted", ACTOR, row, detail, at)


def _person(session: Session, account: str) -> Officer:
    return session.execute(select(Officer).where(Officer.account == account)).scalar_one()


def _locked(session: Session, evidence_id: str) -> Evidence:
    evidence = session.get(Evidence, evidence_id, with_for_update=True)
    if evidence is None:
        raise DeletionError(f"expected known evidence, got {evidence_id[:80]!r}", hint="wangjian evidence list")
    return evidence


def _note(  # noqa: PLR0917 - the parts of one record
    session: Session,
    evidence: Evidence,
    action: str,
    actor: str,
    row: Deletion,
    detail: dict[str, object],
    at: datetime,
) -> None:
    custody.append(
        session, evidence_id=evidence.id, action=action, actor=actor, purpose=row.reason,
        object_sha256=evidence.root_sha256, detail={**detail, "basis": row.basis}, at=at,
    )  # fmt: skip
    audit.append(
        session, actor=actor, action=f"evidence.{action}", object_type="evidence", object_id=evidence.id,
        detail={**detail, "basis": row.basis, "reason": row.reason}, at=at,
    )  # fmt: skip
