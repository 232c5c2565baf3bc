"""「仅限今天」 on several days."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from supervision.rules.checks.countdown import days_of, run
from supervision.rules.rule_catalogue import Catalogue


def seen(make: Any, text: str, first: int, last: int, *, ended: bool = False) -> Any:
    """A promotion that stood from one day to another, counted back from now."""
    days = [make.at - timedelta(days=days) for days in (first, last)]
    return make.fact("promotion", text, seen_at=days[0], last_seen_at=days[1], superseded_at=days[1] if ended else None)


def judged(make: Any, catalogue: Catalogue, *facts: Any) -> list[str]:
    """The days told for a listing with these promotions."""
    current = [fact for fact in facts if fact.superseded_at is None]
    history = tuple(fact for fact in facts if fact.superseded_at is not None)
    return [
        hit.signal.values["count"] for hit in make.hits(make.listing(*current, history=history), catalogue.get("PR04"))
    ]


def test_stands_since_yesterday(make: Any, catalogue: Catalogue) -> None:
    """The same words, unchanged on the next day."""
    assert judged(make, catalogue, seen(make, "仅限今天，错过不再", 1, 0)) == ["2"]


def test_new_date_each_day(make: Any, catalogue: Catalogue) -> None:
    """Other words around the same claim each day."""
    old, new = seen(make, "仅限今天（11月24日）", 1, 1, ended=True), seen(make, "仅限今天（11月25日）", 0, 0)
    assert judged(make, catalogue, old, new) == ["2"]


@pytest.mark.parametrize(
    "case",
    [
        [("仅限今天", 0, 0, False)],
        [("仅限今天", 1, 1, True)],
        [("仅限今天", 30, 30, True), ("仅限今天", 0, 0, False)],
        [("活动延期，仅限今天", 1, 0, False)],
        [("每天仅限今天的特惠", 1, 0, False)],
        [("今天截止下单的订单明天发货", 1, 0, False)],
        [("最后一天库存以页面为准", 1, 0, False)],
        [("全场包邮", 3, 0, False)],
        [("仅剩3件", 1, 0, False)],
    ],
)
def test_near_misses(make: Any, catalogue: Catalogue, case: list[tuple[str, int, int, bool]]) -> None:
    """One day, ended, a month apart, extended, daily, about dispatch or stock, no claim at all."""
    facts = [seen(make, text, first, last, ended=ended) for text, first, last, ended in case]
    assert judged(make, catalogue, *facts) == []


def test_hours_left(make: Any, catalogue: Catalogue) -> None:
    """A timer that starts anew."""
    assert judged(make, catalogue, seen(make, "当日特惠，仅剩2小时", 1, 0)) == ["2"]


def test_days_are_days_in_china(make: Any) -> None:
    """16:00 UTC begins a new day."""
    at = datetime.fromisoformat("2026-11-24T15:59:00+00:00")
    assert days_of(make.fact("promotion", "x", seen_at=at, last_seen_at=at + timedelta(minutes=1))) == (
        date(2026, 11, 24),
        date(2026, 11, 25),
    )


def test_run() -> None:
    """Only the last unbroken run of days counts."""
    days = [date(2026, 1, 1), date(2026, 3, 1), date(2026, 3, 10)]
    assert run(days, 14) == days[1:]
    assert run([], 14) == []
