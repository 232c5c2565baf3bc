"""The report of a reconciliation: one canonical text that both sides sign, or refuse.

It names both manifests, how many keys differ in which way, and the digest of the list of differences. Whoever holds
the list and both signatures can check it without asking either side.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from exchange.reconcile.errors import ReconcileError
from exchange.reconcile.tally import ALTERED, EXTRA, MISSING, Difference, Manifest, explains, read_manifest, require_key
from kernel.clock import iso
from kernel.crypto import canonical_json, sha256_hex

FORMAT = "wangjian-reconciliation-1"
FIELDS = frozenset({"format", "run", "data_set", "day", "cut", "sender", "asker", "answerer", "sides", "found", "at"})
KINDS = (MISSING, EXTRA, ALTERED)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is compared.

    Attributes:
        run: id of the comparison. asker, answerer, sender: organisation codes; sender: whose rows they are first.
        day: ``YYYY-MM-DD`` in China, with ``.2`` … when it is done again. cut: highest sequence number.
    """

    run: str
    data_set: str
    day: str
    cut: int
    sender: str
    asker: str
    answerer: str


def run_id(asker: str, answerer: str, data_set: str, day: str) -> str:
    """The id both sides give one comparison. Args: organisation codes, name, day."""
    return "rc-" + sha256_hex(canonical_json([asker, answerer, data_set, day]))[:40]


def write_report(
    terms: Terms, asker: Manifest, answerer: Manifest, differences: Sequence[Difference], *, at: datetime
) -> str:
    """The text to be signed. Args: differences as the asker sees them. at: aware UTC."""
    found: dict[str, object] = {kind: sum(one.kind == kind for one in differences) for kind in KINDS}
    found["sha256"] = list_digest(differences)
    body = {
        "format": FORMAT,
        "run": terms.run,
        "data_set": terms.data_set,
        "day": terms.day,
        "cut": terms.cut,
        "sender": terms.sender,
        "asker": terms.asker,
        "answerer": terms.answerer,
        "sides": {"asker": asker.as_json(), "answerer": answerer.as_json()},
        "found": found,
        "at": iso(at),
    }
    return canonical_json(body).decode()


def list_digest(differences: Iterable[Difference]) -> str:
    """SHA-256 over the list of differences, in the order of their keys, hex."""
    ordered = sorted(differences, key=lambda one: one.key)
    return sha256_hex(canonical_json([as_item(one) for one in ordered]))


def as_item(one: Difference) -> list[str]:
    """A difference as it goes into messages."""
    return [one.kind, one.key, one.ours, one.theirs]


def read_items(items: Iterable[object]) -> tuple[Difference, ...]:
    """Differences as the peer sent them.

    Raises:
        ReconcileError: not understood, a key twice, or a kind that its digests do not show.
    """
    found: dict[str, Difference] = {}
    for item in items:
        if not isinstance(item, list) or len(item) != 4 or not all(isinstance(part, str) for part in item):
            raise ReconcileError("expected differences as kind, key and two digests, got another form")
        one = Difference(item[0], require_key(item[1]), item[2], item[3])
        shown = ALTERED if one.ours and one.theirs else MISSING if one.ours else EXTRA
        if one.kind != shown or one.ours == one.theirs or one.key in found:
            raise ReconcileError(f"expected each differing key once, with its kind, got {one.key[:80]!r} otherwise")
        found[one.key] = one
    return tuple(found[key] for key in sorted(found))


def check_report(text: str, terms: Terms, ours: Manifest, differences: Sequence[Difference]) -> Manifest:
    """See that a report says what was agreed on and what the differences show.

    Args:
        text: the report. terms: as this side knows them. ours: manifest of this side, which asked.
        differences: as this side sees them.

    Returns:
        the other side's manifest.

    Raises:
        ReconcileError: says what does not fit.
    """
    try:
        body = json.loads(text)
    except ValueError as error:
        raise ReconcileError("expected a report in JSON, got another form") from error
    if not isinstance(body, dict) or set(body) != FIELDS or canonical_json(body).decode() != text:
        raise ReconcileError("expected a canonical report with its fields, got another form")
    said = (body["format"], *(body[name] for name in ("run", "data_set", "day", "cut", "sender", "asker", "answerer")))
    known = (FORMAT, *(getattr(terms, name) for name in terms.__slots__))
    if said != known:
        raise ReconcileError(f"expected a report on {terms.run}, got one on something else")
    sides = body["sides"] if isinstance(body["sides"], dict) else {}
    if read_manifest(sides.get("asker")) != ours:
        raise ReconcileError("expected this side's own manifest in the report, got another")
    theirs = read_manifest(sides.get("answerer"))
    found: dict[str, object] = {kind: sum(one.kind == kind for one in differences) for kind in KINDS}
    if body["found"] != {**found, "sha256": list_digest(differences)}:
        raise ReconcileError("expected the report to count the differences it lists, got other figures")
    if not explains(ours, theirs, differences):
        raise ReconcileError("expected the differences to explain both sums, got a list that is not whole")
    return theirs
