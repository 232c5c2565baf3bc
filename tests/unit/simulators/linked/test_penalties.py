from datetime import date

from exchange.connectors.penalty.mapping import PUBLISHED
from simulators.linked.penalties import entries

TODAY = date(2026, 11, 25)


def test_decisions() -> None:
    """Published fields; one withdrawn, one of more than three years ago, some with a notice of criticism alone."""
    found = dict(entries(TODAY, extra=50))
    assert len(found) == 56
    assert all(set(fields) == set(PUBLISHED) for fields in found.values())
    assert [fields["PubFlag"] for fields in found.values()].count("2") == 1
    assert min(str(fields["PenDecIssDate"]) for fields in found.values()) < "2023-11-25"
    assert any(fields["PenType"] == "通报批评" for fields in found.values())
