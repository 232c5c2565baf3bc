"""Sealing: captures become signed, logged, witnessed, timestamped, closed packages, or nothing.

1 digests, lists and records of each capture, its signature   2 one entry a package in the log, one
checkpoint with its cosignatures   3 timestamps over the checkpoint from at least two services at once
4 report   5 closing list over everything made after the tag manifest, signed   6 container

A batch shares one checkpoint and one pair of timestamps. One bad capture does not stop the others.
Fails closed: without quorum or timestamps there is no package.
Spec: RFC 8493 (BagIt 1.0); 电子签名法 (2019) 第13条.
"""

import errno
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import closing, manifest, pades, pictures, report, timestamp
from evidence.authorisation import Authorisation
from evidence.bag import Bag, SealOrder, fill
from evidence.container import ContainerRefusedError
from evidence.errors import CaptureFolderError, ClockSkewError, DiskFullError, EvidenceError
from evidence.keys import Keys
from evidence.log import checkpoint, proof
from evidence.log.publisher import Published
from evidence.pictures import Screen
from evidence.steps.stamped import TOLERANCE
from evidence.timestamp import Timestamp, Timestamper
from kernel.clock import as_utc, iso
from kernel.errors import WangjianError
from kernel.models import CustodyEvent

FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
SEALER = "system:seal"
Screens = list[Future[Screen]]


class Publishing(Protocol):
    """The log: takes entries, gives one witnessed checkpoint that holds them all."""

    def publish(self, entries: Sequence[str]) -> Sequence[Published]:
        """Log entries at once; raises where the log is blocked or witnesses are too few."""
        ...


@dataclass(frozen=True, slots=True)
class Sealer:
    """What sealing uses.

    Attributes:
        publisher: the log. timestampers: two or more services, kept open by the caller.
        node_roots: of capture nodes, beside this installation's own. account: that seals.
        lists: revocation lists of our own roots by use, DER; they go into the package and its report.
    """

    keys: Keys
    publisher: Publishing
    timestampers: Sequence[Timestamper]
    node_roots: Sequence[x509.Certificate] = ()
    account: str = SEALER
    lists: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished package.

    Attributes:
        path: the package file in the work folder. size: its bytes.
        root_sha256: SHA-256 of the tag manifest, hex. sha256: of the package file, hex.
        trust: ``court`` when every timestamp is from an outside authority, else ``test``.
        timestamps: in the order of the services. completeness: ``COMPLETE`` or ``PARTIAL``.
        log_index: of its entry.
    """

    path: Path
    root_sha256: str
    sha256: str
    trust: str
    timestamps: tuple[Timestamp, ...]
    size: int
    completeness: str
    log_index: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one order of a batch: a package or an error."""

    evidence_id: str
    sealed: Sealed | None
    error: WangjianError | None


def seal(
    folder: Path,
    *,
    evidence_id: str,
    custody: Sequence[CustodyEvent],
    sealer: Sealer,
    at: datetime,
    work_dir: Path,
    authority: Authorisation | None = None,
) -> Sealed:
    """Seal one capture folder, with its report.

    Args:
        folder: as the capture left it; only read. evidence_id: goes into bag-info.
        custody: all events so far, oldest first. at: our time, aware UTC.
        work_dir: where the package appears as ``<evidence_id>.evidence.zip``.
        authority: on what ground and by whom; none is a task.

    Returns:
        the package; it is on disk (synchronised) when this returns.

    Raises:
        CaptureFolderError, CustodyBrokenError, TimestampError (and its kinds), LogError, FontMissingError,
        DiskFullError: nothing is left behind; the capture folder is as it was.

    Effects: one file in ``work_dir``; one entry in the log; one request to each timestamp service.
    """
    order = SealOrder(folder, evidence_id, custody, authority)
    outcome = seal_batch([order], sealer=sealer, at=at, work_dir=work_dir)[0]
    if outcome.error is not None:
        raise outcome.error
    assert outcome.sealed is not None  # noqa: S101 - one of the two is always there
    return outcome.sealed


def seal_batch(orders: Sequence[SealOrder], *, sealer: Sealer, at: datetime, work_dir: Path) -> tuple[Outcome, ...]:
    """Seal many captures under one checkpoint and one timestamp of each service.

    Args:
        at: our time, aware UTC. work_dir: where packages appear as ``<evidence_id>.evidence.zip``.

    Returns:
        what became of each order, in their order; log or services that fail are the error of all.

    Effects: files in ``work_dir``; one entry for each package in the log; one request to each service.
    """
    with ThreadPoolExecutor(2, thread_name_prefix="seal") as pool:
        return _Batch(sealer, as_utc(at), work_dir, pool).run(orders)


@dataclass(frozen=True, slots=True)
class _Batch:
    sealer: Sealer
    at: datetime
    work_dir: Path
    pool: Executor

    def run(self, orders: Sequence[SealOrder]) -> tuple[Outcome, ...]:
        errors: dict[int, WangjianError] = {}
        bags: dict[int, tuple[Bag, Screens]] = {}
        done: dict[int, Sealed] = {}
        for place, order in enumerate(orders):
            try:
                bags[place] = self._fill(order)
            except WangjianError as error:
                errors[place] = error
        try:
            logged, stamps = self._log([bag for bag, _ in bags.values()]) if bags else ((), ())
        except WangjianError as error:
            errors |= dict.fromkeys(bags, error)
            bags.clear()
            logged, stamps = (), ()
        for (place, (bag, screens)), one in zip(bags.items(), logged, strict=True):
            try:
                done[place] = self._finish(bag, screens, one, stamps)
            except WangjianError as error:
                errors[place] = error
        return tuple(
            Outcome(order.evidence_id, done.get(place), errors.get(place)) for place, order in enumerate(orders)
        )

    def _fill(self, order: SealOrder) -> tuple[Bag, Screens]:
        with _typed(order.evidence_id, self.work_dir):
            self.work_dir.mkdir(parents=True, exist_ok=True)
            screens = pictures.begin(order.folder, self.pool) if order.report else []
            sealer = self.sealer
            bag = fill(order, sealer.keys, self.at, sealed_by=sealer.account, node_roots=sealer.node_roots)
            return bag, screens

    def _log(self, bags: Sequence[Bag]) -> tuple[Sequence[Published], tuple[Timestamp, ...]]:
        """One checkpoint over all entries, and its timestamps."""
        entries = [bag.entry() for bag in bags]
        logged = self.sealer.publisher.publish(entries)
        notes = {one.note for one in logged}
        if len(logged) != len(entries) or len(notes) != 1:
            raise EvidenceError(f"expected one checkpoint over {len(entries)} entries, got {len(notes)}")
        for line, one in zip(entries, logged, strict=True):
            proof.check(proof.parse(one.proof), line)
        data = notes.pop()
        stamps = timestamp.stamp_all(data, self.sealer.timestampers, self.at)
        _require_order(data, stamps)
        return logged, stamps

    def _finish(self, bag: Bag, screens: Screens, logged: Published, stamps: tuple[Timestamp, ...]) -> Sealed:
        with _typed(bag.order.evidence_id, self.work_dir):
            bag.made.update({manifest.CHECKPOINT: logged.note, manifest.PROOF: logged.proof})
            for stamp in stamps:
                bag.made[manifest.stamp_name(stamp.name)] = stamp.response
            bag.made.update(_certificates(self.sealer.keys, stamps))
            bag.made.update(_lists(self.sealer))
            if bag.order.report:
                bag.made[manifest.REPORT] = self._report(bag, stamps, screens)
            return self._pack(bag, logged.index, stamps)

    def _report(self, bag: Bag, stamps: Sequence[Timestamp], screens: Screens) -> bytes:
        note, tree = checkpoint.read(bag.made[manifest.CHECKPOINT])
        place = report.LogPlace(
            tree.origin,
            proof.parse(bag.made[manifest.PROOF]).index,
            tree.size,
            tuple(line.name for line in note.signatures if line.name != tree.origin),
        )
        proven = report.Proof(
            root_sha256=bag.root,
            stamps=tuple((stamp.name, stamp.stamp.gen_time, stamp.kind) for stamp in stamps),
            not_before=bag.beacon_time(),
            log=place,
            screens=tuple(future.result() for future in screens),
        )
        return self._signed(report.render(bag.dossier, proven), bag.order.evidence_id)

    def _signed(self, unsigned: bytes, evidence_id: str) -> bytes:
        """PAdES B-LTA, with timestamps of two services."""
        signer, services = self.sealer.keys.report, self.sealer.timestampers
        first, last = services[0], services[-1]
        signed = pades.sign(unsigned, signer, f"Evidence {evidence_id}", at=self.at, service=first)
        lists = (*self.sealer.lists.values(), *first.lists, *last.lists)
        return pades.archive(signed, signer, last, at=self.at, lists=lists, others=(first.root, last.root))

    def _pack(self, bag: Bag, index: int, stamps: tuple[Timestamp, ...]) -> Sealed:
        files = closing.close(bag.sources(), self.sealer.keys.seal, self.at)
        final = self.work_dir / f"{bag.order.evidence_id}.evidence.zip"
        packed = closing.pack(files, final)
        expected = {name: value.sha256 for name, value in bag.digests.items()}
        if any(packed.files[name] != digest for name, digest in expected.items()):
            final.unlink()
            raise CaptureFolderError(
                "expected the capture to stand still while it was sealed, got other bytes at the end",
                hint="Another process writes into the capture folder; the next try reads it anew.",
            )
        trust = "court" if all(stamp.kind == "court" for stamp in stamps) else "test"
        return Sealed(final, bag.root, packed.sha256, trust, stamps, packed.size, bag.capture.completeness, index)


def _require_order(data: bytes, stamps: Sequence[Timestamp]) -> None:
    """No timestamp lies before a cosignature in what it stamps, as a verifier would refuse the package for it.

    Raises:
        ClockSkewError: one does; it is tried again.
    """
    last = checkpoint.latest_cosignature(data)
    for stamp in stamps:
        if last is not None and stamp.stamp.gen_time + TOLERANCE < last:
            raise ClockSkewError(
                f"expected {stamp.name} after the witnesses at {iso(last)}, got {iso(stamp.stamp.gen_time)}",
                hint="Compare the clocks of witnesses and timestamp services with a time server; one of them is wrong.",
            )


class _typed:  # noqa: N801 - reads as a statement
    """Give what the file system and the container refuse its typed error."""

    def __init__(self, evidence_id: str, work_dir: Path) -> None:
        self._what = f"{evidence_id} in {work_dir}"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            if error.errno in FULL:
                raise DiskFullError(
                    f"expected room to seal {self._what}, got {error}",
                    hint="Free some room; the capture is kept and sealing is tried again.",
                ) from error
            raise EvidenceError(f"expected to seal {self._what}, got {error}") from error
        if isinstance(error, ContainerRefusedError):
            raise CaptureFolderError(f"expected a capture that fits into a package, got: {error.message}") from error


def _lists(sealer: Sealer) -> dict[str, bytes]:
    """Revocation lists, for showing and for those who check revocation; never trusted."""
    made = {f"seal/crls/{use}.crl": data for use, data in sealer.lists.items()}
    return made | {
        f"seal/crls/tsa-{service.name}.crl": data for service in sealer.timestampers for data in service.lists
    }


def _certificates(keys: Keys, stamps: Sequence[Timestamp]) -> dict[str, bytes]:
    """Certificates for building paths and showing; never trusted."""
    made = {
        f"seal/certs/{stamp.name}-{place}.pem": certificate.public_bytes(Encoding.PEM)
        for stamp in stamps
        for place, certificate in enumerate(stamp.stamp.path)
    }
    for place, certificate in enumerate((keys.seal.certificate, *keys.seal.issuers)):
        made[f"seal/certs/seal-{place}.pem"] = certificate.public_bytes(Encoding.PEM)
    return made
