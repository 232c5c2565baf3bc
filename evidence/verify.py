"""Verification: is this package what was sealed, by whom, when, and how far does that go?

The steps, in order; ``verify.sh`` does the same ones with openssl and coreutils:

 1 container       the zip has its one form to the last byte          E100 E110-E114
 2 closed-world    every listed file is there, and no other           E102 E103 E201
 3 content-sha256  4 content-sm3  digests of the originals            E101 E105
 5 tag-files       digests of manifests and records                   E101 E201
 6 signature       CAdES over the tag manifest, by a listed signer    E201 E202 E203 W310
 7 timestamp:NAME  RFC 3161 over the signature, at its own time       E301 E302 E303 W310 W311
   timestamps      at least two of them hold                          E304 W311
   time-order      captured before stamped                            E501
   closing         files made after the tag manifest                  E104 E202 E203
   custody         the chain of custody folds                         E502
   report          PAdES signature, quoted root                       E701 E702
   completeness    W601    origin-tls  W602 W603    trust  W320

Roots come from the trust list alone. A signature is judged at the earliest time that is proven.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from evidence import chain, cms, custody, manifest, pades, timestamp
from evidence.container import ContainerRefusedError
from evidence.errors import (
    ContentMismatchError,
    EvidenceError,
    MalformedError,
    PackageUnreadableError,
    UntrustedError,
)
from evidence.manifest import Manifests
from evidence.package import Package, open_package
from evidence.trust import Trust
from evidence.verdict import MAX_DETAIL, Report, StampFact, State, Step, titles
from kernel.clock import as_utc, iso, parse_iso
from kernel.crypto import canonical_json
from kernel.errors import ClockError

TOLERANCE = timedelta(minutes=5)
Outcome = tuple[State, str, str]
PASSED: Outcome = (State.PASSED, "OK", "")
SMALL = 4_000_000


def _skipped(why: str) -> Outcome:
    return State.NOT_CHECKED, "N000", why


def _failed(code: str, detail: str = "") -> Outcome:
    return State.FAILED, code, detail


@dataclass(slots=True)
class _Run:
    """One verification under way."""

    path: Path
    trust: Trust
    at: datetime
    package: Package | None = None
    lists: Manifests = field(default_factory=lambda: Manifests({}, {}, {}, {}))
    spoiled: list[str] = field(default_factory=list)
    stamps: list[StampFact] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    seal_root: x509.Certificate | None = None
    root: str = ""

    def has(self, *names: str) -> bool:
        return self.package is not None and all(name in self.package.members for name in names)

    def read(self, name: str) -> bytes:
        if self.package is None:
            raise PackageUnreadableError(f"expected {self.path} to be open")
        return self.package.read(name)

    def sha256(self, name: str) -> str:
        return self.package.digests(name).sha256 if self.package else ""

    def earliest(self) -> datetime:
        return min((stamp.gen_time for stamp in self.stamps), default=self.at)

    # --- 1
    def container(self) -> Outcome:
        try:
            package = open_package(self.path)
            for name in package.members:
                package.require_whole(name)
        except PackageUnreadableError as error:
            return _failed("E100", error.message)
        except ContainerRefusedError as error:
            return _failed(error.step_code, error.message)
        self.package = package
        self._load()
        if not package.zipped:
            return _skipped("an unpacked folder: the container itself was not seen")
        return PASSED

    def _load(self) -> None:
        if self.has(manifest.TAGS):
            self.root = self.sha256(manifest.TAGS)
        self.lists = Manifests(
            payload=self._list(manifest.SHA256, "payload"),
            payload_sm3=self._list(manifest.SM3, "payload"),
            tags=self._list(manifest.TAGS, "tags"),
            closing=self._list(manifest.CLOSING, "closing"),
        )
        # Facts are a few lines; what is too large to be read is not what was sealed.
        if self.has(manifest.FACTS) and self.package and self.package.members[manifest.FACTS].size <= SMALL:
            self.facts = _facts(self.read(manifest.FACTS))

    def _list(self, name: str, part: str) -> dict[str, str]:
        if not self.has(name):
            return {}
        try:
            digests = manifest.parse(self.read(name))
        except EvidenceError:
            digests = {}
        if not digests or not all(manifest.belongs(entry, part) for entry in digests):
            self.spoiled.append(name)
            return {}
        return digests

    # --- 2
    def closed_world(self) -> Outcome:
        present = set(self.package.members if self.package else ())
        if self.spoiled:
            return _failed("E201", ", ".join(self.spoiled))
        if self.has(manifest.SHA256, manifest.SM3) and self.lists.payload.keys() != self.lists.payload_sm3.keys():
            return _failed("E201", "the SHA-256 and SM3 lists name different files")
        missing = (self.lists.names() | set(manifest.REQUIRED)) - present
        if missing:
            return _failed("E103", ", ".join(sorted(missing)))
        extra = present - self.lists.names()
        return _failed("E102", ", ".join(sorted(extra))) if extra else PASSED

    # --- 3, 4, 5
    def content_sha256(self) -> Outcome:
        if not self.lists.payload:
            return _skipped("no usable list")
        wrong = self._differing(self.lists.payload)
        return _failed("E101", ", ".join(wrong)) if wrong else PASSED

    def content_sm3(self) -> Outcome:
        if not self.lists.payload_sm3 or self.package is None:
            return _skipped("no usable list")
        wrong = [
            name
            for name, digest in sorted(self.lists.payload_sm3.items())
            if self.has(name) and self.package.digests(name).sm3 != digest
        ]
        return _failed("E105", ", ".join(wrong)) if wrong else PASSED

    def tag_files(self) -> Outcome:
        if not self.lists.tags:
            return _skipped("no usable list")
        wrong = self._differing(self.lists.tags)
        if any(name in {manifest.SHA256, manifest.SM3} for name in wrong):
            return _failed("E201", ", ".join(wrong))
        return _failed("E101", ", ".join(wrong)) if wrong else PASSED

    def _differing(self, digests: dict[str, str]) -> list[str]:
        return [name for name, digest in sorted(digests.items()) if self.has(name) and self.sha256(name) != digest]

    # --- 6
    def signature(self) -> Outcome:
        if not self.has(manifest.TAGS, manifest.SIGNATURE):
            return _skipped("signature or signed list missing")
        return self._signed(manifest.SIGNATURE, manifest.TAGS, "E201")

    def _signed(self, signature: str, content: str, changed: str) -> Outcome:
        roots = self.trust.roots("seal")
        if not roots:
            return _skipped("no seal root on the trust list")
        try:
            digest = bytes.fromhex(self.sha256(content))
            parsed, path = cms.verify(self.read(signature), digest, roots, self.earliest())
            if parsed.unsigned or parsed.content is not None:
                raise MalformedError("expected a detached signature without unsigned attributes, got more")
        except UntrustedError as error:
            return _failed("E202", error.message)
        except ContentMismatchError as error:
            return _failed(changed, error.message)
        except EvidenceError as error:
            return _failed("E203", error.message)
        self.seal_root = path[-1]
        if chain.expires(path) < self.at:
            return State.PASSED, "W310", f"valid at {iso(self.earliest())}"
        return PASSED

    # --- 7
    def timestamps(self) -> list[tuple[str, Outcome]]:
        names = sorted(name for name in self.package.members if manifest.STAMP.fullmatch(name)) if self.package else []
        single = [self._timestamp(name) for name in names]
        holding = len({stamp.name for stamp in self.stamps})
        outcomes: list[tuple[str, Outcome]] = []
        for name, outcome in single:
            state, code, detail = outcome
            if state is State.FAILED and holding:
                outcome = (State.INDETERMINATE, "W311", f"{code}: {detail}")  # noqa: PLW2901 - the same, told milder
            outcomes.append((f"timestamp:{name}", outcome))
        if not self.has(manifest.SIGNATURE):
            total = _skipped("signature missing")
        elif not holding:
            total = _failed("E304")
        elif holding < timestamp.LEAST_SERVICES:
            total = (State.INDETERMINATE, "W311", f"{holding} of {len(single)} hold")
        else:
            total = PASSED
        return [*outcomes, ("timestamps", total)]

    def _timestamp(self, name: str) -> tuple[str, Outcome]:
        match = manifest.STAMP.fullmatch(name)
        tsa = match[1] if match else ""
        if not self.has(manifest.SIGNATURE):
            return tsa, _skipped("signature missing")
        try:
            imprint = bytes.fromhex(self.sha256(manifest.SIGNATURE))
            stamp = timestamp.check(self.read(name), imprint, self.trust.roots("timestamp", tsa))
        except UntrustedError as error:
            return tsa, _failed("E302", error.message)
        except ContentMismatchError as error:
            return tsa, _failed("E301", error.message)
        except EvidenceError as error:
            return tsa, _failed("E303", error.message)
        self.stamps.append(StampFact(tsa, stamp.gen_time, self.trust.kind_of(stamp.path[-1], "timestamp")))
        if chain.expires(stamp.path) < self.at:
            return tsa, (State.PASSED, "W310", iso(stamp.gen_time))
        return tsa, (State.PASSED, "OK", iso(stamp.gen_time))

    # --- time-order
    def time_order(self) -> Outcome:
        if not self.stamps or not self.facts:
            return _skipped("no proven time, or no facts of the seal")
        try:
            started, ended = parse_iso(self.facts["captured_from"]), parse_iso(self.facts["captured_to"])
        except (KeyError, ClockError):
            return _failed("E501", f"no times of the capture in {manifest.FACTS}")
        gap = round((self.earliest() - ended).total_seconds())
        if not started <= ended <= self.earliest() + TOLERANCE:
            return _failed("E501", f"captured {iso(started)} to {iso(ended)}, stamped {iso(self.earliest())}")
        return State.PASSED, "OK", f"stamped {gap} s after the capture ended"

    # --- closing
    def closing(self) -> Outcome:
        if not self.has(manifest.CLOSING, manifest.CLOSING_SIGNATURE):
            return _skipped("closing list or its signature missing")
        state, code, detail = self._signed(manifest.CLOSING_SIGNATURE, manifest.CLOSING, "E104")
        if state is not State.PASSED:
            return state, code, detail
        wrong = self._differing(self.lists.closing)
        return _failed("E104", ", ".join(wrong)) if wrong else (state, code, detail)

    # --- custody
    def custody(self) -> Outcome:
        if not self.has(manifest.CUSTODY):
            return _skipped("no custody record")
        try:
            records = custody.parse(self.read(manifest.CUSTODY))
            count = custody.check_records(records)
        except EvidenceError as error:
            return _failed("E502", error.message)
        wanted = self.facts.get("evidence_id", "")
        if not count or any(record["evidence_id"] != wanted for record in records):
            return _failed("E502", f"expected the custody of {wanted}")
        return State.PASSED, "OK", f"{count} events"

    # --- report
    def report(self) -> Outcome:
        roots = self.trust.roots("report")
        if not self.has(manifest.REPORT) or not roots:
            return _skipped("no report, or no report root on the trust list")
        try:
            pdf = self.read(manifest.REPORT)
            pades.check(pdf, roots, self.earliest())
            quoted = pades.quoted_root(pdf)
        except EvidenceError as error:
            return _failed("E701", error.message)
        return PASSED if quoted == self.root else _failed("E702", quoted)

    # --- reservations
    def completeness(self) -> Outcome:
        word = self.facts.get("completeness", "")
        if word == "PARTIAL":
            return State.INDETERMINATE, "W601", ""
        return PASSED if word == "COMPLETE" else _skipped("not stated")

    def origin_tls(self) -> Outcome:
        word = self.facts.get("origin_tls", "")
        code = {"bad": "W602", "none": "W603"}.get(word)
        if code:
            return State.INDETERMINATE, code, ""
        return PASSED if word == "good" else _skipped("not stated")

    def kind(self) -> str:
        kinds = {stamp.kind for stamp in self.stamps}
        if self.seal_root is not None:
            kinds.add(self.trust.kind_of(self.seal_root, "seal"))
        return "test" if "test" in kinds else "court" if self.stamps else ""

    def trusted(self) -> Outcome:
        if self.seal_root is None or not self.stamps:
            return _skipped("nothing trusted holds")
        if self.kind() == "test":
            return State.PASSED, "W320", ", ".join(stamp.name for stamp in self.stamps if stamp.kind == "test")
        return PASSED

    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        yield "container", self.container()
        if self.package is None:
            for key in list(titles())[1:]:
                if key != "timestamp":
                    yield key, _skipped("the container was refused")
            return
        yield "closed-world", self.closed_world()
        yield "content-sha256", self.content_sha256()
        yield "content-sm3", self.content_sm3()
        yield "tag-files", self.tag_files()
        # The times come first: they say at which time the signature is to be judged.
        stamped = self.timestamps()
        yield "signature", self.signature()
        yield from stamped
        yield "time-order", self.time_order()
        yield "closing", self.closing()
        yield "custody", self.custody()
        yield "report", self.report()
        yield "completeness", self.completeness()
        yield "origin-tls", self.origin_tls()
        yield "trust", self.trusted()

    def steps(self) -> Iterator[Step]:
        for number, (key, (state, code, detail)) in enumerate(self.outcomes(), start=1):
            yield Step(number, key, state, code, detail[:MAX_DETAIL])


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


def verify_steps(path: Path, *, trust: Trust, at: datetime) -> Iterator[Step]:
    """The steps one by one, as they are done, for a live display.

    Args:
        path: a package file, or the folder it was unpacked into. trust: the only roots that count.
        at: now, aware UTC; only expiry is judged by it.
    """
    return _Run(path, trust, as_utc(at)).steps()


def verify(path: Path, *, trust: Trust, at: datetime) -> Report:
    """Verify a package. Reads in constant memory; never raises for what is in the package.

    Args:
        path: a package file, or the folder it was unpacked into. trust: the only roots that count.
        at: now, aware UTC; only expiry is judged by it.

    Returns:
        the report; its ``exit_code`` is 0 to 3.
    """
    run = _Run(path, trust, as_utc(at))
    steps: Sequence[Step] = tuple(run.steps())
    return Report(
        at=run.at,
        steps=tuple(steps),
        root_sha256=run.root,
        evidence_id=run.facts.get("evidence_id", ""),
        url=run.facts.get("url", ""),
        stamps=tuple(run.stamps),
        trust=run.kind(),
    )
