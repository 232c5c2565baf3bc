"""One verification under way: the package, the trust list, and what earlier steps have found."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509

from evidence import chain, cms, manifest, redaction, running
from evidence.digests import Plan
from evidence.errors import (
    ContentMismatchError,
    EvidenceError,
    PackageUnreadableError,
    UntrustedError,
)
from evidence.log.checkpoint import Checkpoint
from evidence.log.note import Note, parse_vkey
from evidence.manifest import Manifests
from evidence.package import Package
from evidence.redaction import Redactions
from evidence.running import Running
from evidence.trust import Trust
from evidence.verdict import StampFact, State
from evidence.vkey import VerifierKey
from kernel.clock import iso
from kernel.crypto import canonical_json

Outcome = tuple[State, str, str]
"""State, code and detail of one step."""
PASSED: Outcome = (State.PASSED, "OK", "")
SMALL = 4_000_000


def skipped(why: str) -> Outcome:
    """The step could not be done."""
    return State.NOT_CHECKED, "N000", why


def failed(code: str, detail: str = "") -> Outcome:
    """The step failed."""
    return State.FAILED, code, detail


def reserved(code: str, detail: str = "") -> Outcome:
    """The package stands, with a reservation."""
    return State.INDETERMINATE, code, detail


@dataclass(frozen=True, slots=True)
class Bracket:
    """The proven times of a capture. not_before: of the beacon, if any; not_after: earliest stamp that is supported."""

    not_before: datetime | None
    not_after: datetime


@dataclass(slots=True)
class Inspection:
    """What is known so far.

    Attributes:
        path: the package. at: now, aware UTC. spoiled: lists that cannot be read.
        redactions: of a redacted package, if its list can be read; redacted: whether there is such a list.
        running: the running hash, if it can be read. stamps: timestamps over the checkpoint that hold.
        bound: the proof leads from this package to the stamped checkpoint. seal_root: of the signer.
        note, checkpoint: as read. index: of the entry. cosigned: names of listed witnesses that did.
        cosigned_at: when the last of them did, aware UTC.
        custody_holds: the chain of custody folds. expired: timestamps whose path ended before ``at``.
        stamped_until: when the last certificate of a timestamp over the checkpoint ends, aware UTC.
    """

    path: Path
    trust: Trust
    at: datetime
    package: Package | None = None
    lists: Manifests = field(default_factory=Manifests)
    spoiled: list[str] = field(default_factory=list)
    redactions: Redactions | None = None
    running: Running | None = None
    facts: dict[str, str] = field(default_factory=dict)
    root: str = ""
    stamps: list[StampFact] = field(default_factory=list)
    bound: bool = False
    seal_root: x509.Certificate | None = None
    note: Note | None = None
    checkpoint: Checkpoint | None = None
    index: int = -1
    cosigned: tuple[str, ...] = ()
    cosigned_at: datetime | None = None
    bracket: Bracket | None = None
    custody_holds: bool = False
    expired: list[str] = field(default_factory=list)
    stamped_until: datetime | None = None

    @property
    def redacted(self) -> bool:
        """Whether the package says that it is redacted."""
        return self.has(manifest.REDACTIONS)

    def has(self, *names: str) -> bool:
        """Whether all these files are there."""
        return self.package is not None and all(name in self.package.members for name in names)

    def read(self, name: str, limit: int = SMALL) -> bytes:
        """The bytes of one file."""
        if self.package is None:
            raise PackageUnreadableError(f"expected {self.path} to be open")
        return self.package.read(name, limit)

    def sha256(self, name: str) -> str:
        """SHA-256 of one file, hex."""
        return self.package.digests(name).sha256 if self.package else ""

    def present(self) -> set[str]:
        """Names of all files."""
        return set(self.package.members) if self.package else set()

    def told(self) -> set[str]:
        """Names that the package says it withholds."""
        return {one.name for one in self.redactions.withheld} if self.redactions else set()

    def lacking(self, *names: str, why: str = "missing") -> Outcome:
        """What to say where a step's files are not there: withheld and told, or just missing."""
        gone = [name for name in names if not self.has(name)]
        if gone and all(name in self.told() for name in gone):
            return State.NOT_CHECKED, "N902", ", ".join(gone)
        return skipped(f"{why}: {', '.join(gone)}" if gone else why)

    def earliest(self) -> datetime:
        """The earliest time that is proven for this package; now when none is."""
        return min(stamp.gen_time for stamp in self.stamps) if self.bound and self.stamps else self.at

    def note_keys(self, use: str) -> list[tuple[VerifierKey, str]]:
        """Listed keys of logs or witnesses, with their kinds."""
        return [(parse_vkey(key.vkey), key.kind) for key in self.trust.note_keys if key.use == use]

    # --- opening
    def load(self) -> None:
        """Read the lists and small records, then take all digests at once."""
        self.lists = Manifests(
            payload=self._list(manifest.SHA256, "payload"),
            payload_sm3=self._list(manifest.SM3, "payload"),
            redact=self._list(manifest.REDACT, "payload"),
            tags=self._list(manifest.TAGS, "tags"),
            closing=self._list(manifest.CLOSING, "closing"),
            salts=self._list(manifest.SALTS, "payload"),
        )
        if self.has(manifest.FACTS):
            self.facts = _facts(self.small(manifest.FACTS))
        if self.redacted:
            self.redactions = self._redactions()
        if self.has(manifest.RUNNING):
            self.running = self._running()
        if self.package is not None:
            self.package.survey(self._plans())
        if self.has(manifest.TAGS):
            self.root = self.sha256(manifest.TAGS)

    def small(self, name: str) -> bytes:
        """The bytes of one file; none of one that is too large to be what was sealed."""
        try:
            return self.read(name)
        except EvidenceError:
            return b""

    def _list(self, name: str, part: str) -> dict[str, str]:
        if not self.has(name):
            return {}
        try:
            digests = manifest.parse(self.read(name))
        except EvidenceError:
            digests = {}
        # A redacted package may disclose nothing at all, and so have no salts.
        empty = name == manifest.SALTS and self.redacted and self.small(name) == b"" and not digests
        if (not digests and not empty) or not all(manifest.belongs(entry, part) for entry in digests):
            self.spoiled.append(name)
            return {}
        return digests

    def _redactions(self) -> Redactions | None:
        try:
            return redaction.parse(self.read(manifest.REDACTIONS))
        except EvidenceError:
            return None

    def _running(self) -> Running | None:
        try:
            return running.parse(self.read(manifest.RUNNING))
        except EvidenceError:
            return None

    def _plans(self) -> dict[str, Plan]:
        plans = {name: Plan(salt=bytes.fromhex(salt)) for name, salt in self.lists.salts.items()}
        if self.running is not None:
            wanted = self.running.plan()
            salt = plans.get(self.running.file, wanted).salt
            plans[self.running.file] = Plan(salt=salt, start=wanted.start, marks=wanted.marks)
        return plans

    # --- signatures
    def signed(
        self, signature: str, content: str, roots: tuple[x509.Certificate, ...], codes: tuple[str, str, str]
    ) -> tuple[Outcome, x509.Certificate | None]:
        """Check a detached signature; its outcome and the root it leads to.

        Args:
            codes: for changed content, an unlisted signer, a damaged signature.
        """
        changed, unlisted, damaged = codes
        try:
            digest = bytes.fromhex(self.sha256(content))
            _, path = cms.verify(self.read(signature), digest, roots, self.earliest())
        except UntrustedError as error:
            return failed(unlisted, error.message), None
        except ContentMismatchError as error:
            return failed(changed, error.message), None
        except EvidenceError as error:
            return failed(damaged, error.message), None
        return self.aged(path, f"valid at {iso(self.earliest())}"), path[-1]

    def aged(self, path: tuple[x509.Certificate, ...], detail: str) -> Outcome:
        """Passed, or W310 when a certificate of the path has expired since: no harm while a timestamp holds."""
        if chain.expires(path) < self.at:
            return State.PASSED, "W310", detail
        return State.PASSED, "OK", ""

    def kind(self) -> str:
        """``test`` when anything that was relied on is a test authority, ``court``, or empty."""
        kinds = {stamp.kind for stamp in self.stamps}
        if self.seal_root is not None:
            kinds.add(self.trust.kind_of(self.seal_root, "seal"))
        kinds |= {kind for key, kind in self.note_keys("witness") if key.name in self.cosigned}
        if self.checkpoint is not None:
            kinds |= {kind for key, kind in self.note_keys("log") if key.name == self.checkpoint.origin}
        return "test" if "test" in kinds else "court" if self.stamps else ""


def _facts(data: bytes) -> dict[str, str]:
    """The facts of the seal: a flat object of text, canonical; empty when it is anything else."""
    try:
        value = json.loads(data)
        canonical = canonical_json(value) + b"\n" == data
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict) or not canonical or not all(isinstance(item, str) for item in value.values()):
        return {}
    return value
