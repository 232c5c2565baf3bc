"""Step over the long life of a package: archive timestamps over everything, each made while the last ones held.

Spec: RFC 4998 section 5.3 (evidence records); the list and its timestamps are judged here, ``record.ers`` repeats them.
"""

from evidence import chain, manifest
from evidence.archive_list import LIST, parse, renewal_stamps, sha512
from evidence.errors import EvidenceError, MalformedError
from evidence.inspection import PASSED, Inspection, Outcome, failed, reserved
from evidence.timestamp import Stamp
from evidence.verdict import State
from kernel.clock import iso

CORE = (manifest.TAGS, manifest.SIGNATURE, manifest.CHECKPOINT, manifest.PROOF)
"""What every renewal is about, and what never changes: the sealed list, its signature, its place in the log."""


def renewal(run: Inspection) -> Outcome:
    """Each renewal came in time, about this package, the newest covers everything; none is needed before an expiry.

    E311 does not hold, W312 due, W313 nothing in force bridges two of them.
    """
    there = sorted(name for name in run.present() if name.startswith("seal/renewals/"))
    if not there:
        return reserved("W312", ", ".join(run.expired)) if run.expired else PASSED
    if any(manifest.RENEWAL.fullmatch(name) is None for name in there):
        return failed("E311", "files that belong to no renewal")
    folders = sorted({name.rpartition("/")[0] for name in there})
    try:
        _require_all(run, folders[-1], there)
        _require_core(run, folders, there)
        assert run.package is not None  # noqa: S101 - the names are from it
        layers = [renewal_stamps(run.package, folder, run.trust) for folder in folders]
        _require_order(layers)
    except EvidenceError as error:
        return failed("E311", error.message)
    return _in_time(run, layers)


def _require_all(run: Inspection, folder: str, there: list[str]) -> None:
    """The newest list names everything that came before it."""
    own = {name for name in there if name.startswith(f"{folder}/")}
    listed = parse(run.read(f"{folder}/{LIST}"))
    covered = run.present() - {manifest.CLOSING, manifest.CLOSING_SIGNATURE, *own}
    if listed.keys() != covered:
        raise MalformedError(f"expected the list to name everything, got {len(listed)} of {len(covered)} files")
    wrong = sorted(name for name, digest in listed.items() if _sha512(run, name) != digest)
    if wrong:
        raise MalformedError(f"expected the digests of the renewal, got others: {', '.join(wrong)}")


def _require_core(run: Inspection, folders: list[str], there: list[str]) -> None:
    """Each earlier list names what every renewal is about and all renewals before it, as they are now.

    Report, readers and closing may have changed since, so that they are not compared.
    """
    digests = {name: _sha512(run, name) if run.has(name) else "" for name in CORE}
    for folder in folders[:-1]:
        listed = parse(run.read(f"{folder}/{LIST}"))
        wrong = sorted(name for name, digest in digests.items() if not digest or listed.get(name) != digest)
        if wrong:
            raise MalformedError(f"expected {folder} to be about this package, got other digests: {', '.join(wrong)}")
        digests |= {name: _sha512(run, name) for name in there if name.startswith(f"{folder}/")}


def _require_order(layers: list[list[Stamp]]) -> None:
    """Their folders are in the order of their stamps."""
    firsts = [min(stamp.gen_time for stamp in stamps).replace(microsecond=0) for stamps in layers]
    if firsts != sorted(firsts):
        raise MalformedError("expected renewals named in the order of their timestamps, got another order")


def _in_time(run: Inspection, layers: list[list[Stamp]]) -> Outcome:
    until = run.stamped_until
    for stamps in layers:
        first = min(stamp.gen_time for stamp in stamps)
        if until is not None and until < first:
            return reserved("W313", f"certificates ended {iso(until)}, stamped again {iso(first)}")
        until = max(chain.expires(stamp.path) for stamp in stamps)
    if until is not None and until < run.at:
        return reserved("W312", f"the renewal of {iso(first)} has expired too")
    return State.PASSED, "OK", iso(first)


def _sha512(run: Inspection, name: str) -> str:
    package = run.package
    assert package is not None  # noqa: S101 - the caller has its names from it
    return sha512(lambda: package.open(name))
