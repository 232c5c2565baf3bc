"""Sealing: a capture folder becomes a signed, timestamped, closed package, or nothing.

1 digests of all files (SHA-256 and SM3)   2 tag manifest = the sealed bytes   3 CMS signature
4 timestamps over the signature, from at least two services at once   5 report
6 closing list over everything made after the tag manifest, signed   7 container

Fails closed: any error leaves no package behind.
Spec: RFC 8493 (BagIt 1.0); 电子签名法 (2019) 第13条.
"""

import errno
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from evidence import cms, container, manifest, pades, pictures, readable, report, shell, timestamp
from evidence.capture import Capture, read_capture
from evidence.container import ContainerRefusedError
from evidence.custody import check_records, event_record
from evidence.custody import render as render_custody
from evidence.dossier import Dossier
from evidence.errors import CaptureFolderError, CustodyBrokenError, DiskFullError, EvidenceError
from evidence.keys import Keys
from evidence.pictures import Screen
from evidence.timestamp import Timestamp, Timestamper
from kernel.clock import as_utc, iso
from kernel.crypto import canonical_json, digest_file, sha256_hex
from kernel.models import CustodyEvent

POLICY = "wangjian-seal-1"

FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
README = (Path(__file__).parent / "package_readme.txt").read_bytes()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished package.

    Attributes:
        path: the package file in the work folder. size: its bytes.
        root_sha256: SHA-256 of the tag manifest, hex. sha256: of the package file, hex.
        trust: ``court`` when every timestamp is from an outside authority, else ``test``.
        timestamps: in the order of the services. completeness: ``COMPLETE`` or ``PARTIAL``.
    """

    path: Path
    root_sha256: str
    sha256: str
    trust: str
    timestamps: tuple[Timestamp, ...]
    size: int
    completeness: str


@dataclass(frozen=True, slots=True)
class _Bag:
    """A bag under way: where files lie, and the digests that are known."""

    folder: Path
    capture_folder: Path
    capture: Capture
    evidence_id: str
    at: datetime
    payload: dict[str, dict[str, str]]

    def write(self, name: str, data: bytes) -> bytes:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return data


def seal(
    folder: Path,
    *,
    evidence_id: str,
    custody: Sequence[CustodyEvent],
    keys: Keys,
    timestampers: Sequence[Timestamper],
    at: datetime,
    work_dir: Path,
) -> Sealed:
    """Seal a capture folder.

    Args:
        folder: as the capture left it; only read.
        evidence_id: goes into bag-info. custody: all events so far, oldest first.
        keys: of this installation. timestampers: two or more services, kept open by the caller.
        at: our time, aware UTC. work_dir: where the package appears as ``<evidence_id>.evidence.zip``.

    Returns:
        the package; it is on disk (synchronised) when this returns.

    Raises:
        CaptureFolderError, CustodyBrokenError, TimestampError (and its kinds), FontMissingError,
        DiskFullError: nothing is left behind; the capture folder is as it was.

    Effects: one file in ``work_dir``; one request to each timestamp service.
    """
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".seal-", dir=work_dir) as aside:
            return _seal(_open_bag(Path(aside), folder, evidence_id, at), custody, keys, timestampers)
    except OSError as error:
        if error.errno in FULL:
            raise DiskFullError(
                f"expected room to seal {evidence_id} in {work_dir}, got {error}",
                hint="Free some room; the capture is kept and sealing is tried again.",
            ) from error
        raise EvidenceError(f"expected to seal {evidence_id} in {work_dir}, got {error}") from error
    except ContainerRefusedError as error:
        raise CaptureFolderError(f"expected a capture that fits into a package, got: {error.message}") from error


def _open_bag(aside: Path, folder: Path, evidence_id: str, at: datetime) -> _Bag:
    capture = read_capture(folder)
    payload = {
        name: digest_file(folder / name, ("sha256", "sm3")) for name in capture.files if name.startswith("data/")
    }
    if capture.id != evidence_id:
        raise CaptureFolderError(f"expected the capture of {evidence_id}, got that of {capture.id}")
    return _Bag(aside, folder, capture, evidence_id, as_utc(at), payload)


def _seal(bag: _Bag, chain: Sequence[CustodyEvent], keys: Keys, services: Sequence[Timestamper]) -> Sealed:
    with ThreadPoolExecutor(2) as pool:
        making = pictures.begin(bag.capture_folder, pool)
        dossier = _dossier(bag, chain)
        tags = _tag_files(bag, chain, dossier)
        sealed_bytes = bag.write(manifest.TAGS, manifest.render(tags))
        root = sha256_hex(sealed_bytes)
        signature = bag.write(manifest.SIGNATURE, cms.sign(bytes.fromhex(root), keys.seal, bag.at))
        stamps = timestamp.stamp_all(signature, services, bag.at)
        screens = [future.result() for future in making]
    for stamp in stamps:
        bag.write(manifest.stamp_name(stamp.name), stamp.response)
        for place, certificate in enumerate(stamp.stamp.path):
            bag.write(f"seal/certs/{stamp.name}-{place}.pem", certificate.public_bytes(Encoding.PEM))
    for place, certificate in enumerate((keys.seal.certificate, *keys.seal.issuers)):
        bag.write(f"seal/certs/seal-{place}.pem", certificate.public_bytes(Encoding.PEM))
    unsigned = report.render(dossier, _proof(root, stamps, screens))
    bag.write(manifest.REPORT, pades.sign(unsigned, keys.report, f"Evidence {bag.evidence_id}"))
    _close(bag, tags, keys)
    return _pack(bag, root, stamps)


def _dossier(bag: _Bag, chain: Sequence[CustodyEvent]) -> Dossier:
    records = [event_record(event) for event in chain]
    if check_records(records) == 0 or any(record["evidence_id"] != bag.evidence_id for record in records):
        raise CustodyBrokenError(f"expected the custody of {bag.evidence_id}, got none or that of another")
    return readable.open_dossier(
        bag.capture_folder,
        bag.payload,
        custody=records,
        authority={},
        at=bag.at,
        origin_tls=bag.capture.origin_tls,
    )


def _tag_files(bag: _Bag, chain: Sequence[CustodyEvent], dossier: Dossier) -> dict[str, str]:
    """Write the tag files; name to SHA-256 of each, and of the capture's own records."""
    capture = bag.capture
    octets = sum((bag.capture_folder / name).stat().st_size for name in bag.payload)
    facts = {
        "captured_from": iso(capture.started_at),
        "captured_to": iso(capture.ended_at),
        "completeness": capture.completeness,
        "evidence_id": bag.evidence_id,
        "origin_tls": capture.origin_tls,
        "policy": POLICY,
        "sealed_at": iso(bag.at),
        "url": capture.url,
    }
    info = (
        f"Bag-Software-Agent: Wangjian\nBagging-Date: {bag.at:%Y-%m-%d}\n"
        f"External-Identifier: {bag.evidence_id}\nPayload-Oxum: {octets}.{len(bag.payload)}\n"
    )
    made = {
        "README.txt": README,
        "bag-info.txt": info.encode("ascii"),
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        manifest.SHA256: manifest.render({name: value["sha256"] for name, value in bag.payload.items()}),
        manifest.SM3: manifest.render({name: value["sm3"] for name, value in bag.payload.items()}),
        manifest.CUSTODY: render_custody(chain),
        manifest.FACTS: canonical_json(facts) + b"\n",
        "verify.sh": shell.script(),
        **readable.tag_files(dossier),
    }
    for name in bag.capture.files:
        if name in made:
            raise CaptureFolderError(f"expected {name} to be made by the seal, got one in the capture")
    tags = {name: sha256_hex(bag.write(name, data)) for name, data in made.items()}
    for name in bag.capture.files:
        if name.startswith("meta/"):
            tags[name] = digest_file(bag.capture_folder / name)["sha256"]
    return tags


def _proof(root: str, stamps: Sequence[Timestamp], screens: Sequence[Screen]) -> report.Proof:
    shown = tuple((stamp.name, stamp.stamp.gen_time, stamp.kind) for stamp in stamps)
    return report.Proof(root_sha256=root, stamps=shown, screens=tuple(screens))


def _close(bag: _Bag, tags: dict[str, str], keys: Keys) -> None:
    """Step 6: what was made after the tag manifest is listed and signed too."""
    later = {
        path.relative_to(bag.folder).as_posix(): digest_file(path)["sha256"]
        for path in bag.folder.rglob("*")
        if path.is_file()
    }
    listed = {name: digest for name, digest in later.items() if name not in tags and name not in manifest.SELF}
    data = bag.write(manifest.CLOSING, manifest.render(listed))
    bag.write(manifest.CLOSING_SIGNATURE, cms.sign(bytes.fromhex(sha256_hex(data)), keys.seal, bag.at))


def _pack(bag: _Bag, root: str, stamps: tuple[Timestamp, ...]) -> Sealed:
    entries = {path.relative_to(bag.folder).as_posix(): path for path in bag.folder.rglob("*") if path.is_file()}
    own = {name: digest_file(path)["sha256"] for name, path in entries.items()}
    tags = manifest.parse((bag.folder / manifest.TAGS).read_bytes())
    expected = own | tags | {name: value["sha256"] for name, value in bag.payload.items()}
    entries |= {name: bag.capture_folder / name for name in bag.capture.files}
    final = bag.folder.parent / f"{bag.evidence_id}.evidence.zip"
    packed = bag.folder / "package"
    with packed.open("xb") as stream:
        written = container.write(stream, entries.items())
        if written != expected:
            raise CaptureFolderError(
                "expected the capture to stand still while it was sealed, got other bytes at the end",
                hint="Another process writes into the capture folder; the next try reads it anew.",
            )
        stream.flush()
        os.fsync(stream.fileno())
    packed.replace(final)
    _synchronise(final.parent)
    trust = "court" if all(stamp.kind == "court" for stamp in stamps) else "test"
    digest = digest_file(final)["sha256"]
    return Sealed(final, root, digest, trust, stamps, final.stat().st_size, bag.capture.completeness)


def _synchronise(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
