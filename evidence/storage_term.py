"""Storage terms: how long evidence is kept at the least.

Five years is the floor that no setting goes below; a unit whose own schedule of archives says more sets more.
"""

from datetime import datetime

from kernel.clock import as_utc


def years_after(at: datetime, years: int) -> datetime:
    """The same day and time some years later; 29 February becomes 1 March.

    Args:
        at: aware. years: whole years.

    Returns:
        aware UTC.
    """
    at = as_utc(at)
    try:
        return at.replace(year=at.year + years)
    except ValueError:  # 29 February
        return at.replace(year=at.year + years, month=3, day=1)
