"""How long a penalty may be shown to the public.

Three months for a notice of criticism or a lower fine, three years for others, from the day of publication on. What
counts as a lower fine is not in the text we have, so only the source's own end of publicity shortens a fine. Rules on
credit repair of 2025 and 2026 may have changed these times: to be read again before they are relied on.
"""

from collections.abc import Collection
from datetime import date

SOURCE, MONTHS, YEARS, NEVER, UNKNOWN = "source", "pub13-3m", "pub13-3y", "not-published", ""


def shown_until(types: Collection[str], published: date | None, ends: date | None) -> tuple[date | None, str]:
    """The last day of publicity, and the rule it follows from.

    Spec: 市场监督管理行政处罚信息公示规定 (令45号) art 13 (three months, three years).

    Args:
        types: our words. published: day of publication. ends: the end the source itself gives.

    Returns:
        the day (none when it is not published or that is not known) and ``source``, ``pub13-3m``, ``pub13-3y``,
        ``not-published`` or nothing.
    """
    if ends is not None:
        return ends, SOURCE
    if published is None:
        return None, NEVER if set(types) == {"warning"} else UNKNOWN
    if set(types) <= {"criticism", "warning"}:
        return _months_later(published, 3), MONTHS
    return _months_later(published, 36), YEARS


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a month that is shorter."""
    year, month = divmod(day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(day.year + year, month + 1, last)
        except ValueError:
            continue
    return date(day.year + year, month + 1, day.day)
