"""Receipt sheets: signed, read whole or not at all, kept once."""

import json
from typing import Any

import pytest

from exchange.errors import ExchangeError, ForgedError, ReceiptError, UnsignedError
from exchange.receipt import KINDS, PROCESSED, REJECTED, Line, give, read_sheet, take
from kernel.crypto import canonical_json
from kernel.models import Receipt
from tests.servers.exchanging import AT, SUITES, Node
from tests.servers.exchanging import Line as Wire

Pair = tuple[Node, Node, Wire]
LINES = (
    Line("m1", "d1", PROCESSED, "applied"),
    Line("m2", "d2", REJECTED, "", "exchange.schema", "expected …", ({"row": 1, "field": "/a"},)),
)


def _given(two: Pair) -> dict[str, Any]:
    _, national, _ = two
    with national.database.write() as session:
        return give(session, national.keys, SUITES[0], "310000", LINES, at=AT).as_json()


def test_a_sheet_is_read_as_it_was_given(two: Pair) -> None:
    """All lines, with code and rows."""
    city, national, _ = two
    read = read_sheet(_given(two), city.gateway.book(), AT)
    assert read.lines == LINES
    assert (read.giver, read.taker, read.at) == ("000000", "310000", AT)
    assert [row.kind for row in national.rows(Receipt)] == [PROCESSED, REJECTED]


def test_a_changed_or_unsigned_sheet_is_refused(two: Pair) -> None:
    """One word is enough."""
    city, _, _ = two
    sheet, book = _given(two), city.gateway.book()
    with pytest.raises(ForgedError):
        read_sheet({**sheet, "body": sheet["body"].replace("applied", "stale")}, book, AT)
    with pytest.raises(UnsignedError):
        read_sheet({"body": sheet["body"]}, book, AT)


@pytest.mark.parametrize("place", ["format", "number", "giver", "taker", "at", "lines"])
def test_what_is_no_sheet_is_refused(two: Pair, place: str) -> None:
    """A part that is missing or of another form."""
    sheet, book = _given(two), two[0].gateway.book()
    body = json.loads(sheet["body"])
    values: tuple[Any, ...] = ("x", 5, [{"kind": "PERHAPS", "message_id": "", "digest": ""}], [{}], None)
    for value in values:
        changed = {**body, place: value} if value is not None else {k: v for k, v in body.items() if k != place}
        with pytest.raises(ExchangeError):
            read_sheet({**sheet, "body": canonical_json(changed).decode()}, book, AT)
    for bad in (None, 5, {}, {"body": 5}, {"body": "["}):
        with pytest.raises(ReceiptError):
            read_sheet(bad, book, AT)


def test_a_sheet_is_kept_once(two: Pair) -> None:
    """However often it comes."""
    city, _, _ = two
    read = read_sheet(_given(two), city.gateway.book(), AT)
    for first in (True, False):
        with city.database.write() as session:
            assert take(session, read, read.lines, at=AT) is first
    assert len(city.rows(Receipt)) == 2


def test_there_are_four_kinds() -> None:
    """As the contract says."""
    assert set(KINDS) == {"STORED", "REJECTED", "DUPLICATE", "PROCESSED"}
