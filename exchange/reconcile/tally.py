"""Comparing what two sides hold without sending all of it: counts and sums, then buckets, then keys.

A row is a key, the digest of its content and its sequence number. Rows fall into 65,536 buckets by the digest of
their key; a bucket is told by its count and the sum of its row digests, so that one pass over the rows gives every
bucket whatever their order. Sides that differ narrow down: 256 upper buckets, their lower buckets, the rows in them.

The sums also prove that a list of differences is whole: what one side holds, less and plus the listed differences,
has to sum up to what the other side holds (:func:`explains`).

Spec: GB/T 21062.3-2007 (exchange interface; checking of what was exchanged).
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from exchange.reconcile.errors import ReconcileError

ALGORITHM = "sha256-sum256"
MAX_KEY = 300
UPPER, LOWER = 2, 4
"""Hex digits of the names of upper and lower buckets."""
_MODULUS = 1 << 256
MISSING, EXTRA, ALTERED = "missing", "extra", "altered"

Row = tuple[str, str, int]
"""Key, digest of the content (hex), sequence number (0 where there is none)."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many rows, and the sum of their digests modulo 2^256."""

    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one side holds of a data set.

    Attributes:
        data_set: its name. count: rows. total: sum of row digests modulo 2^256. max_seq: highest sequence number.
    """

    data_set: str
    count: int
    total: int
    max_seq: int

    def agrees_with(self, other: "Manifest") -> bool:
        """Whether both hold the same rows."""
        return (self.data_set, self.count, self.total) == (other.data_set, other.count, other.total)

    def as_json(self) -> dict[str, object]:
        """As it goes into messages and reports."""
        return {
            "algorithm": ALGORITHM,
            "count": self.count,
            "data_set": self.data_set,
            "max_seq": self.max_seq,
            "sum": f"{self.total:064x}",
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """One key on which the sides differ: ``missing`` (theirs lacks it), ``extra`` (only theirs), ``altered``.

    Attributes:
        ours, theirs: digest of the content at each side, hex; empty where the row is not.
    """

    kind: str
    key: str
    ours: str
    theirs: str

    def seen_from_the_other_side(self) -> "Difference":
        """The same difference with the sides changed."""
        kind = {MISSING: EXTRA, EXTRA: MISSING}.get(self.kind, self.kind)
        return Difference(kind, self.key, self.theirs, self.ours)


def read_manifest(value: object) -> Manifest:
    """A manifest as the peer sent it.

    Raises:
        ReconcileError: not understood, or another algorithm.
    """
    if not isinstance(value, dict) or set(value) != {"algorithm", "count", "data_set", "max_seq", "sum"}:
        raise ReconcileError("expected a manifest with algorithm, count, data_set, max_seq and sum, got another form")
    if value["algorithm"] != ALGORITHM:
        raise ReconcileError(f"expected sums by {ALGORITHM}, got {str(value['algorithm'])[:40]!r}")
    count, max_seq = value["count"], value["max_seq"]
    if not _is_count(count) or not _is_count(max_seq):
        raise ReconcileError("expected whole numbers as count and max_seq, got others")
    return Manifest(str(value["data_set"]), count, _sum_of(value["sum"]), max_seq)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _sum_of(value: object) -> int:
    try:
        if isinstance(value, str) and len(value) == 64:
            return int.from_bytes(bytes.fromhex(value))
    except ValueError:
        pass
    raise ReconcileError(f"expected a sum of 64 hex digits, got {str(value)[:80]!r}")


def key_digest(key: str) -> bytes:
    """SHA-256 of a key; its first two bytes say the bucket."""
    return sha256(key.encode()).digest()


def row_number(key: str, content: str) -> int:
    """The digest of a row as a number, for the sums."""
    return int.from_bytes(sha256(key_digest(key) + content.encode()).digest())


class Tally:
    """Counts and sums of all lower buckets, from one pass over the rows.

    Args:
        data_set: name. rows: in any order, each key once.
    """

    def __init__(self, data_set: str, rows: Iterable[Row]) -> None:
        counts, sums, highest = array("Q", bytes(8 << 16)), [0] * (1 << 16), 0
        for key, content, seq in rows:
            digest = sha256(key.encode()).digest()
            place = digest[0] << 8 | digest[1]
            counts[place] += 1
            sums[place] += int.from_bytes(sha256(digest + content.encode()).digest())
            highest = max(highest, seq)
        self._counts, self._sums = counts, sums
        self.manifest = Manifest(data_set, sum(counts), sum(sums) % _MODULUS, highest)

    def upper(self) -> dict[str, Bucket]:
        """The 256 upper buckets that are not empty, by two hex digits."""
        found = {}
        for high in range(256):
            count = sum(self._counts[high << 8 : (high + 1) << 8])
            if count:
                found[f"{high:02x}"] = Bucket(count, sum(self._sums[high << 8 : (high + 1) << 8]) % _MODULUS)
        return found

    def lower(self, uppers: Iterable[str]) -> dict[str, Bucket]:
        """The lower buckets of some upper ones that are not empty, by four hex digits."""
        found = {}
        for upper in sorted(set(uppers)):
            high = int(upper, 16)
            for place in range(high << 8, (high + 1) << 8):
                if self._counts[place]:
                    found[f"{place:04x}"] = Bucket(self._counts[place], self._sums[place] % _MODULUS)
        return found


def differing(ours: Mapping[str, Bucket], theirs: Mapping[str, Bucket]) -> list[str]:
    """Names of the buckets that are not the same at both sides, sorted."""
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def buckets_as_json(buckets: Mapping[str, Bucket]) -> list[list[object]]:
    """As they go into messages: name, count, sum (hex)."""
    return [[name, one.count, f"{one.total:064x}"] for name, one in sorted(buckets.items())]


def read_buckets(items: Sequence[object], digits: int) -> dict[str, Bucket]:
    """Buckets as the peer sent them.

    Args:
        items: from :func:`buckets_as_json`. digits: of their names, ``UPPER`` or ``LOWER``.

    Raises:
        ReconcileError: not understood.
    """
    found: dict[str, Bucket] = {}
    for item in items:
        if not isinstance(item, list) or len(item) != 3 or not _is_count(item[1]):
            raise ReconcileError("expected buckets as name, count and sum, got another form")
        name = require_name(item[0], digits)
        if name in found:
            raise ReconcileError(f"expected each bucket once, got {name} twice")
        found[name] = Bucket(item[1], _sum_of(item[2]))
    return found


def require_name(name: object, digits: int) -> str:
    """The name of a bucket.

    Raises:
        ReconcileError: not so many hex digits.
    """
    if not isinstance(name, str) or len(name) != digits or not set(name) <= set("0123456789abcdef"):
        raise ReconcileError(f"expected {digits} hex digits as the name of a bucket, got {str(name)[:40]!r}")
    return name


def require_key(key: str) -> str:
    """The key of a row.

    Raises:
        ReconcileError: empty, longer than 300 characters, or not Unicode text.
    """
    try:
        if 1 <= len(key) <= MAX_KEY and key.encode():
            return key
    except UnicodeEncodeError:
        pass
    raise ReconcileError(f"expected a key of 1 to {MAX_KEY} characters, got {key[:40]!a}")


def names_as_text(names: Iterable[str]) -> str:
    """Names of lower buckets as a map of 65,536 bits in hex: short, however many there are; empty for none."""
    marks = bytearray(1 << 13)
    for name in names:
        place = int(name, 16)
        marks[place >> 3] |= 0x80 >> (place & 7)
    return marks.hex() if any(marks) else ""


def read_names(text: object) -> list[str]:
    """Names of lower buckets as the peer sent them.

    Raises:
        ReconcileError: not such a map.
    """
    try:
        marks = bytes.fromhex(text) if isinstance(text, str) else b"?"
    except ValueError as error:
        raise ReconcileError("expected a map of buckets in hex, got another form") from error
    if len(marks) not in {0, 1 << 13}:
        raise ReconcileError(f"expected a map of {1 << 13} bytes, got {len(marks)}")
    return [f"{place:04x}" for place in range(len(marks) << 3) if marks[place >> 3] & (0x80 >> (place & 7))]


def rows_in(rows: Iterable[Row], lowers: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Key and content of the rows that lie in some lower buckets."""
    wanted = bytearray(1 << 16)
    for name in lowers:
        wanted[int(name, 16)] = 1
    for key, content, _ in rows:
        digest = sha256(key.encode()).digest()
        if wanted[digest[0] << 8 | digest[1]]:
            yield key, content


def by_key(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Content by key.

    Raises:
        ReconcileError: a key comes twice, so that nobody can say which row is meant.
    """
    found: dict[str, str] = {}
    for key, content in pairs:
        if key in found:
            raise ReconcileError(f"expected each key once, got {key[:80]!r} twice")
        found[key] = content
    return found


def compare(ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[Difference, ...]:
    """Every key on which two sides differ, by key."""
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        left, right = ours.get(key, ""), theirs.get(key, "")
        if left != right:
            kind = ALTERED if left and right else MISSING if left else EXTRA
            found.append(Difference(kind, key, left, right))
    return tuple(found)


def explains(ours: Manifest, theirs: Manifest, differences: Iterable[Difference]) -> bool:
    """Whether the differences are all of them: theirs, mended by them, has the count and the sum of ours."""
    count, total = theirs.count, theirs.total
    for one in differences:
        if one.ours:
            count, total = count + 1, total + row_number(one.key, one.ours)
        if one.theirs:
            count, total = count - 1, total - row_number(one.key, one.theirs)
    return (count, total % _MODULUS) == (ours.count, ours.total)
