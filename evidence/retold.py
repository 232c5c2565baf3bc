"""The report told again: made from a package, where there is none yet or parts of it are withheld.

It says what the sealed records say and no more; what is withheld is neither shown nor listed.
"""

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evidence import manifest, pades, report, timestamp
from evidence.dossier import Dossier, SealedFile, Sources, gather
from evidence.errors import EvidenceError, MalformedError
from evidence.log import checkpoint, proof
from evidence.package import Package
from evidence.pictures import Screen, screen
from evidence.readable import ENVIRONMENT, MAX_JSON_BYTES, SECOND
from evidence.report import LogPlace, Proof
from evidence.signer import Signer
from evidence.timestamp import Timestamper
from kernel.clock import parse_iso
from kernel.crypto import sha256_hex
from kernel.errors import ClockError

SCREENS = "data/screens/"
MAX_SCREEN_BYTES = 64_000_000


def _record(package: Package, name: str) -> Mapping[str, object]:
    """One JSON object; an empty one where it is not there or is something else, as at the seal."""
    if name not in package.members:
        return {}
    try:
        value = json.loads(package.read(name, MAX_JSON_BYTES))
    except (EvidenceError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _custody(package: Package) -> list[Mapping[str, object]]:
    return [json.loads(line) for line in package.read(manifest.CUSTODY).splitlines()]


def dossier(package: Package, without: Collection[str] = ()) -> Dossier:
    """The facts of a package.

    Args:
        without: names of files that are not spoken of.

    Raises:
        MalformedError: the records have no times.
    """
    facts = _record(package, manifest.FACTS)
    digests = [
        manifest.parse(package.read(name)) if name in package.members else {}
        for name in (manifest.SHA256, manifest.SM3)
    ]
    names = [name for name in package.members if name.startswith("data/") and name not in without]
    files = [
        SealedFile(
            name,
            package.members[name].size,
            digests[0].get(name) or package.digests(name).sha256,
            digests[1].get(name) or package.digests(name).sm3,
        )
        for name in names
    ]

    def record(name: str) -> Mapping[str, object]:
        return {} if name in without else _record(package, name)

    sources = Sources(
        capture=record(manifest.CAPTURE),
        completeness=record(manifest.COMPLETENESS),
        authority=record(manifest.AUTHORITY),
        environment=record(ENVIRONMENT),
        second=record(SECOND),
        custody=_custody(package),
    )
    try:
        return gather(sources, files, parse_iso(str(facts.get("sealed_at"))), str(facts.get("origin_tls")))
    except ClockError as error:
        raise MalformedError(f"expected times in the records of the package, got: {error.message}") from error


def _screens(package: Package, without: Collection[str]) -> tuple[Screen, ...]:
    made = []
    with tempfile.TemporaryDirectory(prefix="wangjian-screens-") as folder:
        for name in package.members:
            if name.startswith(SCREENS) and name.endswith(".png") and name not in without:
                path = Path(folder) / "screen.png"
                path.write_bytes(package.read(name, MAX_SCREEN_BYTES))
                made.append(screen(path, name))
    return tuple(made)


def stamp_times(package: Package) -> list[tuple[str, datetime]]:
    """Names and times of the timestamps over the checkpoint, as they claim."""
    found = []
    for name in package.members:
        match = manifest.STAMP.fullmatch(name)
        at = timestamp.peek_time(package.read(name)) if match else None
        if match and at:
            found.append((match[1], at))
    return found


def sealed_time(package: Package) -> datetime:
    """The earliest time of its timestamps: for it every later verification judges signers.

    Raises:
        MalformedError: it has none.
    """
    times = [at for _, at in stamp_times(package)]
    if not times:
        raise MalformedError("expected timestamps in the package, got none")
    return min(times)


def _proof(package: Package, kinds: Mapping[str, str], screens: tuple[Screen, ...]) -> Proof:
    note, tree = checkpoint.read(package.read(manifest.CHECKPOINT))
    beacons = [name for name in package.members if manifest.BEACON_STAMP.fullmatch(name)]
    return Proof(
        root_sha256=sha256_hex(package.read(manifest.TAGS)),
        stamps=tuple((name, at, kinds.get(name, "test")) for name, at in stamp_times(package)),
        not_before=timestamp.peek_time(package.read(beacons[0])) if beacons else None,
        log=LogPlace(
            tree.origin,
            proof.parse(package.read(manifest.PROOF)).index,
            tree.size,
            tuple(line.name for line in note.signatures if line.name != tree.origin),
        ),
        screens=screens,
    )


def render(package: Package, kinds: Mapping[str, str], without: Collection[str] = ()) -> bytes:
    """The unsigned report of a package.

    Args:
        kinds: timestamp service to ``court`` or ``test``. without: files that it does not speak of or show.

    Raises:
        MalformedError: the records cannot be read. FontMissingError: no Chinese font on this machine.
    """
    return report.render(dossier(package, without), _proof(package, kinds, _screens(package, without)))


@dataclass(frozen=True, slots=True)
class Press:
    """What makes a report last.

    Attributes:
        signer: of reports, in force now. services: two or more timestamp services. at: our time, aware UTC.
        kinds: timestamp service to ``court`` or ``test``. lists: revocation lists, DER.
    """

    signer: Signer
    services: Sequence[Timestamper]
    at: datetime
    kinds: Mapping[str, str]
    lists: Sequence[bytes] = ()

    def sign(self, unsigned: bytes, evidence_id: str) -> bytes:
        """PAdES B-LTA, with timestamps of two services."""
        signed = pades.sign(unsigned, self.signer, f"Evidence {evidence_id}", at=self.at, service=self.services[0])
        return self.archive(signed)

    def archive(self, signed: bytes) -> bytes:
        """One more timestamp over a signed report, with what is needed to judge the others."""
        first, last = self.services[0], self.services[-1]
        lists = (*self.lists, *first.lists, *last.lists)
        return pades.archive(signed, self.signer, last, at=self.at, lists=lists, others=(first.root, last.root))


def make(package: Package, press: Press, without: Collection[str] = ()) -> bytes:
    """The signed report of a package.

    Raises:
        as of :func:`render`; TimestampError: no good answer of the services.

    Effects: a request to each of two services.
    """
    evidence_id = str(_record(package, manifest.FACTS).get("evidence_id", ""))
    return press.sign(render(package, press.kinds, without), evidence_id)
