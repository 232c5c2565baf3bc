"""The report both sides sign: what it must say, and when it is not believed."""

import json

import pytest

from exchange.reconcile.errors import ReconcileError
from exchange.reconcile.report import Terms, as_item, check_report, list_digest, read_items, run_id, write_report
from exchange.reconcile.tally import Tally, compare
from kernel.crypto import canonical_json
from tests.unit.exchange.reconcile.conftest import AT, digest

OURS = {"a": digest("1"), "b": digest("2"), "c": digest("3")}
THEIRS = {"a": digest("1"), "b": digest("9"), "d": digest("4")}
TERMS = Terms(run_id("1", "2", "d", "2026-11-24"), "d", "2026-11-24", 9, "1", "1", "2")
LEFT = Tally("d", [(key, value, 0) for key, value in OURS.items()]).manifest
RIGHT = Tally("d", [(key, value, 0) for key, value in THEIRS.items()]).manifest
FOUND = compare(OURS, THEIRS)


def test_a_true_report_is_believed() -> None:
    """And the list of differences comes back as it was."""
    text = write_report(TERMS, LEFT, RIGHT, FOUND, at=AT)
    assert check_report(text, TERMS, LEFT, FOUND) == RIGHT
    assert read_items([as_item(one) for one in FOUND]) == FOUND
    assert list_digest(FOUND) == list_digest(reversed(FOUND))


@pytest.mark.parametrize("name", ["run", "data_set", "day", "cut", "sender", "asker", "answerer", "format", "found"])
def test_a_report_on_something_else_is_not(name: str) -> None:
    """Every field is looked at."""
    body = json.loads(write_report(TERMS, LEFT, RIGHT, FOUND, at=AT))
    body[name] = 10 if name == "cut" else "other"
    with pytest.raises(ReconcileError):
        check_report(canonical_json(body).decode(), TERMS, LEFT, FOUND)


def test_a_list_that_is_not_whole_is_not() -> None:
    """Even when the report counts it rightly."""
    with pytest.raises(ReconcileError, match="whole"):
        check_report(write_report(TERMS, LEFT, RIGHT, FOUND[1:], at=AT), TERMS, LEFT, FOUND[1:])


@pytest.mark.parametrize("text", ["", "[]", "{}", " ", '{"a": 1}'])
def test_other_texts_are_not(text: str) -> None:
    """Nor is a report in another form than the canonical one."""
    with pytest.raises(ReconcileError):
        check_report(text, TERMS, LEFT, FOUND)
    with pytest.raises(ReconcileError):
        check_report(write_report(TERMS, LEFT, RIGHT, FOUND, at=AT) + " ", TERMS, LEFT, FOUND)
    with pytest.raises(ReconcileError):
        check_report(write_report(TERMS, RIGHT, RIGHT, (), at=AT), TERMS, LEFT, ())


@pytest.mark.parametrize(
    "item",
    [
        ["missing", "k", "", "1"],
        ["altered", "k", "1", "1"],
        ["altered", "k", "1", ""],
        ["missing", "", "1", ""],
        ["missing", "\ud800", "1", ""],
        ["missing", "k" * 301, "1", ""],
        ["missing", "k", "1"],
        ["missing", 5, "1", ""],
        "x",
    ],
)
def test_differences_that_are_not_understood_are_refused(item: object) -> None:
    """A kind has to be what the digests show."""
    with pytest.raises(ReconcileError):
        read_items([item])


def test_a_difference_twice_is_refused() -> None:
    """A key is listed once."""
    with pytest.raises(ReconcileError):
        read_items([["missing", "k", "1", ""], ["missing", "k", "1", ""]])
