"""The names people may write before a colon, in Chinese and English, and how their values are read."""

import calendar
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from search.documents import BAND_NAMES, EVIDENCE_ORDER
from search.fields import HIGHEST

Style = Literal["text", "keyword", "money", "count", "date"]
Bounds = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class QueryField:
    """A field of the query language.

    Attributes:
        name: canonical English name. aliases: other names.
        style: how values are read and compared.
        index: field of the index (for ``text``, the name in ``search.fields.TEXTS``).
        expected: what a value looks like, for error messages.
        canonical: for keywords, the value as the index holds it, or None when it can be no value.
    """

    name: str
    aliases: tuple[str, ...]
    style: Style
    index: str
    expected: str
    canonical: Callable[[str], str | None]


def _folded(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip()


def _same(value: str) -> str | None:
    return value or None


def _lower(value: str) -> str | None:
    return _settled(_folded(value).lower(), str.lower)


def _upper(value: str) -> str | None:
    return _settled(_folded(value).upper(), str.upper)


def _settled(value: str, case: Callable[[str], str]) -> str | None:
    """The value when folding it again changes nothing; rare letters that never settle are no names."""
    return value if value and case(_folded(value)) == value else None


def _number(value: str) -> str | None:
    digits = _folded(value)
    return str(int(digits)) if re.fullmatch(r"[0-9]{1,18}", digits) else None


def _region(value: str) -> str | None:
    digits = _folded(value)
    return digits.ljust(6, "0") if re.fullmatch(r"[0-9]{2}([0-9]{2}([0-9]{2})?)?", digits) else None


def _month(value: str) -> str | None:
    match = re.fullmatch(r"([0-9]{4})[-/]([0-9]{1,2})", _folded(value))
    if match is None or not 1 <= int(match[2]) <= 12:
        return None
    return f"{match[1]}-{int(match[2]):02}"


def _one_of(names: tuple[str, ...], words: Mapping[str, str]) -> Callable[[str], str | None]:
    table = {name: name for name in names} | dict(words)

    def canonical(value: str) -> str | None:
        return table.get(_folded(value).lower())

    return canonical


_STATUS = _one_of(("on", "gone"), {"在售": "on", "下架": "gone", "消失": "gone"})
_HIT = _one_of(
    ("new", "confirmed", "dismissed", "gone"), {"新": "new", "确认": "confirmed", "排除": "dismissed", "消失": "gone"}
)
_EVIDENCE = _one_of(
    EVIDENCE_ORDER,
    {"无": "none", "失败": "failed", "待取": "ordered", "取证中": "capturing", "已取": "captured", "已封存": "sealed"},
)
_BAND = _one_of(BAND_NAMES, {"无": "none"})


def _text(name: str, *aliases: str) -> QueryField:
    return QueryField(name, aliases, "text", name, "a word or a “phrase”", _same)


def _keyword(
    name: str, aliases: tuple[str, ...], index: str, expected: str, canonical: Callable[[str], str | None]
) -> QueryField:
    return QueryField(name, aliases, "keyword", index, expected, canonical)


def _range(name: str, style: Style, *aliases: str) -> QueryField:
    expected = {
        "money": "an amount in 元 or a range, for instance 10..99.5 or >100",
        "count": "a whole number or a range, for instance >100 or 10..20",
        "date": "a date or a range, for instance 2026-11 or 2026-01-01..2026-01-31",
    }[style]
    return QueryField(name, aliases, style, name, expected, _same)


FIELDS = (
    _text("title", "标题", "名称"),
    _text("description", "描述", "详情"),
    _text("shop", "店铺", "网店"),
    _text("brand", "品牌"),
    _text("category", "类目", "分类"),
    _text("seller", "经营者", "卖家"),
    _keyword("platform", ("平台",), "platform", "the name of a platform", _lower),
    _keyword("shop_id", ("店铺编号",), "shop_id", "the number of a shop", _number),
    _keyword("currency", ("货币", "币种"), "currency", "a code of three letters, for instance CNY", _upper),
    _keyword("host", ("域名", "网站"), "host", "a host name", _lower),
    _keyword("code", ("统一社会信用代码", "信用代码"), "code", "a 统一社会信用代码", _upper),
    _keyword("rule", ("规则",), "rule", "the id of a rule, for instance AD01", _upper),
    _keyword("severity", ("严重程度", "级别"), "severity", "a severity", _lower),
    _keyword("hit", ("线索", "命中"), "hit", "new, confirmed, dismissed or gone", _HIT),
    _keyword("status", ("状态",), "status", "on or gone (在售, 下架)", _STATUS),
    _keyword("region", ("地区", "区划"), "region", "a GB/T 2260 code of 2, 4 or 6 digits", _region),
    _keyword("month", ("月份",), "month", "a month, for instance 2026-11", _month),
    _keyword("band", ("价格带",), "band", "one of " + ", ".join(BAND_NAMES), _BAND),
    _keyword("evidence", ("证据",), "evidence", "one of " + ", ".join(EVIDENCE_ORDER), _EVIDENCE),
    _range("price", "money", "价格", "售价"),
    _range("struck", "money", "原价", "划线价"),
    _range("sales", "count", "销量"),
    _range("stock", "count", "库存"),
    _range("id", "count", "编号"),
    _range("first_seen", "date", "首次发现", "发现"),
    _range("last_seen", "date", "最后发现", "最近看到"),
    _range("updated", "date", "更新", "变更"),
)
_BY_NAME = {name: known for known in FIELDS for name in (known.name, *known.aliases)}


def field_named(name: str) -> QueryField | None:
    """The field behind a name in either language, or None."""
    return _BY_NAME.get(_folded(name).lower())


_RANGE = re.compile(r"(?P<low>.*?)(?:\.\.|~)(?P<high>.*)")
_COMPARED = re.compile(r"(?P<sign>>=|<=|≥|≤|>|<|=)\s*(?P<value>.*)")
_AMOUNT = re.compile(r"(?P<digits>[0-9]{1,15}(?:\.[0-9]{1,6})?)(?P<unit>万)?元?")
_DATE = re.compile(r"(?P<year>[0-9]{4})(?:[-/](?P<month>[0-9]{1,2})(?:[-/](?P<day>[0-9]{1,2}))?)?")


def read_bounds(style: Style, value: str) -> Bounds | None:
    """The least and greatest value, both included, of a range as people write it.

    Units: 分 for ``money``, days (``date.toordinal``) for ``date``. Forms: ``a``, ``a..b``,
    ``a..``, ``..b``, ``>a``, ``>=a``, ``<a``, ``<=a``; full-width signs and ``~`` are taken too.

    Returns:
        (low, high), at least one of them set; None when it is no such value.
    """
    text = _folded(value)
    if match := _COMPARED.fullmatch(text):
        return _compared(style, match["sign"], match["value"])
    if match := _RANGE.fullmatch(text):
        return _between(style, match["low"].strip(), match["high"].strip())
    return _point(style, text)


def _between(style: Style, low_text: str, high_text: str) -> Bounds | None:
    low = _point(style, low_text) if low_text else None
    high = _point(style, high_text) if high_text else None
    if (low_text and low is None) or (high_text and high is None) or (low is None and high is None):
        return None
    return (None if low is None else low[0], None if high is None else high[1])


def _compared(style: Style, sign: str, text: str) -> Bounds | None:
    point = _point(style, text)
    if point is None:
        return None
    low, high = point
    return {
        ">": (high + 1, None),
        ">=": (low, None),
        "≥": (low, None),
        "<": (None, low - 1),
        "<=": (None, high),
        "≤": (None, high),
        "=": (low, high),
    }[sign]


def _point(style: Style, text: str) -> tuple[int, int] | None:
    return _days(text) if style == "date" else _amount(style, text)


def _amount(style: Style, text: str) -> tuple[int, int] | None:
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    amount = Decimal(match["digits"]) * (10_000 if match["unit"] else 1) * (100 if style == "money" else 1)
    if amount != int(amount) or amount >= HIGHEST:
        return None
    return int(amount), int(amount)


def _days(text: str) -> tuple[int, int] | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = int(match["year"]), int(match["month"] or 0), int(match["day"] or 0)
    try:
        first = date(year, month or 1, day or 1)
        last_month = month or 12
        last = date(year, last_month, day or calendar.monthrange(year, last_month)[1])
    except ValueError:
        return None
    return first.toordinal(), last.toordinal()


def show_bounds(style: Style, low: int | None, high: int | None) -> str:
    """The range in the form :func:`read_bounds` reads back to the same bounds."""
    if low is not None and low == high:
        return _show(style, low)
    return f"{'' if low is None else _show(style, low)}..{'' if high is None else _show(style, high)}"


def _show(style: Style, value: int) -> str:
    if style == "date":
        return date.fromordinal(value).isoformat()
    if style == "money":
        return f"{value // 100}.{value % 100:02}" if value % 100 else str(value // 100)
    return str(value)
