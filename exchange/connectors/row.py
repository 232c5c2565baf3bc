"""Rows of linked systems: as they came, and as they were understood.

A field that is not understood becomes a problem with its reason; nothing is guessed, and a row with a problem
goes into quarantine as a whole.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypedDict, Unpack

from crawlers.address import canonical_url
from crawlers.errors import AddressError
from kernel.clock import CHINA
from kernel.crypto import canonical_json, sha256_hex
from kernel.identifiers import check_registration_number, check_uscc

MAX_TEXT = 4_000
MAX_GOT = 120
FIRST_DAY = date(1949, 10, 1)
_DAY = re.compile(r"(\d{4})(?:-|/|年)(\d{1,2})(?:-|/|月)(\d{1,2})日?(?:[T ]00:00(?::00)?)?")
_TIME = re.compile(r"[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
"""Not text that every database takes: NUL, halves of surrogate pairs."""
_AMOUNT = re.compile(r"(\d{1,12})(?:\.(\d{1,6}))?")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as a system sent it.

    Attributes:
        key: the system's own key. version: rises with each change. updated_at: aware UTC, by the system's clock.
        fields: the published fields. deleted: the system took the record back.
    """

    key: str
    version: int
    updated_at: datetime
    fields: Mapping[str, object]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a field was not understood.

    Attributes:
        reason: ``missing``, ``form``, ``long``, ``check-digit``, ``unknown-code``, ``future``, ``past``,
            ``contradiction``, ``same-version``, ``source-time``, ``refused`` or ``file``.
        got: what came, cut short.
    """

    field: str
    reason: str
    got: str = ""

    def as_dict(self) -> dict[str, str]:
        """JSON-ready."""
        return {"field": self.field, "reason": self.reason, "got": self.got}


class Words(TypedDict, total=False):
    """What of ``Understood`` a mapping says."""

    subject_code: str
    subject_name: str
    shop_url: str
    title: str
    state: str
    happened_on: date | None
    data: Mapping[str, object]
    body: object


@dataclass(frozen=True, slots=True)
class Understood:
    """One row in our words.

    Attributes:
        data: JSON values without floats. body: what the connector's own ``apply`` takes, if it has one.
    """

    key: str
    version: int
    source_at: datetime
    subject_code: str = ""
    subject_name: str = ""
    shop_url: str = ""
    title: str = ""
    state: str = ""
    happened_on: date | None = None
    data: Mapping[str, object] = field(default_factory=dict)
    body: object = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that was not understood. ``kept`` are the fields that may be kept."""

    key: str
    version: int
    kept: Mapping[str, object]
    problems: tuple[Problem, ...]


class Reader:
    """Reads the fields of one row; what is wrong is gathered in ``problems``.

    Args:
        fields: as they came. today: day in China on which they are read.
    """

    def __init__(self, fields: Mapping[str, object], today: date) -> None:
        self._fields = fields
        self._today = today
        self.problems: list[Problem] = []

    def wrong(self, name: str, reason: str, got: object = "") -> None:
        """Note a problem with a field."""
        self.problems.append(Problem(name, reason, _UNWRITABLE.sub("�", str(got)[:MAX_GOT])))

    def text(self, name: str, *, required: bool = False, limit: int = MAX_TEXT) -> str:
        """A text without white space around it; empty where it may be."""
        value = self._fields.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.wrong(name, "missing")
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int) or _UNWRITABLE.search(str(value)):
            self.wrong(name, "form", value)
            return ""
        text = str(value).strip()
        if len(text) > limit:
            self.wrong(name, "long", text)
            return ""
        return text

    def uscc(self, name: str, *, required: bool = False) -> str:
        """A 统一社会信用代码 with both check digits right. Spec: GB 32100-2015; GB 11714-1997."""
        text = self.text(name, required=required, limit=100)
        if text and not (verdict := check_uscc(text)).ok:
            self.wrong(name, "check-digit" if verdict.reason in {"check-digit", "organisation-code"} else "form", text)
            return ""
        return text

    def registration_number(self, name: str) -> str:
        """A 15-digit 注册号, or nothing. Spec: GS 15-2006."""
        text = self.text(name, limit=100)
        if text and not (verdict := check_registration_number(text)).ok:
            self.wrong(name, "check-digit" if verdict.reason == "check-digit" else "form", text)
            return ""
        return text

    def day(self, name: str, *, required: bool = False, future: bool = False, timed: bool = False) -> date | None:
        """A day in one of the written forms, with a time of day after it where ``timed``.

        It is not after today unless ``future``.
        """
        text = self.text(name, required=required, limit=100)
        if timed:
            text = _TIME.sub("", text)
        if not text:
            return None
        match = _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
        try:
            found = date(*(int(part) for part in match.groups())) if match else None
        except ValueError:
            found = None
        if found is None:
            self.wrong(name, "form", text)
        elif found < FIRST_DAY:
            self.wrong(name, "past", text)
        elif found > self._today and not future:
            self.wrong(name, "future", text)
        else:
            return found
        return None

    def fen(self, name: str, *, unit: int = 100) -> int | None:
        """An amount as 分. ``unit`` is how many 分 the field's unit has: 100 for 元, 1,000,000 for 万元."""
        text = self.text(name, limit=100).replace(",", "")
        if not text:
            return None
        match = _AMOUNT.fullmatch(text)
        places = match[2] or "" if match else ""
        scaled = int(match[1] + places) * unit if match else 0
        if match is None or scaled % 10 ** len(places):
            self.wrong(name, "form", text)
            return None
        return int(scaled // 10 ** len(places))

    def choice(self, name: str, words: Mapping[str, str], *, required: bool = True) -> str:
        """Our word for a code of the source's table."""
        text = self.text(name, required=required, limit=100)
        if text and text not in words:
            self.wrong(name, "unknown-code", text)
        return words.get(text, "")

    def url(self, name: str) -> str:
        """A web address in its canonical form, or nothing."""
        text = self.text(name, limit=2_000)
        if not text:
            return ""
        try:
            return canonical_url(text)
        except AddressError:
            self.wrong(name, "form", text)
            return ""

    def verdict(self, row: SourceRow, kept: Mapping[str, object], **words: Unpack[Words]) -> "Understood | Quarantined":
        """The row in our words, or its problems where there are any: nothing is half understood.

        Args:
            kept: the fields that may be kept. words: as ``Understood`` has them.
        """
        if self.problems:
            return Quarantined(row.key, row.version, kept, tuple(self.problems))
        return Understood(row.key, row.version, row.updated_at, **words)


def day_in_china(at: datetime) -> date:
    """The day it is in China."""
    return at.astimezone(CHINA).date()


def kept_fields(fields: Mapping[str, object], allowed: Sequence[str]) -> dict[str, object]:
    """The fields that may be kept, each cut short; a field nobody published is left out, whatever is in it."""
    return {name: _short(fields[name]) for name in allowed if name in fields}


Keep = Callable[[Mapping[str, object]], dict[str, object]]
"""From the fields of a row those that may be kept."""


Understand = Callable[[SourceRow, datetime], Understood | Quarantined]
"""From a row and the time it is read to what it says, or its problems."""


@dataclass(frozen=True, slots=True)
class FieldList:
    """What a system publishes, and how a row of it is understood; see ``linked.Connector``."""

    system: str
    published: tuple[str, ...]
    key_field: str
    keep: Keep
    understand: Understand


def keep_only(allowed: Sequence[str]) -> Keep:
    """Keeps the named fields as they are."""
    return lambda fields: kept_fields(fields, allowed)


def digest_of(kept: Mapping[str, object]) -> str:
    """SHA-256 of the fields that may be kept, hex: equal when the source said the same."""
    return sha256_hex(canonical_json(dict(kept)))


def _short(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    return _UNWRITABLE.sub("�", str(value)[:MAX_TEXT])
