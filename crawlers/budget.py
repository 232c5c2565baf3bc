"""Budgets of a visit, and the guard against endless templates."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from crawlers.address import template_of
from crawlers.errors import BudgetError
from kernel.config import Settings

TRAP_PAGES = 40


@dataclass(frozen=True, slots=True)
class Budget:
    """What one visit may spend: pages, body bytes (decoded), active seconds, link depth."""

    pages: int
    bytes: int
    seconds: float
    depth: int

    @classmethod
    def from_settings(cls, settings: Settings) -> "Budget":
        """The budgets of the settings."""
        return cls(
            settings.visit_max_pages, settings.visit_max_bytes, settings.visit_max_seconds, settings.visit_max_depth
        )

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> "Budget":
        """The budget kept on a visit.

        Raises:
            BudgetError: a part is missing or is no positive number.
        """
        return cls(
            pages=int(_number(value, "pages")),
            bytes=int(_number(value, "bytes")),
            seconds=_number(value, "seconds"),
            depth=int(_number(value, "depth")),
        )

    def as_json(self) -> dict[str, object]:
        """JSON-ready form."""
        return {"pages": self.pages, "bytes": self.bytes, "seconds": self.seconds, "depth": self.depth}


def _number(value: Mapping[str, object], name: str) -> float:
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int | float) or number < 0:
        raise BudgetError(
            f"expected a number for the budget of {name}, got {number!r}",
            hint="Set WANGJIAN_VISIT_MAX_PAGES, _BYTES, _SECONDS and _DEPTH to numbers.",
        )
    return float(number)


@dataclass(slots=True)
class Spent:
    """What a visit has spent so far."""

    pages: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def exhausted(self, budget: Budget) -> str:
        """``budget-pages``, ``budget-bytes`` or ``budget-seconds`` when that budget is used up, else empty."""
        if self.pages >= budget.pages:
            return "budget-pages"
        if self.bytes >= budget.bytes:
            return "budget-bytes"
        if self.seconds >= budget.seconds:
            return "budget-seconds"
        return ""


@dataclass(slots=True)
class TrapGuard:
    """Counts pages that brought nothing, by template; cuts a template that never brings anything new.

    A calendar has a page for every month until the end of time; a shop has not.
    """

    limit: int = TRAP_PAGES
    barren: Counter[str] = field(default_factory=Counter)

    def saw(self, url: str, *, useful: bool) -> None:
        """Note a fetched page; ``useful`` when it brought a listing not seen in this visit, or is one itself."""
        template = template_of(url)
        if useful:
            self.barren.pop(template, None)
        else:
            self.barren[template] += 1

    def is_trap(self, url: str) -> bool:
        """True when the template of this address has been barren ``limit`` times in a row."""
        return self.barren[template_of(url)] >= self.limit
