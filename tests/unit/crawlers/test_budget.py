"""Budgets and the guard against endless templates."""

import pytest

from crawlers.budget import Budget, Spent, TrapGuard
from crawlers.errors import BudgetError
from kernel.config import Settings


def test_the_settings_give_the_budget() -> None:
    """What is kept on a visit reads back the same, extra keys aside."""
    budget = Budget.from_settings(Settings(visit_max_pages=7))
    assert budget.pages == 7
    assert Budget.from_json({**budget.as_json(), "used_seconds": 3}) == budget


@pytest.mark.parametrize("value", [None, "5", -1, True])
def test_a_budget_that_is_no_number_is_refused(value: object) -> None:
    """Missing, text, negative, boolean."""
    with pytest.raises(BudgetError, match="pages"):
        Budget.from_json({"pages": value, "bytes": 1, "seconds": 1, "depth": 1})


def test_each_budget_has_its_word() -> None:
    """Pages, bytes, seconds; nothing before."""
    budget = Budget(10, 100, 5, 3)
    assert Spent(9, 99, 4.9).exhausted(budget) == ""
    assert Spent(10, 0, 0).exhausted(budget) == "budget-pages"
    assert Spent(0, 100, 0).exhausted(budget) == "budget-bytes"
    assert Spent(0, 0, 5).exhausted(budget) == "budget-seconds"


def test_a_barren_template_is_a_trap_until_it_brings_something() -> None:
    """Counted by template, in a row."""
    guard = TrapGuard(limit=3)
    for month in range(3):
        assert not guard.is_trap(f"http://a.example/cal?month={month}")
        guard.saw(f"http://a.example/cal?month={month}", useful=False)
    assert guard.is_trap("http://a.example/cal?month=99")
    assert not guard.is_trap("http://a.example/item/1")
    guard.saw("http://a.example/cal?month=5", useful=True)
    assert not guard.is_trap("http://a.example/cal?month=99")
