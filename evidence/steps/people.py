"""Steps over people: the chain of custody, and who was allowed to do what.

Spec: 行政处罚法 (2021) 第42条 (two officers); 刑诉法解释 (2021) 第111条 (custody).
"""

from evidence import authorisation, manifest
from evidence import custody as custodies
from evidence.errors import EvidenceError
from evidence.inspection import PASSED, Inspection, Outcome, failed, reserved
from evidence.verdict import State


def custody(run: Inspection) -> Outcome:
    """The chain of custody folds and is this evidence's. E502."""
    if not run.has(manifest.CUSTODY):
        return run.lacking(manifest.CUSTODY)
    try:
        records = custodies.parse(run.read(manifest.CUSTODY))
        count = custodies.check_records(records)
    except EvidenceError as error:
        return failed("E502", error.message)
    wanted = run.facts.get("evidence_id", "")
    if not count or any(record["evidence_id"] != wanted for record in records):
        return failed("E502", f"expected the custody of {wanted}")
    run.custody_holds = True
    return State.PASSED, "OK", f"{count} events"


def authority(run: Inspection) -> Outcome:
    """The record of authorisation and officers keeps the rules. E801 W801."""
    if not run.has(manifest.AUTHORITY):
        return run.lacking(manifest.AUTHORITY)
    try:
        record = authorisation.parse(run.read(manifest.AUTHORITY))
        authorisation.check(record)
    except EvidenceError as error:
        return failed("E801", error.message)
    if not record.officers:
        return reserved("W801", record.number)
    return PASSED[0], PASSED[1], f"{record.kind} {record.number}"
