from collections import Counter

import pytest

from simulators.market import planting
from simulators.market.planting import PLANTS, planted_listings
from simulators.market.world import DEFAULT_SEED


def test_every_rule_has_offences_and_twice_as_many_twins() -> None:
    """At least six of each listing rule, and two near-misses for each."""
    listings = planted_listings(DEFAULT_SEED)
    bad = Counter(mark.rule for one in listings for mark in one.planted)
    near = Counter(mark.rule for one in listings for mark in one.twins)
    assert set(bad) == set(PLANTS)
    for rule, count in bad.items():
        assert count >= 6
        assert near[rule] >= 2 * count


def test_one_mark_a_listing() -> None:
    """A listing holds one sentence at most, so a hit on it can mean only one thing."""
    assert all(len(one.planted) + len(one.twins) <= 1 for one in planted_listings(DEFAULT_SEED))


def test_quotes_are_part_of_their_sentences() -> None:
    """A quote, and each other piece that may be quoted, stands in the sentence."""
    for one in planted_listings(DEFAULT_SEED):
        for mark in one.planted:
            assert mark.quote
            assert all(piece in mark.text for piece in (mark.quote, *mark.also))
            assert not mark.why


def test_evasions_are_there() -> None:
    """Split, zero-width, full-width and traditional spellings are planted."""
    quotes = "|".join(
        mark.quote + "|".join(mark.also) for one in planted_listings(DEFAULT_SEED) for mark in one.planted
    )
    assert all(piece in quotes for piece in ("最 佳", "最·佳", "國家級", "\u200b", "１００％"))


def test_no_home_left_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that fits nowhere is said, not dropped."""
    monkeypatch.setattr(planting, "base_listings", lambda _seed: ())
    with pytest.raises(ValueError, match="found none left"):
        planted_listings(99)
