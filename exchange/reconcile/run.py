"""A comparison from its beginning to the two signatures, a step at a time.

The asker begins with its manifest and upper buckets. The answerer narrows down to lower buckets, the asker sends the
rows in those that differ, the answerer lists the differences and signs the report, the asker checks it and signs too.
Sides that agree need three messages. A step reads in one transaction and writes in another, so that millions of rows
are counted without holding the write lock; done again after a crash it ends the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from exchange.reconcile import parcel, record
from exchange.reconcile.desk import Desk, Source
from exchange.reconcile.errors import MovedError, ReconcileError
from exchange.reconcile.report import Terms, as_item, check_report, read_items, run_id, write_report
from exchange.reconcile.tally import (
    LOWER,
    UPPER,
    Manifest,
    Tally,
    buckets_as_json,
    by_key,
    compare,
    differing,
    explains,
    key_digest,
    names_as_text,
    read_buckets,
    read_manifest,
    read_names,
    require_key,
    require_name,
    rows_in,
)
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.models import Reconciliation

Write = Callable[[Session], None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A step that came whole: of which comparison, from whom, what it says, and when it is worked on."""

    run: str
    peer: str
    head: Mapping[str, object]
    items: list[object]
    at: datetime


def begin(database: Database, desk: Desk, peer: str, data_set: str, *, day: str, before: datetime, at: datetime) -> str:
    """Ask a peer for a comparison; asked before, nothing happens.

    Args:
        day: ``YYYY-MM-DD`` in China, with ``.2`` … when it is done again. before: rows older than this are compared.

    Returns:
        id of the comparison.

    Raises:
        ReconcileError: no such data set with this peer.

    Effects: tables ``reconciliation``, ``audit``, the outbox.
    """
    source = _source(desk, peer, data_set)
    run = run_id(desk.me, peer, data_set, day)
    with database.read() as session:
        if session.get(Reconciliation, run) is not None:
            return run
        cut = source.cut(session, before)
        tally = Tally(data_set, source.rows(session, cut))
    terms = Terms(run, data_set, day, cut, source.sender, desk.me, peer)
    head = {
        "answerer": peer,
        "cut": cut,
        "data_set": data_set,
        "day": day,
        "manifest": tally.manifest.as_json(),
        "sender": source.sender,
    }
    with database.write() as session:
        if session.get(Reconciliation, run) is None:
            record.open_run(session, terms, record.ASKER, tally.manifest, at=at)
            _send(session, desk, peer, run, "manifest", head, buckets_as_json(tally.upper()), at)
    return run


def work(database: Database, desk: Desk, *, at: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Work on every step that came whole; how many there were.

    A step that does not fit is refused: the comparison has failed at both sides, and the next turn may begin anew.

    Effects: tables of reconciliations, ``notice``, ``audit``, the outbox.
    """
    with database.read() as session:
        waiting = parcel.complete(session)
    done = 0
    for run, step in waiting:
        if not goes_on():
            break
        with database.read() as session:
            try:
                peer, head, items = parcel.joined(session, run, step)
                write = _STEPS[step](session, desk, Arrival(run, peer, head, items, at))
            except WangjianError as error:
                write = _refusal(session, desk, run, step, error, at)
        with database.write() as session:
            write(session)
            parcel.finish(session, run, step, at=at)
        done += 1
    return done


def _source(desk: Desk, peer: str, data_set: str) -> Source:
    source = desk.source(peer, data_set)
    if source is None or source.sender not in {desk.me, peer}:
        raise ReconcileError(f"expected a data set that is exchanged with {peer}, got {data_set[:80]!r}")
    return source


def _send(  # noqa: PLR0917 - the parts of one step
    session: Session,
    desk: Desk,
    peer: str,
    run: str,
    step: str,
    head: Mapping[str, object],
    items: Sequence[object],
    at: datetime,
) -> None:
    for payload in parcel.parcels(run, step, head, items):
        desk.post(session, peer, payload, at)


def _refusal(  # noqa: PLR0917 - one failed step
    session: Session, desk: Desk, run: str, step: str, error: WangjianError, at: datetime
) -> Write:
    row = session.get(Reconciliation, run)
    peer = parcel.sender_of(session, run, step)

    def write(session: Session) -> None:
        if row is not None and row.peer == peer:
            record.fail(session, run, error, moved=isinstance(error, MovedError), at=at)
        if step != "stop":
            _send(session, desk, peer, run, "stop", {"code": error.code, "message": error.message}, [], at)

    return write


def _known(session: Session, desk: Desk, run: str, peer: str, role: str) -> tuple[Reconciliation, Terms, Source]:
    row = session.get(Reconciliation, run)
    if row is None or row.peer != peer or row.role != role:
        raise ReconcileError(f"expected a step of a comparison between us, got {run[:60]!r}")
    asker, answerer = (desk.me, peer) if role == record.ASKER else (peer, desk.me)
    terms = Terms(run, row.data_set, row.day, row.cut, row.sender, asker, answerer)
    return row, terms, _source(desk, peer, row.data_set)


def _terms_asked(desk: Desk, run: str, peer: str, head: Mapping[str, object]) -> Terms:
    if set(head) != {"answerer", "cut", "data_set", "day", "manifest", "sender"}:
        raise ReconcileError("expected the terms of a comparison, got other fields")
    data_set, day, cut = str(head["data_set"]), str(head["day"]), head["cut"]
    if not isinstance(cut, int) or isinstance(cut, bool) or not 0 <= cut < 1 << 63 or not 10 <= len(day) <= 14:
        raise ReconcileError("expected a sequence number as cut and a day, got others")
    if head["answerer"] != desk.me or run != run_id(peer, desk.me, data_set, day):
        raise ReconcileError("expected a comparison that is asked of this installation, got another's")
    return Terms(run, data_set, day, cut, str(head["sender"]), peer, desk.me)


def _on_manifest(session: Session, desk: Desk, came: Arrival) -> Write:
    terms = _terms_asked(desk, came.run, came.peer, came.head)
    source = _source(desk, came.peer, terms.data_set)
    if source.sender != terms.sender:
        raise ReconcileError(f"expected {source.sender} as sender of {terms.data_set}, got {terms.sender[:20]!r}")
    theirs, uppers = read_manifest(came.head["manifest"]), read_buckets(came.items, UPPER)
    tally = Tally(terms.data_set, source.rows(session, terms.cut))
    ours = tally.manifest
    if theirs.agrees_with(ours):
        text, signed = _report(desk, terms, theirs, ours, (), came.at)
        head_out, items_out, step = {"report": text, "signature": dict(signed)}, [], "report"
    else:
        names = differing(tally.upper(), uppers)
        text, signed, step = "", {}, "narrow"
        head_out = {"manifest": ours.as_json(), "uppers": names}
        items_out = buckets_as_json(tally.lower(names))

    def write(session: Session) -> None:
        if session.get(Reconciliation, came.run) is None:
            record.open_run(session, terms, record.ANSWERER, ours, theirs=theirs, at=came.at)
        if text:
            record.report(session, came.run, (), text, signed)
        _send(session, desk, came.peer, came.run, step, head_out, items_out, came.at)

    return write


def _report(  # noqa: PLR0917 - the parts of a report
    desk: Desk, terms: Terms, asker: Manifest, answerer: Manifest, found: Sequence[record.Found], at: datetime
) -> tuple[str, Mapping[str, str]]:
    text = write_report(terms, asker, answerer, found, at=at)
    return text, desk.sign(terms.asker, text.encode())


def _on_narrow(session: Session, desk: Desk, came: Arrival) -> Write:
    row, terms, source = _known(session, desk, came.run, came.peer, record.ASKER)
    theirs, lowers = read_manifest(came.head.get("manifest")), read_buckets(came.items, LOWER)
    names = came.head.get("uppers")
    uppers = [require_name(name, UPPER) for name in names] if isinstance(names, list) else []
    tally = Tally(terms.data_set, source.rows(session, terms.cut))
    _require_unmoved(row.ours, tally.manifest)
    wanted = differing(tally.lower(uppers), lowers)
    pairs = [list(pair) for pair in rows_in(source.rows(session, terms.cut), wanted)]

    def write(session: Session) -> None:
        record.heard(session, came.run, theirs)
        _send(session, desk, came.peer, came.run, "rows", {"lowers": names_as_text(wanted)}, pairs, came.at)

    return write


def _require_unmoved(known: Mapping[str, object], manifest: Manifest) -> None:
    if read_manifest(dict(known)) != manifest:
        raise MovedError(
            "expected the rows to stay as they were counted, got others",
            hint="Messages arrived meanwhile; the comparison begins anew.",
        )


def _on_rows(session: Session, desk: Desk, came: Arrival) -> Write:
    row, terms, source = _known(session, desk, came.run, came.peer, record.ANSWERER)
    wanted = read_names(came.head.get("lowers"))
    theirs = by_key(_pair(item) for item in came.items)
    ours = by_key(rows_in(source.rows(session, terms.cut), wanted))
    found = compare(theirs, ours)
    asker, answerer = read_manifest(row.theirs), read_manifest(row.ours)
    if not explains(asker, answerer, found):
        raise MovedError("expected rows that explain both sums, got others", hint="The comparison begins anew.")
    text, signed = _report(desk, terms, asker, answerer, found, came.at)

    def write(session: Session) -> None:
        record.report(session, came.run, [one.seen_from_the_other_side() for one in found], text, signed, at=came.at)
        body = {"report": text, "signature": dict(signed)}
        _send(session, desk, came.peer, came.run, "report", body, [as_item(one) for one in found], came.at)

    return write


def _pair(item: object) -> tuple[str, str]:
    if not isinstance(item, list) or len(item) != 2 or not all(isinstance(part, str) for part in item):
        raise ReconcileError("expected rows as key and digest, got another form")
    if len(item[1]) != 64:
        raise ReconcileError("expected a digest of 64 hex digits, got another form")
    return require_key(item[0]), item[1]


def _on_report(session: Session, desk: Desk, came: Arrival) -> Write:
    row, terms, source = _known(session, desk, came.run, came.peer, record.ASKER)
    text, signature = came.head.get("report"), came.head.get("signature")
    if not isinstance(text, str) or not isinstance(signature, dict):
        raise ReconcileError("expected a report and its signature, got others")
    desk.verify(came.peer, text.encode(), signature)
    found = read_items(came.items)
    ours = read_manifest(row.ours)
    theirs = check_report(text, terms, ours, found)
    wanted = sorted({key_digest(one.key).hex()[:LOWER] for one in found})
    held = by_key(rows_in(source.rows(session, terms.cut), wanted)) if wanted else {}
    if any(held.get(one.key, "") != one.ours for one in found):
        raise MovedError("expected the came.peer to list our rows as they are, got others")
    signed = desk.sign(came.peer, text.encode())

    def write(session: Session) -> None:
        record.heard(session, came.run, theirs)
        record.report(session, came.run, found, text, signed, at=came.at)
        record.agree(session, came.run, signature, source, desk.me, at=came.at)
        _send(session, desk, came.peer, came.run, "countersign", {"signature": dict(signed)}, [], came.at)

    return write


def _on_countersign(session: Session, desk: Desk, came: Arrival) -> Write:
    row, _, source = _known(session, desk, came.run, came.peer, record.ANSWERER)
    signature = came.head.get("signature")
    if not isinstance(signature, dict) or not row.report:
        raise ReconcileError("expected a signature over the report, got none")
    desk.verify(came.peer, row.report.encode(), signature)

    def write(session: Session) -> None:
        record.agree(session, came.run, signature, source, desk.me, at=came.at)

    return write


def _on_stop(session: Session, desk: Desk, came: Arrival) -> Write:
    del desk
    row = session.get(Reconciliation, came.run)
    known = row is not None and row.peer == came.peer
    error = ReconcileError(f"the peer stopped: {str(came.head.get('message', ''))[:300]}")
    moved = came.head.get("code") == MovedError.code

    def write(session: Session) -> None:
        if known:
            record.fail(session, came.run, error, moved=moved, at=came.at)

    return write


_STEPS: dict[str, Callable[[Session, Desk, Arrival], Write]] = {
    "manifest": _on_manifest,
    "narrow": _on_narrow,
    "rows": _on_rows,
    "report": _on_report,
    "countersign": _on_countersign,
    "stop": _on_stop,
}
