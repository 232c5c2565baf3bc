"""Steps over people: the chain of custody, and who was allowed to do what.

Spec: 行政处罚法 (2021) 第42条 (two officers); 刑诉法解释 (2021) 第111条 (custody).
"""

from datetime import datetime, timedelta
from itertools import accumulate

from evidence import authorisation, manifest
from evidence import custody as custodies
from evidence.authorisation import Authorisation
from evidence.errors import EvidenceError
from evidence.inspection import PASSED, Inspection, Outcome, failed, reserved
from evidence.redaction import TIME
from evidence.verdict import State
from kernel.clock import iso, parse_iso
from kernel.errors import ClockError

TOLERANCE = timedelta(minutes=5)
"""Between the clocks of the installation, of the capture and of a timestamp service."""


def custody(run: Inspection) -> Outcome:
    """The chain of custody folds and is this evidence's; its times do not contradict. E501 E502 W504."""
    if not run.has(manifest.CUSTODY):
        return run.lacking(manifest.CUSTODY)
    try:
        records = custodies.parse(run.read(manifest.CUSTODY))
        count = custodies.check_records(records)
        times = [at.replace(microsecond=0) for at in custodies.moments(records)]
    except EvidenceError as error:
        return failed("E502", error.message)
    wanted = run.facts.get("evidence_id", "")
    if not count or not wanted or any(record["evidence_id"] != wanted for record in records):
        return failed("E502", f"expected the custody of {wanted}")
    run.custody_holds = True
    return _untimely(run, times) or (State.PASSED, "OK", f"{count} events")


def _untimely(run: Inspection, times: list[datetime]) -> Outcome | None:
    """What was sealed cannot have happened after the seal's timestamps, and what came later not long before."""
    stamped = run.earliest().replace(microsecond=0)
    if run.bound and run.stamps and max(times) - stamped > TOLERANCE:
        return failed("E501", f"an event at {iso(max(times))}, stamped {iso(stamped)}")
    for place, (latest, at) in enumerate(zip(accumulate(times, max), times, strict=True), start=1):
        if latest - at > TOLERANCE:
            return reserved("W504", f"event {place} at {iso(at)}, an earlier one at {iso(latest)}")
    return None


def authority(run: Inspection) -> Outcome:
    """The record of authorisation keeps the rules, fits the proven times and the custody. E801-E804 W801 W802."""
    if not run.has(manifest.AUTHORITY):
        return run.lacking(manifest.AUTHORITY)
    try:
        record = authorisation.parse(run.read(manifest.AUTHORITY))
        authorisation.check(record)
    except EvidenceError as error:
        return failed("E801", error.message)
    return _contradicted(run, record) or _reserved(run, record) or (*PASSED[:2], f"{record.kind} {record.number}")


def _contradicted(run: Inspection, record: Authorisation) -> Outcome | None:
    """What the proven times or the custody say against the record; none where they fit."""
    if run.bound and run.stamps:
        latest = iso(run.earliest().replace(microsecond=0) + TOLERANCE)
        after = [one.approved_at for one in record.officers if one.approved_at > latest]
        if after:
            return failed("E802", f"approved {max(after)}, stamped {iso(run.earliest())}")
    early = _too_early(record, run.facts.get("captured_to", ""))
    if early:
        return failed("E804", early)
    other = _unknown_to_custody(run, record)
    return failed("E803", other) if other else None


def _too_early(record: Authorisation, captured: str) -> str:
    """An approval of what was not there yet; not judged where the capture's end cannot be read."""
    try:
        ended = parse_iso(captured).replace(microsecond=0) if TIME.fullmatch(captured) else None
    except ClockError:
        return ""
    if ended is None or captured < "0002":
        return ""
    before = [one.approved_at for one in record.officers if one.approved_at < iso(ended - TOLERANCE)]
    return f"approved {min(before)}, captured until {captured}" if before else ""


def _reserved(run: Inspection, record: Authorisation) -> Outcome | None:
    if _outside(record, run.facts.get("captured_from", "")):
        return reserved("W802", f"captured {run.facts['captured_from']}, from {record.valid_from} to {record.valid_to}")
    if not record.officers:
        return reserved("W801", record.number)
    return None


def _unknown_to_custody(run: Inspection, record: Authorisation) -> str:
    """What custody does not say of the people in the record; not judged where its chain does not fold."""
    if not run.custody_holds:
        return ""
    try:
        records = custodies.parse(run.read(manifest.CUSTODY))
        authorisation.require_custody(record, records, run.lists.tags.get(manifest.CAPTURE, ""))
    except EvidenceError as error:
        return error.message
    return ""


def _outside(record: Authorisation, captured: str) -> bool:
    """Whether the capture began outside the time of validity; not judged where its time cannot be read.

    The window is compared as text, as it need not name days that exist.
    """
    try:
        started = parse_iso(captured).replace(microsecond=0) if TIME.fullmatch(captured) else None
    except ClockError:
        return False
    if started is None:
        return False
    if not "0002" <= captured < "9999":
        return True
    return record.valid_from > iso(started + TOLERANCE) or record.valid_to < iso(started - TOLERANCE)
