"""What a linked system answers, read strictly: a page of rows, its key set, a receipt.

The rows' own envelope is ``{"key", "version", "updated_at", "deleted", "fields"}``. A page says how many rows it
has, so that a row lost on the way is noticed at once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange.connectors.errors import SourceFormError
from exchange.connectors.row import Keep, Problem, Quarantined, SourceRow
from kernel.clock import iso, parse_iso
from kernel.errors import ClockError

MAX_KEY = 100
MAX_VERSION = 2**31 - 1
AHEAD = timedelta(minutes=1)
"""A change later than the system's own clock by more than this is not believed."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where to read on: changes after this one, by time and then key."""

    since: datetime
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of changes.

    Attributes:
        next: where to read on; none at the end. server_time: the system's clock when it answered.
        new_fields, lost_fields: beyond and short of the published list.
    """

    rows: tuple[SourceRow, ...]
    quarantined: tuple[Quarantined, ...]
    next: Cursor | None
    server_time: datetime
    new_fields: tuple[str, ...] = ()
    lost_fields: tuple[str, ...] = ()


def parse(data: bytes) -> dict[str, object]:
    """A JSON object. Decimals stay text, so that amounts are exact. Spec: RFC 8259.

    Raises:
        SourceFormError: not JSON, not an object, NaN, a name twice.
    """
    try:
        value = json.loads(data, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_pairs)
    except (ValueError, RecursionError) as error:
        raise SourceFormError(f"expected a JSON object, got {data[:80]!r}: {error}") from error
    if not isinstance(value, dict):
        raise SourceFormError(f"expected a JSON object, got {type(value).__name__}")
    return value


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is not JSON")


def _pairs(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same name twice in an object")
    return found


def moment(value: object, name: str) -> datetime:
    """A time with a zone.

    Raises:
        SourceFormError: it is none.
    """
    try:
        return parse_iso(value if isinstance(value, str) else repr(value))
    except ClockError as error:
        raise SourceFormError(f"expected a time in {name}, got {value!r}") from error


def page(answer: Mapping[str, object], published: Sequence[str], keep: Keep) -> Page:
    """The rows of one page.

    A row whose envelope is not understood is quarantined, as is one that is changed in the future; the same
    row twice counts once.

    Args:
        published: the field list of the system. keep: what may be kept of a row that is not understood.

    Raises:
        SourceFormError: the page itself is not in the agreed form, or says another number of rows than it has.
    """
    rows = answer.get("rows")
    if not isinstance(rows, list) or answer.get("count") != len(rows):
        got = len(rows) if isinstance(rows, list) else "none"
        raise SourceFormError(f"expected the {answer.get('count')!r} rows the page promises, got {got}")
    server_time = moment(answer.get("server_time"), "server_time")
    read = [_row(one, keep, server_time) for one in rows]
    taken = {(one.key, one.version): one for one in read if isinstance(one, SourceRow)}
    names = [set(one.fields) for one in taken.values() if not one.deleted]
    return Page(
        rows=tuple(taken.values()),
        quarantined=tuple(one for one in read if isinstance(one, Quarantined)),
        next=_cursor(answer.get("next")),
        server_time=server_time,
        new_fields=tuple(sorted({name[:60] for found in names for name in found - set(published)})),
        lost_fields=tuple(sorted(set(published) - {name for found in names for name in found})) if names else (),
    )


def _cursor(value: object) -> Cursor | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("after"), str):
        raise SourceFormError(f"expected where to read on, got {str(value)[:80]!r}")
    return Cursor(moment(value.get("since"), "next.since"), str(value["after"]))


def _row(value: object, keep: Keep, server_time: datetime) -> SourceRow | Quarantined:
    fields = value.get("fields") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(fields, dict):
        return Quarantined("", 0, {}, (Problem("fields", "form", type(fields).__name__),))
    key, version, problems = value.get("key"), value.get("version"), []
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY or not key.isprintable():
        key = ""
        problems.append(Problem("key", "form", repr(value.get("key"))[:MAX_KEY]))
    if isinstance(version, bool) or not isinstance(version, int) or not 0 < version <= MAX_VERSION:
        version = 0
        problems.append(Problem("version", "form", repr(value.get("version"))[:MAX_KEY]))
    updated_at = server_time
    try:
        updated_at = moment(value.get("updated_at"), "updated_at")
        if updated_at > server_time + AHEAD:
            problems.append(Problem("updated_at", "source-time", iso(updated_at)))
    except SourceFormError:
        problems.append(Problem("updated_at", "form", repr(value.get("updated_at"))[:MAX_KEY]))
    if not isinstance(value.get("deleted", False), bool):
        problems.append(Problem("deleted", "form", repr(value.get("deleted"))[:MAX_KEY]))
    if problems:
        return Quarantined(key, version, keep(fields), tuple(problems))
    return SourceRow(key, version, updated_at, fields, deleted=value.get("deleted") is True)


@dataclass(frozen=True, slots=True)
class KeyPage:
    """A part of the key set: keys with their versions, in order; ``more`` says whether others follow."""

    keys: Mapping[str, int]
    more: bool


def key_page(answer: Mapping[str, object]) -> KeyPage:
    """A part of the key set.

    Raises:
        SourceFormError: not in the agreed form, or not in order.
    """
    pairs, more = answer.get("keys"), answer.get("more")
    if not isinstance(pairs, list) or not isinstance(more, bool) or answer.get("count") != len(pairs):
        raise SourceFormError("expected a part of the key set, got something else")
    found: dict[str, int] = {}
    for pair in pairs:
        match pair:
            case [str(key), int(version)] if 0 < len(key) <= MAX_KEY and 0 < version <= MAX_VERSION:
                found[key] = version
            case _:
                raise SourceFormError(f"expected a key and its version, got {str(pair)[:80]!r}")
    if list(found) != sorted(found) or len(found) != len(pairs):
        raise SourceFormError("expected keys in order, each once, got another order")
    return KeyPage(found, more)


def key_digest_lines(keys: Iterable[tuple[str, int]]) -> bytes:
    """The one byte form of a key set: ``key version`` and a line feed for each, in order of keys."""
    return "".join(f"{key} {version}\n" for key, version in sorted(keys)).encode()
