"""What a sealed package says of itself, for its page: times, log, ground, second look, what is missing.

Two kinds are told apart: what a verification proved, kept in the chain of custody, and what the package states and
nobody has checked yet. Parts that cannot be read are shown as not recorded; the verification says why.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence import manifest, timestamp
from evidence.dossier import Authority, listed, part, read_authority, text
from evidence.errors import EvidenceError
from evidence.log import checkpoint, proof
from evidence.package import Package
from evidence.readable import SECOND
from evidence.verdict import Report
from kernel.clock import iso, parse_iso
from kernel.errors import ClockError
from kernel.models import CustodyEvent

SMALL_BYTES = 4_000_000
SHOWN = 100
HOUR = 3600
Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Standing:
    """When something was captured at the earliest and the latest, and where it stands in the log.

    Attributes:
        verified_at: of the verification that proved it; none where the package merely states it.
        verdict: of that verification. not_before, not_after: none where there is no proof.
        index: of the entry, from 0; -1 where that is not known. witnesses: names of those that cosigned.
    """

    verified_at: datetime | None
    verdict: str
    not_before: datetime | None
    not_after: datetime | None
    origin: str
    size: int
    index: int
    witnesses: tuple[str, ...]

    def seconds(self) -> int | None:
        """Length of the bracket; none where one of its ends is missing."""
        if self.not_before is None or self.not_after is None:
            return None
        return int((self.not_after - self.not_before).total_seconds())

    def long(self) -> tuple[int, int] | None:
        """The same as days and hours; none where it is shorter than an hour."""
        seconds = self.seconds()
        return None if seconds is None or seconds < HOUR else divmod(seconds // HOUR, 24)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a second look saw otherwise. ``first`` is the browser's; texts, empty where not told."""

    what: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Look:
    """One second look.

    Attributes:
        who: ``fetch`` or ``node``. state: ``compared``, ``failed``, ``not_asked``. reason: of a failure.
        same: names of what agreed. only_first, only_second: number of texts that only one of them shows.
    """

    who: str
    state: str
    reason: str
    same: tuple[str, ...]
    different: tuple[Difference, ...]
    only_first: int
    only_second: int


@dataclass(frozen=True, slots=True)
class Lacking:
    """One resource that was not had. how: ``failed`` or ``blocked``."""

    how: str
    url: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not in the package: at most ``SHOWN`` of ``total`` resources."""

    shown: tuple[Lacking, ...]
    total: int


def proven_detail(report: Report) -> dict[str, object]:
    """What the custody event of a verification keeps of it, beside verdict and codes."""
    found = report.log
    return {
        "not_before": iso(report.not_before) if report.not_before else "",
        "not_after": iso(report.not_after) if report.not_after else "",
        "log_origin": found.origin if found else "",
        "log_size": found.size if found else 0,
        "log_index": found.index if found else -1,
        "witnesses": list(found.cosigned) if found else [],
    }


def proven(custody: Sequence[CustodyEvent]) -> Standing | None:
    """What the newest verification proved; none where there was none, or only some from before this was kept."""
    for event in reversed(custody):
        if event.action == "verified" and "not_after" in event.detail:
            kept = event.detail
            return Standing(
                event.at,
                text(kept.get("verdict")),
                _time(kept.get("not_before")),
                _time(kept.get("not_after")),
                text(kept.get("log_origin")),
                _count(kept.get("log_size")),
                _count(kept.get("log_index"), -1),
                tuple(text(name) for name in listed(kept, "witnesses")),
            )
    return None


def stated(package: Package) -> Standing:
    """What the package states; nothing of it is checked here."""
    before = [_stamp(package, name) for name in package.members if manifest.BEACON_STAMP.fullmatch(name)]
    after = [_stamp(package, name) for name in package.members if manifest.STAMP.fullmatch(name)]
    origin, size, index = "", 0, -1
    witnesses: tuple[str, ...] = ()
    try:
        note, tree = checkpoint.read(package.read(manifest.CHECKPOINT, SMALL_BYTES))
        origin, size = tree.origin, tree.size
        witnesses = tuple(sorted({one.name for one in note.signatures} - {origin}))
        index = proof.parse(package.read(manifest.PROOF, SMALL_BYTES)).index
    except EvidenceError:
        # A checkpoint that is missing or damaged: the page says so, and the verification why.
        pass
    times = [at for at in after if at]
    return Standing(
        None, "", next((at for at in before if at), None), min(times) if times else None, origin, size, index, witnesses
    )


def authority_of(package: Package) -> Authority:
    """The ground as it was sealed; empty where there is none."""
    return read_authority(_json(package, manifest.AUTHORITY))


def second_look(package: Package) -> tuple[Look, ...]:
    """The second looks that were asked for, with what they saw otherwise; empty where nobody looked."""
    told = _json(package, SECOND)
    looks = (_look(who, part(told, who)) for who in ("fetch", "node"))
    return tuple(look for look in looks if look.state not in {"", "not_asked"})


def _look(who: str, told: Record) -> Look:
    different = [item for item in listed(told, "different") if isinstance(item, Mapping)]
    return Look(
        who,
        text(told.get("state")),
        text(told.get("reason")),
        tuple(text(name) for name in listed(told, "same")),
        tuple(
            Difference(text(item.get("what")), text(item.get("first"))[:1000], text(item.get("second"))[:1000])
            for item in different
        ),
        _count(part(told, "text_only_in_first").get("count")),
        _count(part(told, "text_only_in_second").get("count")),
    )


def missing(package: Package) -> Missing:
    """What the capture could not have, and why."""
    told = _json(package, manifest.COMPLETENESS)
    found = [
        Lacking(how, text(item.get("url")), text(item.get("kind")), text(item.get("reason")))
        for how in ("failed", "blocked")
        for item in listed(told, how)
        if isinstance(item, Mapping)
    ]
    return Missing(tuple(found[:SHOWN]), len(found))


def _json(package: Package, name: str) -> Record:
    """One JSON object of the package; an empty one where there is none or it is something else."""
    if name not in package.members:
        return {}
    try:
        value = json.loads(package.read(name, SMALL_BYTES))
    except (EvidenceError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _stamp(package: Package, name: str) -> datetime | None:
    try:
        return timestamp.peek_time(package.read(name, timestamp.MAX_ANSWER_BYTES))
    except EvidenceError:
        return None


def _time(value: object) -> datetime | None:
    try:
        return parse_iso(str(value)) if value else None
    except ClockError:
        return None


def _count(value: object, otherwise: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
