"""Renewal: before signers, timestamp services or algorithms end, everything is stamped again by those in force.

A list of SHA-512 of every file is stamped by two services; each later list covers the earlier ones. Readers and
report are put in first, as nothing may be added afterwards.

Spec: RFC 4998 section 5 (renewal of archive timestamps); ETSI EN 319 142-1 clause 6.3 (LTA of the report).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from evidence import archive_list, chain, closing, cms, evidence_record, export, manifest, retold, timestamp, trust
from evidence.archive_list import FOLDER, LIST, RECORD
from evidence.container import Source
from evidence.errors import EvidenceError
from evidence.export import Aids, Exported
from evidence.package import Package, open_package
from evidence.retold import Press
from kernel.clock import as_utc, iso
from kernel.config import Settings

WEAK_FILE = Path(__file__).parent / "algorithms.yml"
GAP = 3
"""A package is not renewed again before this part of the notice has gone: services near their end sign on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What protects a package now.

    Attributes:
        since: of its newest timestamp. ends: when the first certificate of it ends. algorithms: it relies on.
    """

    since: datetime
    ends: datetime
    algorithms: frozenset[str]

    def reasons(self, at: datetime, days: int) -> tuple[str, ...]:
        """Why it should be renewed; empty when it need not be."""
        notice = timedelta(days=days)
        if at - self.since < notice / GAP and at < self.ends:
            return ()
        found = [f"certificates end {iso(self.ends)}"] if self.ends - notice <= at else []
        found += [
            f"{name} is weak from {iso(end)}"
            for name, end in sorted(weak().items())
            if name in self.algorithms and self.since < end - notice <= at
        ]
        return tuple(found)


@lru_cache(maxsize=1)
def weak() -> dict[str, datetime]:
    """Algorithm to the time from which it carries no proof, aware UTC."""
    loaded = yaml.safe_load(WEAK_FILE.read_text("utf-8"))
    return {name: datetime(day.year, day.month, day.day, tzinfo=UTC) for name, day in loaded.items()}


def standing(package: Package, anchors: trust.Trust) -> Standing:
    """What protects a package: its newest renewal, or what it was sealed with.

    Raises:
        EvidenceError: that does not hold, which renewing would only hide.
    """
    folders = archive_list.folders(package)
    paths: list[Sequence[x509.Certificate]] = []
    if folders:
        stamps = archive_list.renewal_stamps(package, folders[-1], anchors)
    else:
        stamps = archive_list.stamps(package, manifest.CHECKPOINT, manifest.CHECKPOINT, anchors)
        digest = hashlib.sha256(package.read(manifest.TAGS)).digest()
        since = min(stamp.gen_time for stamp in stamps)
        paths.append(cms.verify(package.read(manifest.SIGNATURE), digest, anchors.roots("seal"), since)[1])
    paths += [stamp.path for stamp in stamps]
    names = {"sha256"} | {name for path in paths for certificate in path for name in _algorithms(certificate)}
    return Standing(
        max(stamp.gen_time for stamp in stamps), min(chain.expires(path) for path in paths), frozenset(names)
    )


def _algorithms(certificate: x509.Certificate) -> set[str]:
    key = certificate.public_key()
    kind = "rsa" if isinstance(key, rsa.RSAPublicKey) else "ec" if isinstance(key, ec.EllipticCurvePublicKey) else ""
    names = {f"{kind}-{getattr(key, 'key_size', 0)}"}
    if certificate.signature_hash_algorithm is not None:
        names.add(certificate.signature_hash_algorithm.name)
    return names


def renew(stored: Path, target: Path, press: Press, *, settings: Settings, aids: Aids) -> Exported:
    """Write the renewed package, closed again, and verify it.

    Args:
        stored: only read. target: a file that is not there yet. press: its time counts as now.
        aids: go in at the first renewal.

    Raises:
        TimestampError: fewer than two good answers; nothing is written. ExportFailedError: it does not verify.

    Effects: ``target``; requests to the timestamp services.
    """
    at = as_utc(press.at)
    package = open_package(stored)
    added: dict[str, Source] = {} if export.is_renewed(package) else aids.files(package)
    added |= _report(package, press)
    folder = f"{FOLDER}{at:%Y%m%dT%H%M%SZ}"
    files = {**closing.members(package), **added}
    covered = {name: archive_list.sha512(source) for name, source in files.items() if name not in _CLOSING}
    listed = manifest.render(covered)
    stamps = timestamp.stamp_all(listed, press.services, at)
    added |= {f"{folder}/{LIST}": listed, f"{folder}/{RECORD}": evidence_record.render(stamps[0].response)}
    added |= {f"{folder}/list.{stamp.name}.tsr": stamp.response for stamp in stamps}
    signer = export.closer_of(settings, package, at)
    return export.checked(
        lambda: closing.close_again(package, target, signer=signer, at=at, added=added),
        target,
        trust.load(settings.trust_path()),
        at,
    )


_CLOSING = (manifest.CLOSING, manifest.CLOSING_SIGNATURE)


def _report(package: Package, press: Press) -> dict[str, Source]:
    """The report with one more timestamp; made now where there is none and this is the first renewal."""
    if manifest.REPORT in package.members:
        return {manifest.REPORT: press.archive(package.read(manifest.REPORT, manifest.MAX_REPORT_BYTES))}
    if export.is_renewed(package) or manifest.REDACTIONS in package.members:
        return {}
    try:
        return {manifest.REPORT: retold.make(package, press)}
    except EvidenceError:
        return {}  # N001 is told
