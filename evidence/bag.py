"""A bag under way: what the capture left, and what the seal adds to it in memory.

Spec: RFC 8493 (BagIt 1.0).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509

from evidence import cms, manifest, readable, readiness, redaction, shell, stated, timestamp
from evidence.authorisation import Authorisation
from evidence.capture import Capture, read_capture
from evidence.container import Source
from evidence.custody import event_record
from evidence.custody import render as render_custody
from evidence.digests import Digests, salted, take_all
from evidence.dossier import Dossier
from evidence.errors import CaptureFolderError
from evidence.keys import Keys
from evidence.log import entry
from kernel.clock import as_utc, iso
from kernel.crypto import canonical_json, sha256_hex
from kernel.models import CustodyEvent

POLICY = "wangjian-seal-2"
README = (Path(__file__).parent / "package_readme.txt").read_bytes()
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@dataclass(frozen=True, slots=True)
class SealOrder:
    """One capture to be sealed.

    Attributes:
        folder: as the capture left it; only read. custody: all events so far, oldest first.
        authority: on what ground and by whom; none is a task of the accounts in the custody.
        report: whether a report is made now; a batch may leave it to the export (N001).
        forms: whether the forms to sign and the case graph are made and sealed.
    """

    folder: Path
    evidence_id: str
    custody: Sequence[CustodyEvent]
    authority: Authorisation | None = None
    report: bool = True
    forms: bool = True


@dataclass(frozen=True, slots=True)
class Bag:
    """A capture with its lists, signed.

    Attributes:
        digests: of each file of the capture. dossier: all facts for the readable parts.
        made: what the seal has made so far, by name.
        root: SHA-256 of the tag manifest, hex.
    """

    order: SealOrder
    capture: Capture
    at: datetime
    digests: Mapping[str, Digests]
    authority: Authorisation
    dossier: Dossier
    root: str = ""
    made: dict[str, bytes] = field(default_factory=dict)

    def payload(self) -> list[str]:
        """Names of the originals."""
        return [name for name in self.capture.files if name.startswith("data/")]

    def entry(self) -> str:
        """Its line in the log."""
        return entry.package(self.root, sha256_hex(self.made[manifest.SIGNATURE]))

    def beacon_time(self) -> datetime | None:
        """When the beacon was stamped, or none."""
        stamps = [name for name in self.capture.files if manifest.BEACON_STAMP.fullmatch(name)]
        return timestamp.peek_time((self.order.folder / stamps[0]).read_bytes()) if stamps else None

    def sources(self) -> dict[str, Source]:
        """All files so far."""
        return {**{name: self.order.folder / name for name in self.capture.files}, **self.made}


def authority_of_task(custody: Sequence[CustodyEvent], sealed_by: str, at: datetime) -> Authorisation:
    """The record of a task without officers, from the custody: who ordered, who captured, why."""
    first = custody[0]
    captured = [event for event in custody if event.action == "captured"]
    return Authorisation(
        kind="task",
        number=first.evidence_id,
        basis=first.purpose or first.action,
        issued_by=first.actor,
        valid_from=iso(first.at),
        valid_to=iso(max(at, first.at)),
        captured_by=captured[-1].actor if captured else "system:capture",
        sealed_by=sealed_by,
    )


def fill(
    order: SealOrder, keys: Keys, at: datetime, *, sealed_by: str, node_roots: Sequence[x509.Certificate] = ()
) -> Bag:
    """Read a capture, check it, write its lists and records, sign the tag manifest.

    Args:
        at: our time, aware UTC. sealed_by: account that seals. node_roots: beside our own.

    Raises:
        CaptureFolderError, CustodyBrokenError, EvidenceError: it may not be sealed.
    """
    at = as_utc(at)
    capture = read_capture(order.folder)
    if capture.id != order.evidence_id:
        raise CaptureFolderError(f"expected the capture of {order.evidence_id}, got that of {capture.id}")
    records = [event_record(event) for event in order.custody]
    readiness.require_custody(records, order.evidence_id)
    authority = order.authority or authority_of_task(order.custody, sealed_by, at)
    folder = order.folder
    sizes = {name: (folder / name).stat().st_size for name in capture.files}
    digests = take_all(sizes, lambda name: (folder / name).open("rb"), {})
    sha256 = {name: value.sha256 for name, value in digests.items()}
    readiness.require_authority(authority, records, sha256[manifest.CAPTURE])
    readiness.require_capture(
        folder, capture, digests=sha256, records=records, node_roots=(keys.node.issuers[-1], *node_roots), at=at
    )
    dossier = readable.open_dossier(
        folder,
        {name: {"sha256": one.sha256, "sm3": one.sm3} for name, one in digests.items() if name.startswith("data/")},
        custody=records,
        authority=asdict(authority),
        at=at,
        origin_tls=capture.origin_tls,
    )
    bag = Bag(order, capture, at, digests, authority, dossier)
    bag.made.update(_records(bag, sizes, keys))
    tags = {name: sha256_hex(data) for name, data in bag.made.items() if name != manifest.SALTS}
    tags |= {name: digest for name, digest in sha256.items() if name.startswith("meta/")}
    listed = manifest.render(tags)
    root = sha256_hex(listed)
    signature = cms.sign(bytes.fromhex(root), keys.seal, at)
    bag.made.update({manifest.TAGS: listed, manifest.SIGNATURE: signature})
    return replace(bag, root=root)


def _records(bag: Bag, sizes: Mapping[str, int], keys: Keys) -> dict[str, bytes]:
    order, capture, payload = bag.order, bag.capture, bag.payload()
    facts = {
        "captured_from": iso(capture.started_at),
        "captured_to": iso(capture.ended_at),
        "completeness": capture.completeness,
        "evidence_id": order.evidence_id,
        "origin_tls": capture.origin_tls,
        "policy": POLICY,
        "sealed_at": iso(bag.at),
        "url": capture.url,
    }
    octets = sum(sizes[name] for name in payload)
    info = (
        f"Bag-Software-Agent: Wangjian\nBagging-Date: {bag.at:%Y-%m-%d}\n"
        f"External-Identifier: {order.evidence_id}\nPayload-Oxum: {octets}.{len(payload)}\n"
    )
    salts = {name: redaction.salt_of(keys.salt, order.evidence_id, name, bag.digests[name].sha256) for name in payload}
    made = {
        "README.txt": README,
        "bag-info.txt": info.encode("ascii"),
        "bagit.txt": BAGIT,
        manifest.SHA256: manifest.render({name: bag.digests[name].sha256 for name in payload}),
        manifest.SM3: manifest.render({name: bag.digests[name].sm3 for name in payload}),
        manifest.REDACT: manifest.render({name: salted(order.folder / name, salts[name]) for name in payload}),
        manifest.AUTHORITY: bag.authority.render(),
        manifest.CUSTODY: render_custody(order.custody),
        manifest.FACTS: canonical_json(facts) + b"\n",
        "verify.sh": shell.script(),
        **(readable.tag_files(bag.dossier) if order.forms else {}),
        manifest.SALTS: manifest.render({name: salt.hex() for name, salt in salts.items()}),
    }
    wrong = stated.contradictions(
        facts, {name: (order.folder / name).read_bytes() for name in (manifest.CAPTURE, manifest.COMPLETENESS)}
    )
    if wrong:
        raise CaptureFolderError(
            f"expected the capture's records in canonical form, got another for {', '.join(wrong)}",
            hint="Capture the page again: its records were not written by a capture worker of this version.",
        )
    for name in capture.files:
        if name in made:
            raise CaptureFolderError(f"expected {name} to be made by the seal, got one in the capture")
    return made
