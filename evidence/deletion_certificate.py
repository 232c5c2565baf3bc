"""Deletion certificates: what was deleted, why, on what ground and by whom; signed, and entered in the log.

A certificate is canonical JSON and a line feed, with a detached CAdES signature by the report key. The custody event
``deleted`` names the digests of both, and the event's hash is an entry of the witnessed log. On disk a certificate is
a folder: ``certificate.json``, ``certificate.p7s``, ``custody.jsonl`` and, where the log is witnessed,
``item.tlog-proof``.

Spec: RFC 5652 section 5 (SignedData); C2SP tlog-proof (the entry of the event).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evidence import cms, custody
from evidence.errors import CertificateError, EvidenceError
from evidence.log import checkpoint, entry, proof
from evidence.log.note import parse_vkey
from evidence.signer import Signer
from evidence.trust import Trust
from kernel.clock import iso, parse_iso
from kernel.crypto import canonical_json, sha256_hex
from kernel.errors import WangjianError
from kernel.models import Deletion, Evidence, Officer

LEAST_OFFICERS = 2
FORMAT = "wangjian-deletion-1"
JSON_NAME, SIGNATURE_NAME, CUSTODY_NAME, PROOF_NAME = (
    "certificate.json",
    "certificate.p7s",
    "custody.jsonl",
    "item.tlog-proof",
)
FIELDS = frozenset(
    (
        "basis",
        "case_number",
        "deleted_at",
        "evidence_id",
        "format",
        "officers",
        "places",
        "reason",
        "retention_until",
        "root_sha256",
        "sealed_at",
        "sha256",
        "size",
        "url",
    )
)


def make(
    evidence: Evidence, deletion: Deletion, officers: Sequence[tuple[Officer, str, datetime]], places: Sequence[str],
    at: datetime,
) -> bytes:  # fmt: skip
    """The certificate of a deletion whose bytes are gone.

    Args:
        officers: who decided, with ``asked`` or ``agreed`` and when. places: the stores that were erased.
        at: when the bytes were gone, aware UTC.
    """
    value = {
        "basis": deletion.basis,
        "case_number": evidence.case_number,
        "deleted_at": iso(at),
        "evidence_id": evidence.id,
        "format": FORMAT,
        "officers": [
            {
                "at": iso(when),
                "certificate_number": person.certificate_number,
                "did": did,
                "name": person.name,
                "unit": person.unit,
            }
            for person, did, when in officers
        ],
        "places": sorted(places),
        "reason": deletion.reason,
        "retention_until": iso(evidence.retention_until) if evidence.retention_until else "",
        "root_sha256": evidence.root_sha256,
        "sealed_at": iso(evidence.sealed_at) if evidence.sealed_at else "",
        "sha256": evidence.store_key,
        "size": evidence.size,
        "url": evidence.url,
    }
    return canonical_json(value) + b"\n"


def sign(certificate: bytes, signer: Signer, at: datetime) -> bytes:
    """Its detached signature, DER."""
    return cms.sign(hashlib.sha256(certificate).digest(), signer, at)


@dataclass(frozen=True, slots=True)
class Checked:
    """A certificate that holds.

    Attributes:
        logged: whether a proof binds it to a checkpoint of a listed log. witnesses: how many cosigned that.
    """

    value: Mapping[str, object]
    logged: bool
    witnesses: int


def write(folder: Path, certificate: bytes, signature: bytes, chain: bytes, proof_bytes: bytes) -> None:
    """Write the certificate's folder, which must not be there.

    Args:
        chain: the rendered chain of custody. proof_bytes: C2SP tlog-proof of its last event, or empty.

    Raises:
        CertificateError: it is there, or cannot be written.

    Effects: files in ``folder``.
    """
    try:
        folder.mkdir(parents=True)
        for name, data in (
            (JSON_NAME, certificate), (SIGNATURE_NAME, signature), (CUSTODY_NAME, chain), (PROOF_NAME, proof_bytes)
        ):  # fmt: skip
            if data:
                (folder / name).write_bytes(data)
    except OSError as error:
        raise CertificateError(f"expected a new folder {folder}, got {error}", hint="Choose another name.") from error


def parse(data: bytes) -> dict[str, object]:
    """The values of a certificate.

    Raises:
        CertificateError: not in its one form, or without two different officers.
    """
    try:
        value = json.loads(data)
        known = canonical_json(value) + b"\n" == data and set(value) == FIELDS and value["format"] == FORMAT
        numbers = {one["certificate_number"] for one in value["officers"]} if known else set()
        parse_iso(value["deleted_at"])
    except (ValueError, TypeError, KeyError, RecursionError, WangjianError) as error:
        raise CertificateError(f"expected a deletion certificate in canonical form, got {error}") from error
    if len(numbers) < LEAST_OFFICERS:
        raise CertificateError(
            f"expected a deletion certificate in its one form with two different officers, got {len(numbers)} officers"
        )
    return dict(value)


def verify(folder: Path, anchors: Trust) -> Checked:
    """Check a certificate's folder: form, signature, custody, and the log's proof where there is one.

    Raises:
        CertificateError: says what does not hold.
    """
    try:
        certificate, signature = (folder / JSON_NAME).read_bytes(), (folder / SIGNATURE_NAME).read_bytes()
        chain = (folder / CUSTODY_NAME).read_bytes()
        found = (folder / PROOF_NAME).read_bytes() if (folder / PROOF_NAME).is_file() else b""
    except OSError as error:
        raise CertificateError(f"expected the files of a certificate in {folder}, got {error}") from error
    value = parse(certificate)
    at = parse_iso(str(value["deleted_at"]))
    try:
        cms.verify(signature, hashlib.sha256(certificate).digest(), anchors.roots("report"), at)
        event_hash = _event_of(certificate, signature, custody.parse(chain))
        witnesses = _check_proof(found, event_hash, anchors) if found else 0
    except EvidenceError as error:
        raise CertificateError(f"expected a certificate that holds: {error.message}", hint=error.hint) from error
    return Checked(value, bool(found), witnesses)


def _event_of(certificate: bytes, signature: bytes, records: Sequence[Mapping[str, object]]) -> str:
    """The hash of the last event of custody, which names the certificate."""
    custody.check_records(records)
    last = records[-1] if records else {}
    detail = last.get("detail")
    named = [detail.get(f"{what}_sha256") for what in ("certificate", "signature")] if isinstance(detail, dict) else []
    # The signature too: certificates inside it that nobody needs are not covered by itself.
    if last.get("action") != "deleted" or named != [sha256_hex(certificate), sha256_hex(signature)]:
        raise CertificateError("the last event of custody names another certificate, or none")
    return str(last["hash"])


def _check_proof(found: bytes, event_hash: str, anchors: Trust) -> int:
    """How many listed witnesses cosigned the checkpoint that holds the event."""
    read = proof.parse(found)
    proof.check(read, entry.custody(event_hash))
    note, _ = checkpoint.read(read.checkpoint)
    checkpoint.verify_log(note, [parse_vkey(key.vkey) for key in anchors.keys("log")])
    witnesses = len(checkpoint.verify_witnesses(note, [parse_vkey(key.vkey) for key in anchors.keys("witness")]))
    if witnesses < anchors.quorum:
        raise CertificateError(f"{anchors.quorum} witnesses have to cosign the log's checkpoint, {witnesses} did")
    return witnesses
