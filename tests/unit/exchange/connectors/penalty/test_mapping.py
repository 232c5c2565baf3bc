from datetime import UTC, date, datetime

import pytest

from exchange.connectors.penalty.mapping import understand
from exchange.connectors.row import Quarantined, SourceRow, Understood
from simulators.linked import penalties

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ROWS = dict(penalties.entries(date(2026, 11, 25), extra=60))


def take(fields: dict[str, object], key: str = "k") -> Understood | Quarantined:
    """A row through the mapping."""
    return understand(SourceRow(key, 1, AT, fields), AT)


def sound() -> dict[str, object]:
    """Fields of the first decision."""
    return dict(next(iter(ROWS.values())))


def test_every_row_of_the_stand_in_is_understood() -> None:
    """With amounts in 分 and the day its publicity ends."""
    for key, fields in ROWS.items():
        found = take(fields, key)
        assert isinstance(found, Understood), found
        assert found.subject_code
        assert found.data["shown_until"]
    fined = next(fields for fields in ROWS.values() if fields["ForfAm"])
    found = take(fined)
    assert isinstance(found, Understood)
    assert found.data["forfeit_fen"] == 32_050
    assert found.data["types"] == ["fine", "confiscation"]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"PenDecNo": ""}, "PenDecNo", "missing"),
        ({"PenType": "罚款;杖责"}, "PenType", "unknown-code"),
        ({"PenType": ""}, "PenType", "missing"),
        ({"PenAm": "两千元"}, "PenAm", "form"),
        ({"PenAm": ""}, "PenAm", "missing"),
        ({"PubFlag": "9"}, "PubFlag", "unknown-code"),
        ({"PubDate": ""}, "PubDate", "missing"),
        ({"PubDate": "2001-01-01"}, "PubDate", "contradiction"),
        ({"UniSCID": ""}, "UniSCID", "missing"),
        ({"UniSCID": "91310115XX0000019U"}, "UniSCID", "check-digit"),
        ({"PartyType": "神仙"}, "PartyType", "unknown-code"),
    ],
)
def test_what_is_not_understood(changes: dict[str, object], field: str, reason: str) -> None:
    """Is told with field and reason."""
    fined = next(fields for fields in ROWS.values() if fields["PenType"] == "罚款")
    found = take({**fined, **changes})
    assert isinstance(found, Quarantined)
    assert (field, reason) in {(one.field, one.reason) for one in found.problems}


def test_a_natural_person_needs_no_code() -> None:
    """And is a party like others."""
    found = take({**sound(), "PartyType": "自然人", "UniSCID": ""})
    assert isinstance(found, Understood)
    assert (found.subject_code, found.data["party"]) == ("", "person")
