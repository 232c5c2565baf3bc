"""Exact order from an engine that leaves equals in any order."""

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from search.engine import Cursor
from search.fields import HIGHEST, LOWEST, SortOrder
from search.paging import by_field, by_score
from search.plan import All, Between, Every, Plan


class Column:
    """Rows in memory; equals come in another order each time."""

    def __init__(self, values: Sequence[float]) -> None:
        self.rows = list(enumerate(values, 1))
        self._random = Random(1)  # noqa: S311 - repeatable

    def _rows(self, plan: Plan) -> list[tuple[float, int]]:
        parts = plan.parts if isinstance(plan, Every) else (plan,)
        rows = [(value, number) for number, value in self.rows]
        for part in parts:
            if isinstance(part, Between):
                low = LOWEST if part.low is None else part.low
                high = HIGHEST if part.high is None else part.high
                place = 1 if part.field == "id" else 0
                rows = [row for row in rows if low <= row[place] <= high]
        self._random.shuffle(rows)
        return rows

    def ranked(self, plan: Plan, order: SortOrder, limit: int) -> list[tuple[int, int]]:
        """Rank by one column only."""
        sign = -1 if order.descending else 1
        place = 1 if order.field == "id" else 0
        rows = sorted(self._rows(plan), key=lambda row: sign * row[place])[:limit]
        return [(int(row[place]), row[1]) for row in rows]

    def scored(self, plan: Plan, limit: int) -> list[tuple[float, int]]:
        """Best first."""
        return sorted(self._rows(plan), key=lambda row: -row[0])[:limit]

    def total(self, plan: Plan) -> int:
        """All rows."""
        return len(self._rows(plan))

    def counts(self, plan: Plan, fields: Sequence[str], size: int) -> dict[str, dict[str, int]]:
        """Nothing to count."""
        del plan, size
        return {field: {} for field in fields}

    def texts(self, ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """Nothing to show."""
        del ids
        return {}


VALUES = st.lists(st.one_of(st.integers(0, 3), st.sampled_from((LOWEST, HIGHEST))), max_size=25)


@given(VALUES, st.integers(1, 7), st.booleans())
def test_pages_by_field_reach_every_row_in_order(values: list[int], size: int, descending: bool) -> None:  # noqa: FBT001
    """However many are equal, and at the ends of the number range."""
    column = Column(values)
    order = SortOrder("price", descending=descending)
    reached: list[tuple[float, int]] = []
    after = None
    while rows := by_field(column, All(), order, after, size):
        assert len(rows) <= size
        reached += rows
        after = Cursor("price_asc", rows[-1][0], rows[-1][1], len(reached))
    sign = -1 if descending else 1
    assert reached == sorted(((v, n) for n, v in column.rows), key=lambda row: (sign * row[0], row[1]))


@given(st.lists(st.sampled_from((0.5, 1.0, 2.0)), max_size=25), st.integers(1, 7))
def test_pages_by_score_reach_every_row_in_order(values: list[float], size: int) -> None:
    """Equal scores by id."""
    column = Column(values)
    reached: list[tuple[float, int]] = []
    after = None
    while rows := by_score(column, All(), after, size, len(values)):
        reached += rows
        after = Cursor("relevance", rows[-1][0], rows[-1][1], len(reached))
    assert reached == sorted(((v, n) for n, v in column.rows), key=lambda row: (-row[0], row[1]))
