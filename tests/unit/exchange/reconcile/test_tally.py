"""Counts, sums and buckets: what they find, and what they refuse."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.reconcile.errors import ReconcileError
from exchange.reconcile.tally import (
    LOWER,
    Bucket,
    Manifest,
    Tally,
    buckets_as_json,
    by_key,
    compare,
    differing,
    explains,
    key_digest,
    read_buckets,
    read_manifest,
    rows_in,
)

KEYS = st.text(min_size=1, max_size=12)
SIDE = st.dictionaries(KEYS, st.sampled_from([hashlib.sha256(bytes([n])).hexdigest() for n in range(3)]), max_size=40)


def _rows(side: dict[str, str]) -> list[tuple[str, str, int]]:
    return [(key, content, number) for number, (key, content) in enumerate(side.items())]


@given(SIDE, SIDE)
def test_narrowing_finds_what_comparing_everything_finds(ours: dict[str, str], theirs: dict[str, str]) -> None:
    """No difference is lost on the way through the buckets, none appears; and the sums explain them."""
    left, right = Tally("d", _rows(ours)), Tally("d", _rows(theirs))
    uppers = differing(left.upper(), right.upper())
    lowers = differing(left.lower(uppers), right.lower(uppers))
    found = compare(by_key(rows_in(_rows(ours), lowers)), by_key(rows_in(_rows(theirs), lowers)))
    assert found == compare(ours, theirs)
    assert explains(left.manifest, right.manifest, found)
    assert left.manifest.agrees_with(right.manifest) == (ours == theirs)
    if found:
        assert not explains(left.manifest, right.manifest, found[1:])


@given(SIDE)
def test_order_does_not_matter(side: dict[str, str]) -> None:
    """Rows may come in any order from any database."""
    there, back = Tally("d", _rows(side)), Tally("d", list(reversed(_rows(side))))
    assert there.manifest == back.manifest
    assert there.upper() == back.upper()


@given(SIDE)
def test_forms_of_messages_come_back(side: dict[str, str]) -> None:
    """Manifest and buckets are read as they were written."""
    tally = Tally("d", _rows(side))
    assert read_manifest(tally.manifest.as_json()) == tally.manifest
    lower = tally.lower(tally.upper())
    assert read_buckets(buckets_as_json(lower), LOWER) == lower
    assert sum(one.count for one in lower.values()) == len(side)
    assert {key_digest(key).hex()[:LOWER] for key in side} == set(lower)


def test_a_difference_turns_round() -> None:
    """What is missing at one side is extra at the other."""
    one, two, three = compare({"a": "1", "b": "1"}, {"b": "2", "c": "1"})
    assert [item.kind for item in (one, two, three)] == ["missing", "altered", "extra"]
    assert [item.seen_from_the_other_side().kind for item in (one, two, three)] == ["extra", "altered", "missing"]


def test_a_key_twice_is_refused() -> None:
    """Nobody could say which row is meant."""
    with pytest.raises(ReconcileError):
        by_key([("a", "1"), ("a", "1")])


@pytest.mark.parametrize(
    "items",
    [
        [["00ff", 1]],
        [["00ff", -1, "0" * 64]],
        [["00ff", True, "0" * 64]],
        [["00FF", 1, "0" * 64]],
        [["0ff", 1, "0" * 64]],
        [["00ff", 1, "0" * 63]],
        [["00ff", 1, "z" * 64]],
        [["00ff", 1, "0" * 64], ["00ff", 1, "0" * 64]],
        ["00ff"],
    ],
)
def test_buckets_that_are_not_understood_are_refused(items: list[object]) -> None:
    """Never guessed."""
    with pytest.raises(ReconcileError):
        read_buckets(items, LOWER)


@pytest.mark.parametrize(
    "change", [{"count": "1"}, {"max_seq": -1}, {"sum": 5}, {"algorithm": "crc32"}, {"extra": 1}, None]
)
def test_manifests_that_are_not_understood_are_refused(change: dict[str, object] | None) -> None:
    """Nor is another algorithm taken."""
    good = Manifest("d", 1, 2, 3).as_json()
    with pytest.raises(ReconcileError):
        read_manifest(None if change is None else {**good, **change})


def test_buckets_compare_by_count_and_sum() -> None:
    """A bucket that one side has not is a difference."""
    assert differing({"aa": Bucket(1, 2), "bb": Bucket(1, 1)}, {"aa": Bucket(1, 2), "cc": Bucket(1, 1)}) == ["bb", "cc"]
