from datetime import date

from exchange.connectors.credit.mapping import PUBLISHED
from simulators.linked.credit import entries


def test_marks() -> None:
    """Published fields, every kind of mark, one that was removed."""
    found = dict(entries(date(2026, 11, 25), extra=10))
    assert all(set(fields) == set(PUBLISHED) for fields in found.values())
    assert {fields["MarkType"] for fields in found.values()} == {"1", "2", "3", "4"}
    assert sum(bool(fields["RemDate"]) for fields in found.values()) == 1
