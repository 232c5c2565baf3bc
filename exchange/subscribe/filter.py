"""Filters of a subscription: conditions on fields, all of which a row has to meet."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from exchange.subscribe.errors import SubscribeError

MAX_FILTERS = 20
MAX_VALUES = 500
OPS: Mapping[str, Callable[[str, Sequence[str]], bool]] = {
    "eq": lambda value, given: value == given[0],
    "in": lambda value, given: value in given,
    "not": lambda value, given: value not in given,
    "prefix": lambda value, given: value.startswith(tuple(given)),
    "contains": lambda value, given: any(one in value for one in given),
    "gte": lambda value, given: value >= given[0],
    "lte": lambda value, given: value <= given[0],
}
"""What a condition may ask; values are compared as text, so dates as YYYY-MM-DD."""


def require_filters(filters: Iterable[object], fields: Iterable[str]) -> list[dict[str, object]]:
    """Conditions in their one form.

    Args:
        filters: ``{"field", "op", "value"}`` each; value a text or a list of texts. fields: that may be asked for.

    Raises:
        SubscribeError: not understood, or a field beyond those.
    """
    known, found = set(fields), []
    for item in filters:
        if not isinstance(item, Mapping) or set(item) != {"field", "op", "value"}:
            raise SubscribeError("expected conditions with field, op and value, got others")
        values = item["value"] if isinstance(item["value"], list) else [item["value"]]
        if item["field"] not in known or item["op"] not in OPS:
            raise SubscribeError(f"expected a field in scope and one of {', '.join(OPS)}, got {item['field']!s:.40}")
        if not 1 <= len(values) <= MAX_VALUES or not all(isinstance(one, str) and one for one in values):
            raise SubscribeError("expected a text or a list of texts as value of a condition, got another")
        found.append({"field": item["field"], "op": item["op"], "value": values})
    if len(found) > MAX_FILTERS:
        raise SubscribeError(f"expected at most {MAX_FILTERS} conditions, got {len(found)}")
    return found


def meets(row: Mapping[str, object], filters: Iterable[Mapping[str, object]]) -> bool:
    """Whether a row meets all conditions; a field that is not there meets none."""
    for one in filters:
        value, given = row.get(str(one["field"])), one["value"]
        if value is None or not isinstance(given, list) or not OPS[str(one["op"])](str(value), given):
            return False
    return True
