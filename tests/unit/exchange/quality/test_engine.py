"""Rules over rows: every planted fault is found, and nothing that was not planted."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.quality.engine import BATCH, HIDDEN, check_rows
from exchange.quality.rule_set import rule_set
from tests.unit.exchange.quality.planting import DICE, PLANTS, row_of

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.integers(1, 80), st.data())
def test_planted_faults_are_found_and_none_is_invented(seed: int, count: int, data: st.DataObject) -> None:
    """The findings are the planted ones, row by row and rule by rule."""
    dice = DICE(seed)
    rows = [row_of(dice, number) for number in range(count)]
    places = data.draw(st.lists(st.integers(0, count - 1), unique=True, max_size=count))
    planted = set()
    for place in places:
        rule, plant = dice.choice(PLANTS)
        plant(dice, rows[place])
        planted.add((place + 1, rule))
    found = [(one.number, one.rule.id) for one in check_rows(rule_set("penalty"), rows, at=AT)]
    assert len(found) == len(set(found))
    assert set(found) == planted


def test_across_batches() -> None:
    """Row numbers and values seen once go on from batch to batch."""
    dice = DICE(1)
    rows = [row_of(dice, number) for number in range(BATCH * 2 + 3)]
    rows[BATCH + 1]["UniSCID"] = "91310115XX0000018T"
    rows[2 * BATCH + 1]["PenDecNo"] = rows[4]["PenDecNo"]
    found = list(check_rows(rule_set("penalty"), rows, at=AT))
    assert [(one.number, one.rule.id) for one in found] == [
        (BATCH + 2, "DQ-PEN-05"),
        (2 * BATCH + 2, "DQ-PEN-03"),
    ]
    assert found[0].got == "91310115XX0000018T"
    assert found[0].expected == "18 characters, both check digits right"
    assert found[1].key == rows[4]["PenDecNo"]


def test_rows_without_a_name_and_two_fields() -> None:
    """A row without its key is named by its number; both fields of a check are shown."""
    row = row_of(DICE(2), 1) | {"PenDecNo": None, "PubEndDate": "2000-01-01"}
    found = {one.rule.id: one for one in check_rows(rule_set("penalty"), [row], at=AT)}
    assert found["DQ-PEN-01"].key == "#1"
    assert found["DQ-PEN-14"].got == f"PubEndDate=2000-01-01; PubDate={row['PubDate']}"


def test_personal_values_are_not_repeated() -> None:
    """A finding on personal data says that it is there, not what it is."""
    row = {"kind": "registered", "shop_url": "https://a.example.test/", "shop_name": "甲", "name": "乙", "code": "x"}
    found = list(check_rows(rule_set("identity_report"), [row | {"contact": ""}], at=AT))
    assert {one.rule.id for one in found} == {"DQ-IDR-07", "DQ-IDR-08", "DQ-IDR-09"}
    assert not any(one.got for one in found if one.rule.field == "contact")
    company: dict[str, object] = {
        "PriPID": "1",
        "EntName": "甲",
        "EstDate": "2020-01-01",
        "LeRep": "张三",
        "UniSCID": [],
    }
    assert HIDDEN not in {one.got for one in check_rows(rule_set("registration"), [company], at=AT)}


def test_what_no_database_takes() -> None:
    """NUL and halves of surrogate pairs are replaced in names and values."""
    row = row_of(DICE(3), 1) | {"PenDecNo": "a\x00\ud800〔2020〕1号", "PubFlag": "\x00"}
    (found,) = check_rows(rule_set("penalty"), [row], at=AT)
    assert (found.key, found.got) == ("a�?〔2020〕1号", "�")
