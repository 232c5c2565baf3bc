"""Steps over the capture node: its signature over what it left, and the running hash of the archive.

Spec: 在线诉讼规则 (2021) 第18条 (authenticity before upload).
"""

from evidence import custody, manifest, stated
from evidence import running as runnings
from evidence.errors import EvidenceError
from evidence.inspection import PASSED, Inspection, Outcome, failed, reserved, skipped
from evidence.verdict import State

PAIR = (manifest.NODE_LIST, manifest.NODE_SIGNATURE)


def node(run: Inspection) -> Outcome:
    """The node signed a list of what it left, that is here, and the seal says the same. E811-E814 W811."""
    outcome = _listed(run)
    if outcome[0] is State.FAILED:
        return outcome
    wrong = _untrue(run)
    return failed("E814", ", ".join(wrong)) if wrong else outcome


def _untrue(run: Inspection) -> list[str]:
    """What the seal says of the capture and its records do not; a record that is withheld is not asked."""
    there = {name: run.small(name) for name in (manifest.CAPTURE, manifest.COMPLETENESS) if run.has(name)}
    return stated.contradictions(run.facts, there)


def _listed(run: Inspection) -> Outcome:
    there = [run.has(name) for name in PAIR]
    if not any(there):
        return _withheld(run, *PAIR) or reserved("W811")
    if not all(there):
        return failed("E811", "the list or its signature is missing")
    try:
        listed = manifest.parse(run.read(manifest.NODE_LIST))
    except EvidenceError as error:
        return failed("E811", error.message)
    if not listed or not all(manifest.belongs(name, "node") for name in listed):
        return failed("E811", "the list names other files than the capture may leave")
    return _signed(run, listed)


def _signed(run: Inspection, listed: dict[str, str]) -> Outcome:
    roots = run.trust.roots("node")
    if not roots:
        return skipped("no node root on the trust list")
    outcome, _ = run.signed(manifest.NODE_SIGNATURE, manifest.NODE_LIST, roots, ("E811", "E812", "E813"))
    if outcome[0] is not State.PASSED:
        return outcome
    if not run.lists.payload:
        return _withheld(run, manifest.SHA256) or failed("E811", "no usable list of the originals")
    sealed = {**run.lists.payload, **run.lists.tags}
    other = {name for name, digest in listed.items() if sealed.get(name) != digest}
    other |= run.lists.payload.keys() - listed.keys()
    return failed("E811", ", ".join(sorted(other))) if other else outcome


def _withheld(run: Inspection, *names: str) -> Outcome | None:
    """N902 where these files are withheld and told, else none."""
    outcome = run.lacking(*names)
    return outcome if outcome[1] == "N902" else None


def running(run: Inspection) -> Outcome:
    """The archive is what it was while it was captured. E821 W821."""
    if not run.has(manifest.RUNNING):
        return _withheld(run, manifest.RUNNING) or reserved("W821")
    found = run.running
    if found is None:
        return failed("E821", f"{manifest.RUNNING} is not in its one form")
    if not run.has(found.file):
        return _withheld(run, found.file) or failed("E821", f"{found.file} is missing")
    wrong = _differing(run, found)
    return failed("E821", wrong) if wrong else (*PASSED[:2], f"{len(found.marks)} digests over {found.size} bytes")


def _differing(run: Inspection, found: runnings.Running) -> str:
    """What does not fit the running hash; empty when all does."""
    if run.package is None or not _member_fits(run, found):
        return f"{found.member} is not at byte {found.offset} of {found.file}, or not the only WARC there"
    digests = tuple(mark.sha256 for mark in found.marks)
    if run.package.digests(found.file).marks != digests:
        return f"{found.file} has other beginnings"
    if run.custody_holds and digests[-1] not in _checkpoints(run):
        return "custody does not know the digest of the whole archive"
    return ""


def _member_fits(run: Inspection, found: runnings.Running) -> bool:
    assert run.package is not None  # noqa: S101 - the caller has looked
    if found.offset + found.size > run.package.members[found.file].size:
        return False
    length = min(found.offset, runnings.LOCAL_BYTES + len(found.member))
    with run.package.open(found.file) as stream:
        stream.seek(found.offset - length)
        fits = runnings.header_fits(found, stream.read(length))
        return fits and runnings.is_alone(found, stream, run.package.members[found.file].size)


def _checkpoints(run: Inspection) -> set[str]:
    """Digests that custody says the archive had during the capture, of all tries."""
    records = custody.parse(run.read(manifest.CUSTODY))
    return {str(record["object_sha256"]) for record in records if record["action"] == "checkpoint"}
