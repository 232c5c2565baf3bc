from datetime import UTC, date, datetime

import pytest

from exchange.connectors.complaint12315.mapping import KEPT, PERSONAL, keep, understand
from exchange.connectors.row import Quarantined, SourceRow, Understood
from simulators.linked import complaints
from simulators.market.model import Ports

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ROWS = dict(complaints.entries(Ports(), date(2026, 11, 25), extra=40))


def take(fields: dict[str, object], key: str = "") -> Understood | Quarantined:
    """A row through the mapping."""
    return understand(SourceRow(key or str(fields["REGINO"]), 1, AT, fields), AT)


def sound() -> dict[str, object]:
    """Fields of the first complaint."""
    return dict(next(iter(ROWS.values())))


def persons(fields: dict[str, object]) -> list[str]:
    """What must not be anywhere."""
    return [str(fields[name]) for name in ("CONSNAME", "CONSTEL", "CONSIDNO", "CONSADDR", "ACCREGPER", "Addr", "Tel")]


def test_every_row_of_the_stand_in_is_understood_without_its_persons() -> None:
    """Neither their fields nor their numbers within the words are in what we keep."""
    for key, fields in ROWS.items():
        found = take(fields, key)
        assert isinstance(found, Understood), found
        told = repr(found)
        assert not [one for one in persons(fields) if one in told]
        assert "微信号：wx_" not in told
        assert "@example.test" not in told


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"REGINO": "another"}, "REGINO", "contradiction"),
        ({"INFOTYPE": "3"}, "INFOTYPE", "unknown-code"),
        ({"GBCODE": "11010110"}, "GBCODE", "form"),
        ({"RegTime": "昨天"}, "RegTime", "form"),
        ({"RegTime": "2026-11-20 25:00:00"}, "RegTime", "form"),
        ({"ACCTIME": "2001-01-01 09:00:00"}, "ACCTIME", "contradiction"),
        ({"STATE": ""}, "STATE", "missing"),
        ({"KEYWORD": "请回电13800000000" * 30}, "KEYWORD", "long"),
        ({"SITEURL": "not an address"}, "SITEURL", "form"),
    ],
)
def test_what_is_not_understood(changes: dict[str, object], field: str, reason: str) -> None:
    """Is told with field and reason, and the quarantine holds no persons either."""
    fields = sound()
    found = take({**fields, **changes}, str(fields["REGINO"]))
    assert isinstance(found, Quarantined)
    assert (field, reason) in {(one.field, one.reason) for one in found.problems}
    assert not set(found.kept) & set(PERSONAL)
    told = repr(found)
    assert not [one for one in persons(fields) if one in told]
    assert "13800000000" not in told


def test_unknown_fields_are_not_kept() -> None:
    """Nobody knows what a new field holds."""
    assert set(keep({**sound(), "CONSWECHAT": "wx_secret"})) == set(KEPT)


def test_long_words_are_cut() -> None:
    """A summary is enough."""
    found = take({**sound(), "CONTENT": "字" * 1000})
    assert isinstance(found, Understood)
    assert len(str(found.data["summary"])) == 301
