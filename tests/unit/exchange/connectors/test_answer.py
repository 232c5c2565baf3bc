import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.answer import key_page, page, parse
from exchange.connectors.errors import SourceFormError
from exchange.connectors.row import keep_only

PUBLISHED = ("a", "b")
KEEP = keep_only(PUBLISHED)


def row(**changes: object) -> dict[str, Any]:
    """One sound row."""
    return {"key": "k1", "version": 1, "updated_at": "2026-11-25T08:00:00Z", "fields": {"a": "1", "b": "2"}, **changes}


def told(*rows: object, **changes: object) -> dict[str, object]:
    """A page of rows."""
    sound = {"server_time": "2026-11-25T08:00:01Z", "count": len(rows), "rows": list(rows), "next": None}
    return {**sound, **changes}


def test_a_page() -> None:
    """Rows, server time and fields as they are."""
    found = page(told(row(), row(key="k2", deleted=True, fields={})), PUBLISHED, KEEP)
    assert [(one.key, one.deleted) for one in found.rows] == [("k1", False), ("k2", True)]
    assert found.next is None
    assert not found.quarantined
    assert (found.new_fields, found.lost_fields) == ((), ())


def test_the_same_row_twice_counts_once() -> None:
    """A duplicate within a page changes nothing."""
    assert len(page(told(row(), row()), PUBLISHED, KEEP).rows) == 1


def test_drift_is_told() -> None:
    """New fields and lost ones are named."""
    found = page(told(row(fields={"a": "1", "c": "3"})), PUBLISHED, KEEP)
    assert (found.new_fields, found.lost_fields) == (("c",), ("b",))


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 2},
        {"count": None},
        {"rows": {}},
        {"server_time": "soon"},
        {"next": "x"},
        {"next": {"since": "x", "after": ""}},
        {"next": {"since": "2026-11-25T08:00:00Z"}},
    ],
)
def test_pages_that_are_not_taken(changes: dict[str, object]) -> None:
    """A page that is not whole, or whose own form is another, is refused."""
    with pytest.raises(SourceFormError):
        page(told(row(), **changes), PUBLISHED, KEEP)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"key": ""}, "key", "form"),
        ({"key": 7}, "key", "form"),
        ({"version": "1"}, "version", "form"),
        ({"version": True}, "version", "form"),
        ({"version": 0}, "version", "form"),
        ({"version": 2**31}, "version", "form"),
        ({"updated_at": "gestern"}, "updated_at", "form"),
        ({"updated_at": "2099-01-01T00:00:00Z"}, "updated_at", "source-time"),
        ({"deleted": "no"}, "deleted", "form"),
        ({"fields": []}, "fields", "form"),
    ],
)
def test_rows_that_are_quarantined(changes: dict[str, object], field: str, reason: str) -> None:
    """A row whose envelope is not understood does not spoil the others."""
    found = page(told(row(**changes), row(key="k2")), PUBLISHED, keep_only(("a",)))
    assert [one.key for one in found.rows] == ["k2"]
    (bad,) = found.quarantined
    assert (bad.problems[0].field, bad.problems[0].reason) == (field, reason)
    assert "b" not in bad.kept


@pytest.mark.parametrize("data", [b"", b"[1]", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff", b"[" * 100_000])
def test_what_is_no_json_object(data: bytes) -> None:
    """Refused, also what only some readers would take."""
    with pytest.raises(SourceFormError):
        parse(data)


def test_decimals_stay_text() -> None:
    """An amount is not rounded on the way."""
    assert parse(b'{"a": 0.10}') == {"a": "0.10"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    """Nothing else than our error comes out, whatever stands in a row."""
    found = page(told(value), PUBLISHED, KEEP)
    assert len(found.rows) + len(found.quarantined) == 1
    with contextlib.suppress(SourceFormError):
        page(parse(json.dumps(value).encode()), PUBLISHED, KEEP)


def test_key_pages() -> None:
    """In order, each once, with versions."""
    assert key_page({"count": 2, "more": False, "keys": [["a", 1], ["b", 2]]}).keys == {"a": 1, "b": 2}
    wrong: list[dict[str, object]] = [
        {"count": 1, "more": False, "keys": [["a", 1], ["b", 2]]},
        {"count": 2, "more": False, "keys": [["b", 1], ["a", 2]]},
        {"count": 2, "more": False, "keys": [["a", 1], ["a", 1]]},
        {"count": 1, "more": False, "keys": [["a", "1"]]},
        {"count": 1, "more": 1, "keys": [["a", 1]]},
        {"count": 1, "more": False, "keys": [["", 1]]},
    ]
    for answer in wrong:
        with pytest.raises(SourceFormError):
            key_page(answer)
