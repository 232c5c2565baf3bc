"""What must hold before a capture is sealed: a seal over something that contradicts itself helps nobody.

Captures without a beacon, a running hash or the node's signature (imports, older records) can be
sealed; the verifier says so (W501, W821, W811). What is there has to hold.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from evidence import authorisation, cms, manifest, running, timestamp
from evidence.authorisation import Authorisation
from evidence.capture import Capture
from evidence.custody import check_records
from evidence.errors import CaptureFolderError, CustodyBrokenError, EvidenceError, MalformedError
from evidence.log import checkpoint
from evidence.steps.stamped import TOLERANCE
from kernel.crypto import sha256_hex

HINT = "The capture folder was changed or is damaged: capture the page again."


def require_custody(records: Sequence[Mapping[str, object]], evidence_id: str) -> None:
    """The chain folds and is this evidence's.

    Raises:
        CustodyBrokenError: it does not, or is empty, or another's.
    """
    if check_records(records) == 0 or any(record["evidence_id"] != evidence_id for record in records):
        raise CustodyBrokenError(f"expected the custody of {evidence_id}, got none or that of another")


def require_authority(record: Authorisation, records: Sequence[Mapping[str, object]], capture_sha256: str) -> None:
    """The authorisation keeps the rules (window, officers, nobody both captures and seals) and custody knows it.

    Args:
        records: custody so far. capture_sha256: of ``meta/capture.json``, hex.

    Raises:
        EvidenceError: it does not.
    """
    try:
        authorisation.check(record)
        authorisation.require_custody(record, records, capture_sha256)
    except MalformedError as error:
        raise EvidenceError(
            f"expected an authorisation that keeps the rules: {error.message}",
            hint="Enter a valid authorisation and two officers, then seal again.",
        ) from error


def require_capture(
    folder: Path,
    capture: Capture,
    *,
    digests: Mapping[str, str],
    records: Sequence[Mapping[str, object]],
    node_roots: Sequence[x509.Certificate],
    at: datetime,
) -> None:
    """What the capture left fits together.

    Args:
        digests: SHA-256 of each file of the folder, hex. records: custody so far. node_roots: of our nodes.
        at: now, aware UTC.

    Raises:
        CaptureFolderError: the node's list or signature, the running hash or the beacon does not hold.
        CustodyBrokenError: custody knows other running digests.
    """
    try:
        _require_node(folder, digests, node_roots, at)
        _require_running(folder, digests, records)
        _require_beacon(folder, capture)
    except (CaptureFolderError, CustodyBrokenError):
        raise
    except (EvidenceError, OSError) as error:
        raise CaptureFolderError(f"expected a capture that fits together: {error}", hint=HINT) from error


def _require_node(folder: Path, digests: Mapping[str, str], roots: Sequence[x509.Certificate], at: datetime) -> None:
    pair = (manifest.NODE_LIST, manifest.NODE_SIGNATURE)
    if not any(name in digests for name in pair):
        return
    if not all(name in digests for name in pair):
        raise CaptureFolderError("expected the node's list and its signature, got one of them", hint=HINT)
    cms.verify((folder / pair[1]).read_bytes(), bytes.fromhex(digests[pair[0]]), roots, at)
    listed = manifest.parse((folder / pair[0]).read_bytes())
    there = {name: digest for name, digest in digests.items() if name not in pair}
    if listed != there:
        other = sorted(name for name in {*listed, *there} if listed.get(name) != there.get(name))
        raise CaptureFolderError(f"expected what the node signed, got others: {', '.join(other)[:200]}", hint=HINT)


def _require_running(folder: Path, digests: Mapping[str, str], records: Sequence[Mapping[str, object]]) -> None:
    if manifest.RUNNING not in digests:
        return
    found = running.parse((folder / manifest.RUNNING).read_bytes())
    if found.file not in digests:
        raise CaptureFolderError(f"expected {found.file} beside its running hash, got none", hint=HINT)
    running.check_file(found, folder / found.file)
    # Earlier tries left events too, and a kill may have come between a line and its event; the last was told.
    events = {str(record["object_sha256"]) for record in records if record["action"] == "checkpoint"}
    if found.marks[-1].sha256 not in events:
        raise CustodyBrokenError(
            f"expected a custody event for the running digest of all {found.size} bytes, got none", hint=HINT
        )


def _require_beacon(folder: Path, capture: Capture) -> None:
    stamps = [name for name in capture.files if manifest.BEACON_STAMP.fullmatch(name)]
    if manifest.BEACON not in capture.files and not stamps:
        return
    if manifest.BEACON not in capture.files or len(stamps) != 1:
        raise CaptureFolderError("expected a beacon with exactly one timestamp, got another number", hint=HINT)
    data = (folder / manifest.BEACON).read_bytes()
    checkpoint.read(data)
    taken = timestamp.peek_time((folder / stamps[0]).read_bytes(), imprint=bytes.fromhex(sha256_hex(data)))
    if taken is None or taken > capture.started_at + TOLERANCE:
        raise CaptureFolderError(
            f"expected a beacon stamped before {capture.started_at.isoformat()}, got {taken}", hint=HINT
        )
