from datetime import UTC, date, datetime

import pytest

from exchange.connectors.registration.mapping import PUBLISHED, understand
from exchange.connectors.row import Quarantined, SourceRow, Understood
from identity_verify.registry_extract import RegistryExtract, faults
from simulators.linked import registry
from simulators.market.model import Ports

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ROWS = dict(registry.entries(Ports(), extra=50))


def row(fields: dict[str, object], key: str = "") -> SourceRow:
    """A row as the client gives it."""
    return SourceRow(key or str(fields["PriPID"]), 1, AT, fields)


def sound() -> dict[str, object]:
    """Fields of the first merchant."""
    return dict(next(iter(ROWS.values())))


def test_every_row_of_the_stand_in_is_understood() -> None:
    """And is an extract without faults; the stand-in has exactly the published fields."""
    for key, fields in ROWS.items():
        assert set(fields) == set(PUBLISHED)
        found = understand(row(fields, key), AT)
        assert isinstance(found, Understood)
        assert isinstance(found.body, RegistryExtract)
        assert not faults(found.body)


def test_an_extract() -> None:
    """Words, days and amounts of the first merchant."""
    found = understand(row(sound()), AT)
    assert isinstance(found, Understood)
    assert isinstance(found.body, RegistryExtract)
    assert (found.body.kind, found.body.status, found.body.capital_fen) == ("company", "active", 500_000_000)
    assert found.body.persons == (("legal-representative", "沈示例"),)
    assert isinstance(found.body.established_on, date)
    assert found.body.source_ref == f"registration:{found.key}@1"


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"EntName": ""}, "EntName", "missing"),
        ({"UniSCID": "", "RegNO": ""}, "UniSCID", "missing"),
        ({"UniSCID": "91310115XX0000019U"}, "UniSCID", "check-digit"),
        ({"EntType": "7777"}, "EntType", "unknown-code"),
        ({"RegState": ""}, "RegState", "missing"),
        ({"DomDistrict": "浦东"}, "DomDistrict", "form"),
        ({"PriPID": "another"}, "PriPID", "contradiction"),
        ({"EstDate": "2026-01-02", "ApprDate": "2026-01-01"}, "ApprDate", "contradiction"),
        ({"EstDate": "2027-01-01"}, "EstDate", "future"),
        ({"RegCap": "五百万"}, "RegCap", "form"),
        ({"webSite": "javascript:alert(1)"}, "webSite", "form"),
    ],
)
def test_what_is_not_understood(changes: dict[str, object], field: str, reason: str) -> None:
    """Is told with field and reason, and nothing is guessed."""
    fields = sound()
    found = understand(row({**fields, **changes}, str(fields["PriPID"])), AT)
    assert isinstance(found, Quarantined)
    assert (field, reason) in {(one.field, one.reason) for one in found.problems}


def test_an_abolished_region_and_an_old_number_are_no_faults() -> None:
    """The region is the one of the day of registration."""
    fields = {**sound(), "DomDistrict": "310119", "UniSCID": ""}
    assert isinstance(understand(row(fields), AT), Understood)
