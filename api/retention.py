"""Legal holds and deletions by officers who are signed in."""

from api.approvals import require_own_password
from api.auth import SignedIn
from api.context import Context
from api.errors import ConflictError
from api.queries.evidence import find_evidence
from evidence import deletion, retention
from kernel.models import Deletion, LegalHold


def hold_evidence(context: Context, who: SignedIn, evidence_id: str, reason: str, case: str) -> LegalHold:
    """The signed-in officer holds evidence.

    Raises:
        NotFoundError: no such evidence for this person. Errors of ``evidence.retention.hold``.

    Effects: tables ``legal_hold``, ``custody_event``, ``audit``.
    """
    with context.database.write() as session:
        row = find_evidence(session, who.scope, evidence_id)
        return retention.hold(session, row.id, account=who.scope.name, reason=reason, case=case, at=context.now())


def release_evidence(context: Context, who: SignedIn, evidence_id: str, reason: str, password: str) -> int:
    """The signed-in officer releases every hold, with the password entered anew; how many there were.

    Raises:
        InputError: another password. NotFoundError. Errors of ``evidence.retention.release``.

    Effects: tables ``legal_hold``, ``custody_event``, ``audit``, ``user``.
    """
    require_own_password(context, who, password)
    with context.database.write() as session:
        row = find_evidence(session, who.scope, evidence_id)
        return len(retention.release(session, row.id, account=who.scope.name, reason=reason, at=context.now()))


def ask_deletion(  # noqa: PLR0917 - a form's fields
    context: Context, who: SignedIn, evidence_id: str, reason: str, basis: str, password: str
) -> Deletion:
    """The signed-in officer asks for a deletion.

    Raises:
        InputError: another password. NotFoundError. Errors of ``evidence.deletion.ask``.

    Effects: tables ``deletion``, ``custody_event``, ``audit``, ``user``.
    """
    require_own_password(context, who, password)
    with context.database.write() as session:
        row = find_evidence(session, who.scope, evidence_id)
        return deletion.ask(
            session, row.id, account=who.scope.name, reason=reason, basis=basis, at=context.now(),
            years=context.settings.retention_years,
        )  # fmt: skip


def agree_deletion(context: Context, who: SignedIn, evidence_id: str, password: str) -> Deletion:
    """Another signed-in officer agrees; the keeper erases the bytes and signs the certificate.

    Raises:
        InputError: another password. NotFoundError. Errors of ``evidence.deletion.agree``.

    Effects: tables ``deletion``, ``evidence``, ``custody_event``, ``audit``, ``user``.
    """
    require_own_password(context, who, password)
    with context.database.write() as session:
        row = find_evidence(session, who.scope, evidence_id)
        return deletion.agree(
            session, row.id, account=who.scope.name, at=context.now(), years=context.settings.retention_years
        )


def withdraw_deletion(context: Context, who: SignedIn, evidence_id: str) -> Deletion:
    """The signed-in officer takes back what was asked.

    Raises:
        NotFoundError. Errors of ``evidence.deletion.withdraw``.

    Effects: tables ``deletion``, ``custody_event``, ``audit``.
    """
    with context.database.write() as session:
        row = find_evidence(session, who.scope, evidence_id)
        return deletion.withdraw(session, row.id, account=who.scope.name, at=context.now())


def read_certificate(context: Context, who: SignedIn, evidence_id: str) -> tuple[bytes, bytes]:
    """The certificate of a deletion and its signature.

    Raises:
        NotFoundError. ConflictError: there is none yet.
    """
    with context.database.read() as session:
        row = deletion.of_evidence(session, find_evidence(session, who.scope, evidence_id).id)
    if row is None or not row.certificate:
        raise ConflictError("expected a deletion that is done, got none", hint="清除完成后由看护进程签发。")
    return row.certificate.encode(), row.signature
