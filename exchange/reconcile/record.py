"""What is written down of a comparison, and what follows from it: rows sent again, notices, settled differences."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from exchange import notice
from exchange.reconcile.desk import Source
from exchange.reconcile.report import Terms
from exchange.reconcile.tally import ALTERED, EXTRA, MISSING, Difference, Manifest
from kernel import audit
from kernel.clock import as_utc
from kernel.errors import WangjianError
from kernel.models import Difference as DifferenceRow
from kernel.models import Reconciliation

ASKER, ANSWERER = "asker", "answerer"
ASKED, REPORTED, AGREED, DISPUTED, FAILED = "asked", "reported", "agreed", "disputed", "failed"
OPEN_STATES = ("found", "sent", "asked", "person")
ACTOR = "system:reconciliation"
Found = Difference


def open_run(
    session: Session, terms: Terms, role: str, ours: Manifest, *, theirs: Manifest | None = None, at: datetime
) -> Reconciliation:
    """Write down that a comparison has begun. Effects: tables ``reconciliation``, ``audit``."""
    row = Reconciliation(
        id=terms.run,
        peer=terms.answerer if role == ASKER else terms.asker,
        data_set=terms.data_set,
        role=role,
        sender=terms.sender,
        day=terms.day,
        cut=terms.cut,
        state=ASKED,
        ours=ours.as_json(),
        theirs=theirs.as_json() if theirs else {},
        begun_at=as_utc(at),
    )
    session.add(row)
    session.flush()
    _note(session, row, "begin", at)
    return row


def heard(session: Session, run: str, theirs: Manifest) -> None:
    """The peer's manifest is known. Effects: table ``reconciliation``."""
    session.get_one(Reconciliation, run).theirs = theirs.as_json()


def report(
    session: Session,
    run: str,
    found: Sequence[Difference],
    text: str,
    signature: Mapping[str, str],
    *,
    at: datetime | None = None,
) -> None:
    """A report that this side signed, with every difference as this side sees it.

    Effects: tables ``reconciliation``, ``reconciliation_difference``.
    """
    row = session.get_one(Reconciliation, run)
    row.report, row.our_signature, row.state = text, dict(signature), REPORTED
    row.missing = sum(one.kind == MISSING for one in found)
    row.extra = sum(one.kind == EXTRA for one in found)
    row.altered = sum(one.kind == ALTERED for one in found)
    known = set(session.execute(select(DifferenceRow.key).where(DifferenceRow.reconciliation_id == run)).scalars())
    session.add_all(
        DifferenceRow(
            reconciliation_id=run, kind=one.kind, key=one.key, ours=one.ours, theirs=one.theirs,
            at=as_utc(at or row.begun_at),
        )
        for one in found
        if one.key not in known
    )  # fmt: skip
    session.flush()


def agree(session: Session, run: str, signature: Mapping[str, str], source: Source, me: str, *, at: datetime) -> None:
    """Both signed. The sender sends again what is missing or altered; what only its peer has is for a person.

    Effects: tables of reconciliations, ``notice``, ``audit``; what the source's ``mend`` does.
    """
    row = session.get_one(Reconciliation, run)
    if row.state == AGREED:
        return
    row.their_signature, row.state, row.ended_at = dict(signature), AGREED, as_utc(at)
    rows = list(
        session.execute(select(DifferenceRow).where(DifferenceRow.reconciliation_id == run).order_by(DifferenceRow.id))
        .scalars()
        .all()
    )
    _mend(session, rows, source, me, at)
    _settle(session, row, {one.key for one in rows}, at)
    _note(session, row, "agree", at)
    if any(one.state == "person" for one in rows):
        _tell(session, row, at)


def _mend(session: Session, rows: Sequence[DifferenceRow], source: Source, me: str, at: datetime) -> None:
    """At the sender ``missing`` and ``altered`` are sent again; at the receiver ``extra`` and ``altered`` will come."""
    comes_again = {MISSING, ALTERED} if source.sender == me else {EXTRA, ALTERED}
    mended: Mapping[str, str] = {}
    if source.sender == me:
        wanted = [one.key for one in rows if one.kind in comes_again]
        mended = source.mend(session, wanted, at) if wanted else {}
    for one in rows:
        if one.kind not in comes_again:
            one.state = "person"
        elif source.sender != me:
            one.state = "asked"
        else:
            one.message_id = mended.get(one.key, "")
            one.state = "sent" if one.message_id else "person"


def _settle(session: Session, row: Reconciliation, differing: set[str], at: datetime) -> None:
    """Differences of earlier comparisons that are there no more."""
    earlier = (
        select(DifferenceRow)
        .join(Reconciliation, Reconciliation.id == DifferenceRow.reconciliation_id)
        .where(
            Reconciliation.peer == row.peer,
            Reconciliation.data_set == row.data_set,
            Reconciliation.id != row.id,
            Reconciliation.cut <= row.cut,
            DifferenceRow.state.in_(OPEN_STATES),
        )
    )
    for one in session.execute(earlier).scalars():
        if one.key not in differing:
            one.state = "settled"
    still_open = select(DifferenceRow.reconciliation_id).where(DifferenceRow.state == "person").distinct()
    over = set(
        session.execute(
            select(Reconciliation.id).where(
                Reconciliation.peer == row.peer,
                Reconciliation.data_set == row.data_set,
                Reconciliation.id.not_in(still_open),
            )
        ).scalars()
    )
    notice.done(session, [f"reconciliation:{run}" for run in over], at=at)


def fail(session: Session, run: str, error: WangjianError, *, moved: bool, at: datetime) -> None:
    """The comparison ended without two signatures: the rows moved (it begins anew), or the sides dispute.

    Effects: tables ``reconciliation``, ``notice``, ``audit``.
    """
    row = session.get_one(Reconciliation, run)
    if row.state in {AGREED, FAILED, DISPUTED}:
        return
    row.state, row.error, row.ended_at = FAILED if moved else DISPUTED, error.message, as_utc(at)
    session.execute(
        update(DifferenceRow)
        .where(DifferenceRow.reconciliation_id == run, DifferenceRow.state == "found")
        .values(state="settled" if moved else "person")
    )
    _note(session, row, "fail", at)
    if not moved:
        _tell(session, row, at)


def _tell(session: Session, row: Reconciliation, at: datetime) -> None:
    title = f"与 {row.peer} 对账需人工处理 reconciliation with {row.peer} needs a person: {row.data_set} {row.day}"
    notice.tell(
        session, key=f"reconciliation:{row.id}", owner=notice.EXCHANGE_OFFICE, kind="reconciliation", title=title,
        detail={"missing": row.missing, "extra": row.extra, "altered": row.altered, "error": row.error},
        link=f"/exchange/reconciliations/{row.id}", at=at,
    )  # fmt: skip


def _note(session: Session, row: Reconciliation, verb: str, at: datetime) -> None:
    detail = {
        "peer": row.peer, "data_set": row.data_set, "day": row.day, "missing": row.missing, "extra": row.extra,
        "altered": row.altered, "error": row.error,
    }  # fmt: skip
    audit.append(
        session, actor=ACTOR, action=f"reconciliation.{verb}", object_type="reconciliation", object_id=row.id,
        detail=detail, at=at,
    )  # fmt: skip
