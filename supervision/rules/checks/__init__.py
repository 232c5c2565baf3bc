"""The checks: one pure function a kind of detector, (rule, look, at) to signals."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from supervision.rules.checks import (
    countdown,
    declaration,
    licence_code,
    licence_shown,
    preselected_option,
    price_pair,
    term,
    unmarked_price,
)
from supervision.rules.hit import Signal
from supervision.rules.look import Look
from supervision.rules.rule import Rule

Check = Callable[[Rule, Look, datetime], Iterable[Signal]]

CHECKS: Mapping[str, Check] = {
    "term": term.check,
    "licence_code": licence_code.check,
    "fixed_statement": declaration.check,
    "price_pair": price_pair.check,
    "repeated_countdown": countdown.check,
    "unmarked_price": unmarked_price.check,
    "preselected_option": preselected_option.check,
    "licence_display": licence_shown.check,
}
"""Kind of detector to its check."""
