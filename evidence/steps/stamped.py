"""Steps over time: timestamps over the checkpoint, and the bracket from the beacon to the earliest of them.

No single service is believed against the others: a stamp may not lie before the witnesses' own times in the note
that it stamps, and an earliest stamp that no second service supports is told as such.

Spec: RFC 3161; 在线诉讼规则 (2021) 第18条.
"""

from datetime import datetime, timedelta

from evidence import chain, manifest, timestamp
from evidence.errors import ContentMismatchError, EvidenceError, UntrustedError
from evidence.inspection import Bracket, Inspection, Outcome, failed, reserved, skipped
from evidence.log import checkpoint
from evidence.redaction import TIME
from evidence.steps.logged import cosigners, latest_of, require_plain
from evidence.verdict import StampFact, State
from kernel.clock import iso, parse_iso
from kernel.errors import ClockError

OLD_BEACON, LATE_STAMP = timedelta(hours=1), timedelta(days=1)
"""A bracket is called wide where its beacon was older when the capture began, or its stamp came later after that."""
TOLERANCE = timedelta(minutes=5)
"""Between the clocks of the capture, of a timestamp service and of a witness."""


def timestamps(run: Inspection) -> list[tuple[str, Outcome]]:
    """Each timestamp under the root of its service, at its own time; two at least. E301-E304 W310 W311 W314."""
    names = sorted(name for name in run.present() if manifest.STAMP.fullmatch(name))
    single = [_timestamp(run, name) for name in names]
    holding = len({stamp.name for stamp in run.stamps})
    outcomes: list[tuple[str, Outcome]] = []
    for name, (state, code, detail) in single:
        milder = state is State.FAILED and holding
        outcome = reserved("W311", f"{code}: {detail}") if milder else (state, code, detail)
        outcomes.append((f"timestamp:{name}", outcome))
    return [*outcomes, ("timestamps", _enough(run, holding, len(single)))]


def _enough(run: Inspection, holding: int, found: int) -> Outcome:
    if not run.has(manifest.CHECKPOINT):
        return run.lacking(manifest.CHECKPOINT)
    if not holding:
        return failed("E304")
    if not run.bound:
        return failed("E304", "the stamped checkpoint does not hold this package")
    if holding < timestamp.LEAST_SERVICES:
        return reserved("W311", f"{holding} of {found} hold")
    # Services under one root are one party, under however many names it is listed.
    if len({stamp.root for stamp in run.stamps}) < timestamp.LEAST_SERVICES:
        return reserved("W314", ", ".join(sorted(stamp.name for stamp in run.stamps)))
    return State.PASSED, "OK", ""


def _timestamp(run: Inspection, name: str) -> tuple[str, Outcome]:
    match = manifest.STAMP.fullmatch(name)
    tsa = match[1] if match else ""
    if not run.has(manifest.CHECKPOINT):
        return tsa, run.lacking(manifest.CHECKPOINT)
    try:
        imprint = bytes.fromhex(run.sha256(manifest.CHECKPOINT))
        stamp = timestamp.check(run.read(name), imprint, run.trust.roots("timestamp", tsa))
    except UntrustedError as error:
        return tsa, failed("E302", error.message)
    except ContentMismatchError as error:
        return tsa, failed("E301", error.message)
    except EvidenceError as error:
        return tsa, failed("E303", error.message)
    root = stamp.path[-1]
    run.stamps.append(StampFact(tsa, stamp.gen_time, run.trust.kind_of(root, "timestamp"), chain.key_print(root)))
    until = chain.expires(stamp.path)
    run.stamped_until = max(until, run.stamped_until or until)
    if until < run.at:
        run.expired.append(name)
        return tsa, (State.PASSED, "W310", iso(stamp.gen_time))
    return tsa, (State.PASSED, "OK", iso(stamp.gen_time))


def bracket(run: Inspection) -> Outcome:
    """Not before the beacon, not after the earliest stamp; the capture in between. E501 E503 W402 W501-W503."""
    if not run.stamps or not run.bound or not run.facts:
        return skipped("no proven time, or no facts of the seal")
    started, ended = _moment(run, "captured_from"), _moment(run, "captured_to")
    if started is None or ended is None:
        return failed("E501", f"no times of the capture in {manifest.FACTS}")
    latest = _seconds(run.earliest())
    told = f"captured {iso(started)} to {iso(ended)}, stamped {iso(latest)}"
    if started > ended or _seconds(ended) > latest + TOLERANCE:
        return failed("E501", told)
    if _forestalls(latest, run.cosigned_at):
        return failed("E501", f"stamped {iso(latest)}, but a witness cosigned later what is stamped")
    supported = _seconds(_supported(run))
    run.bracket = Bracket(None, supported)
    outcome = _not_before(run, started, ended)
    if outcome[0] is State.FAILED or supported <= latest + TOLERANCE:
        return outcome
    run.bracket = Bracket(run.bracket.not_before, supported)
    return reserved("W502", f"one service says {iso(latest)}, a second only {iso(supported)}")


def _forestalls(stamp: datetime, cosigned: datetime | None) -> bool:
    """Whether a stamp is said to be older than a cosignature in the very note that it stamps."""
    return cosigned is not None and stamp + TOLERANCE < cosigned


def _supported(run: Inspection) -> datetime:
    """The earliest time, or where the next service is far from it, the time that two support."""
    first = min(run.stamps, key=lambda stamp: stamp.gen_time)
    others = [stamp.gen_time for stamp in run.stamps if stamp.root != first.root]
    second = min(others, default=first.gen_time)
    return second if _seconds(second) > _seconds(first.gen_time) + TOLERANCE else first.gen_time


def _not_before(run: Inspection, started: datetime, ended: datetime) -> Outcome:
    latest = _seconds(run.earliest())
    after = f"stamped {_gap(ended, latest)} s after the capture ended"
    stamps = [name for name in run.present() if manifest.BEACON_STAMP.fullmatch(name)]
    if not run.has(manifest.BEACON) and not stamps:
        return reserved("W501", after)
    return _beacon(run, stamps, started, ended)


def _beacon(run: Inspection, stamps: list[str], started: datetime, ended: datetime) -> Outcome:
    latest = _seconds(run.earliest())
    try:
        before, wrong, few = _beacon_time(run, stamps)
    except EvidenceError as error:
        return failed("E503", error.message)
    if wrong:
        return failed("E501", wrong)
    if before > _seconds(started) + TOLERANCE or before > latest:
        return failed("E501", f"beacon {iso(before)}, captured from {iso(started)}, stamped {iso(latest)}")
    if few:
        return reserved("W402", few)
    run.bracket = Bracket(before, latest)
    detail = (
        f"not before {iso(before)}, not after {iso(latest)}: {_gap(before, latest)} s; "
        f"beacon {_gap(before, started)} s before, stamped {_gap(ended, latest)} s after"
    )
    if _seconds(started) - before > OLD_BEACON or latest - before > LATE_STAMP:
        return reserved("W503", detail)
    return State.PASSED, "OK", detail


def _beacon_time(run: Inspection, stamps: list[str]) -> tuple[datetime, str, str]:
    """The time of a beacon that holds; what is wrong with its order (tree too large, stamp too early); few witnesses.

    Raises:
        EvidenceError: it does not hold.
    """
    if not run.has(manifest.BEACON) or len(stamps) != 1:
        raise EvidenceError("expected a beacon with exactly one timestamp, got another number")
    data = run.read(manifest.BEACON)
    require_plain(data)
    note, tree = checkpoint.read(data)
    checkpoint.verify_log(note, [key for key, _ in run.note_keys("log")])
    statements, wanted = cosigners(run, note), run.trust.quorum
    newest = run.checkpoint
    if newest is None or tree.origin != newest.origin or (tree.size == newest.size and tree.root != newest.root):
        raise EvidenceError("expected a beacon of the same log and history, got another")
    match = manifest.BEACON_STAMP.fullmatch(stamps[0])
    roots = run.trust.roots("timestamp", match[1] if match else "")
    stamp = timestamp.check(run.read(stamps[0]), bytes.fromhex(run.sha256(manifest.BEACON)), roots)
    count, at = len(statements), _seconds(stamp.gen_time)
    wrong = f"beacon of {tree.size} leaves, checkpoint of {newest.size}" if tree.size > newest.size else ""
    if _forestalls(at, latest_of(statements)):
        wrong = f"beacon stamped {iso(at)}, but a witness cosigned it later"
    return at, wrong, f"beacon {count}/{wanted}" if count < wanted else ""


def _moment(run: Inspection, key: str) -> datetime | None:
    text = run.facts.get(key, "")
    try:
        return parse_iso(text) if TIME.fullmatch(text) else None
    except ClockError:
        return None


def _seconds(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _gap(first: datetime, second: datetime) -> int:
    return int((_seconds(second) - _seconds(first)).total_seconds())
