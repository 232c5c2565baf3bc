"""Steps over the log: its signature, the proof, the witnesses.

Spec: C2SP tlog-checkpoint, tlog-proof, tlog-cosignature; RFC 6962 section 2.1.
"""

from datetime import datetime

from evidence import manifest
from evidence.errors import EvidenceError
from evidence.inspection import PASSED, Inspection, Outcome, failed, reserved, skipped
from evidence.log import checkpoint, entry, proof
from evidence.log.errors import LogFormError, NoteSignatureError, NotIncludedError
from evidence.log.note import Note, Statement
from evidence.log.proof import Proof
from evidence.verdict import State


def require_plain(data: bytes) -> None:
    """Refuse a checkpoint with anything but ASCII beside the dashes that begin its signature lines.

    Narrower than the standard, so that a shell reads the same names as we do.

    Raises:
        LogFormError: other bytes.
    """
    if not data.replace(b"\n\xe2\x80\x94 ", b"\n- ").isascii() or b"\x7f" in data:
        raise LogFormError("expected names of ASCII in a checkpoint, got other bytes")


def log(run: Inspection) -> Outcome:
    """A listed log signed the checkpoint, and the proof leads from this package to its root. E401 E402 E403."""
    if not run.has(manifest.CHECKPOINT, manifest.PROOF):
        return run.lacking(manifest.CHECKPOINT, manifest.PROOF)
    try:
        data = run.read(manifest.CHECKPOINT)
        require_plain(data)
        run.note, run.checkpoint = checkpoint.read(data)
        found = proof.parse(run.read(manifest.PROOF))
    except EvidenceError as error:
        return failed("E403", error.message)
    if found.checkpoint != data:
        return failed("E403", f"the checkpoint in {manifest.PROOF} is not {manifest.CHECKPOINT}")
    return _judged(run, found)


def _judged(run: Inspection, found: Proof) -> Outcome:
    # The fold first: it needs no trust, and says whether the stamped checkpoint is about this package.
    unfolded = _fold(run, found)
    keys = [key for key, _ in run.note_keys("log")]
    if not keys:
        return skipped("no log on the trust list")
    signed, tree = checkpoint.read(found.checkpoint)
    try:
        checkpoint.verify_log(signed, keys)
    except NoteSignatureError as error:
        return failed("E402", error.message)
    if unfolded:
        return failed("E401", unfolded)
    run.index = found.index
    return State.PASSED, "OK", f"{tree.origin} {found.index} of {tree.size}"


def _fold(run: Inspection, found: Proof) -> str:
    """Whether the proof leads to the root; the reason if it does not. Binds the stamped checkpoint."""
    if not run.has(manifest.TAGS, manifest.SIGNATURE):
        return "no package to be proven: its list or signature is missing"
    try:
        proof.check(found, entry.package(run.root, run.sha256(manifest.SIGNATURE)))
    except (NotIncludedError, LogFormError) as error:
        return error.message
    run.bound = True
    return ""


def cosigners(run: Inspection, note: Note) -> tuple[Statement, ...]:
    """What the listed witnesses that cosigned said, with their times.

    Raises:
        NoteSignatureError: a listed witness's line does not hold.
    """
    keys = [key for key, _ in run.note_keys("witness")]
    return checkpoint.verify_witnesses(note, keys)


def latest_of(statements: tuple[Statement, ...]) -> datetime | None:
    """When the last of these witnesses cosigned, aware UTC; none where none did."""
    return max((statement.at for statement in statements if statement.at is not None), default=None)


def witness(run: Inspection) -> Outcome:
    """Enough listed witnesses cosigned; one at least. W402 E404."""
    if run.note is None:
        return run.lacking(manifest.CHECKPOINT, why="no checkpoint that can be read")
    try:
        statements = cosigners(run, run.note)
    except NoteSignatureError as error:
        return failed("E404", error.message)
    run.cosigned = tuple(statement.name for statement in statements)
    run.cosigned_at = latest_of(statements)
    count, wanted = len(run.cosigned), run.trust.quorum
    if count < max(wanted, 1):
        return reserved("W402", f"{count}/{wanted}")
    return PASSED[0], PASSED[1], f"{count}/{wanted}: {', '.join(sorted(run.cosigned))}"
