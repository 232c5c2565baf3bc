"""What moved between two runs, and what is only chance."""

import json

import pytest

from exchange.quality.profile import DISTINCT_KEPT, Profile, drift
from exchange.quality.rule_set import rule_set

Words = dict[str | None, int]


def _profile(words: Words, field: str = "PubFlag") -> dict[str, object]:
    profile = Profile(rule_set("penalty"))
    rows = [{field: word} for word, number in words.items() for _ in range(number)]
    assert list(profile.passing(rows)) == rows
    found = profile.as_json()
    json.dumps(found)
    return {field: found[field]}


@pytest.mark.parametrize(
    ("before", "now", "kinds"),
    [
        ({"0": 100, "1": 100}, {"0": 110, "1": 90}, []),
        ({"0": 100, "1": 100}, {"0": 30, "1": 170}, ["mixture"]),
        ({"0": 100, "1": 100}, {"0": 100, "1": 99, "7": 1}, ["new-word"]),
        ({"1": 190, None: 10}, {"1": 130, None: 70}, ["empty"]),
        ({"1": 190, None: 10}, {"1": 184, "": 16}, []),
        ({"1": 400}, {"1": 150}, ["rows"]),
        ({"1": 400}, {"0": 50}, []),
        ({None: 200}, {None: 200}, []),
    ],
)
def test_drift(before: Words, now: Words, kinds: list[str]) -> None:
    """Empty values, new words, another mixture, fewer rows; too few rows say nothing."""
    found = drift(_profile(before), _profile(now))
    assert [one.kind for one in found] == kinds
    assert all(one.before and one.now and one.as_json()["kind"] == one.kind for one in found)


def test_many_values_are_counted_up_to_a_bound() -> None:
    """Memory has a bound, and a field of many values has no words."""
    many: Words = {f"局{number}": 1 for number in range(DISTINCT_KEPT + 5)}
    found = _profile(many, "PenAuth")["PenAuth"]
    assert isinstance(found, dict)
    assert (found["distinct"], found["capped"], found["rows"]) == (DISTINCT_KEPT, True, DISTINCT_KEPT + 5)
    assert drift({"PenAuth": found}, _profile({"新局": 6000}, "PenAuth")) == ()


def test_personal_values_are_not_kept() -> None:
    """Only whether there is one."""
    profile = Profile(rule_set("identity_report"))
    list(profile.passing([{"contact": "XX-1234"}, {"contact": ""}]))
    assert "XX-1234" not in json.dumps(profile.as_json())


def test_a_field_that_was_never_profiled() -> None:
    """A new profile field has nothing before it."""
    assert drift({}, _profile({"1": 200})) == ()
