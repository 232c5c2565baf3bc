"""Who answers: what was entered goes before the rule, the place of the row, and whoever handed it in."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from exchange.errors import RecipientError
from exchange.quality.engine import check_rows
from exchange.quality.ownership import ALL_FIELDS, LAST_RESORT, Owner, Owners, enter
from exchange.quality.rule_set import rule_set
from kernel.db import Database

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


def _owner(session: Session, *, region: str = "", unit: str = "") -> Owner:
    row = {
        "PriPID": "1",
        "EstDate": "2020-01-01",
        "RegState": "1",
        "UniSCID": "91310115XX0000019T",
        "DomDistrict": region,
    }
    rules = rule_set("registration")
    (finding,) = check_rows(rules, [row], at=AT)
    assert finding.rule.field == "EntName"
    return Owners(session, rules, unit=unit).of(finding, AT)


def test_the_order_of_owners(database: Database) -> None:
    """From the last resort to what was entered for the field."""
    with database.write() as session:
        assert _owner(session).unit == LAST_RESORT
        assert _owner(session, unit="310104").unit == "310104"
        assert _owner(session, unit="310104", region="310115").unit == "310115"
        assert _owner(session, unit="310104", region="000000").unit == "310104"
        enter(session, "registration", ALL_FIELDS, "310112", days=None, actor="li", at=AT)
        assert _owner(session, region="310115") == Owner("310112", AT + timedelta(days=5))
        enter(session, "registration", "EntName", "310105", days=3, actor="li", at=AT)
        enter(session, "registration", "EntName", "310105", days=2, actor="li", at=AT)
        assert _owner(session, region="310115") == Owner("310105", AT + timedelta(days=2))
        with pytest.raises(RecipientError):
            enter(session, "registration", "EntName", "nobody", days=1, actor="li", at=AT)
