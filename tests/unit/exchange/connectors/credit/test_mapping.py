from datetime import UTC, date, datetime

import pytest

from exchange.connectors.credit.mapping import understand
from exchange.connectors.row import Quarantined, SourceRow, Understood
from simulators.linked import credit

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ROWS = dict(credit.entries(date(2026, 11, 25), extra=30))


def take(fields: dict[str, object], key: str = "") -> Understood | Quarantined:
    """A row through the mapping."""
    return understand(SourceRow(key or str(fields["MarkNO"]), 1, AT, fields), AT)


def of_kind(kind: str) -> dict[str, object]:
    """Fields of the first mark of a kind."""
    return dict(next(fields for fields in ROWS.values() if fields["MarkType"] == kind))


def test_every_row_of_the_stand_in_is_understood() -> None:
    """Lists, checks and grades, each with its state."""
    states = set()
    for key, fields in ROWS.items():
        found = take(fields, key)
        assert isinstance(found, Understood), found
        states.add(found.state)
    assert states == {"listed", "removed", "checked", "graded"}


@pytest.mark.parametrize(
    ("kind", "changes", "field", "reason"),
    [
        ("1", {"SpeCause": ""}, "SpeCause", "missing"),
        ("1", {"RemDate": "2001-01-01"}, "RemDate", "contradiction"),
        ("1", {"MarkNO": "x"}, "MarkNO", "contradiction"),
        ("3", {"CheckResult": ""}, "CheckResult", "missing"),
        ("4", {"CreditLevel": "E"}, "CreditLevel", "unknown-code"),
        ("4", {"MarkType": "8"}, "MarkType", "unknown-code"),
        ("4", {"UniSCID": ""}, "UniSCID", "missing"),
    ],
)
def test_what_is_not_understood(kind: str, changes: dict[str, object], field: str, reason: str) -> None:
    """Is told with field and reason."""
    fields = of_kind(kind)
    found = take({**fields, **changes}, str(fields["MarkNO"]))
    assert isinstance(found, Quarantined)
    assert (field, reason) in {(one.field, one.reason) for one in found.problems}
