"""Storage terms in whole years."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from evidence.storage_term import years_after


@pytest.mark.parametrize(
    ("at", "years", "end"),
    [
        (datetime(2026, 11, 25, 4, tzinfo=UTC), 5, datetime(2031, 11, 25, 4, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), 5, datetime(2033, 3, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), 4, datetime(2032, 2, 29, tzinfo=UTC)),
        (datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=8))), 5, datetime(2031, 12, 31, 16, tzinfo=UTC)),
    ],
)
def test_years_after(at: datetime, years: int, end: datetime) -> None:
    """The same day; 29 February gives 1 March where there is none."""
    assert years_after(at, years) == end
