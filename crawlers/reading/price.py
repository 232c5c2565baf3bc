"""Amounts of money in text: "¥1,299.00", "9.9元起", "1.2万", "99-199元", "39.8元/斤", 面议."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from crawlers.reading.finder import DIGIT, digit_places

MAX_FEN = 10**13
"""Amounts above this are not prices (100 thousand million 元)."""

_SYMBOLS = {
    "¥": "CNY", "￥": "CNY", "RMB": "CNY", "CNY": "CNY", "人民币": "CNY", "元": "CNY", "块": "CNY", "圆": "CNY",
    "US$": "USD", "USD": "USD", "$": "USD", "美元": "USD", "HK$": "HKD", "HKD": "HKD", "NT$": "TWD", "A$": "AUD",
    "AUD": "AUD", "C$": "CAD", "CAD": "CAD", "CA$": "CAD", "S$": "SGD", "SGD": "SGD", "R$": "BRL", "BRL": "BRL",
    "€": "EUR", "EUR": "EUR", "欧元": "EUR", "£": "GBP", "GBP": "GBP", "英镑": "GBP", "₽": "RUB", "руб": "RUB",
    "₩": "KRW", "₹": "INR", "INR": "INR", "Rs": "INR", "₫": "VND", "₺": "TRY", "₴": "UAH", "฿": "THB", "₦": "NGN",
    "zł": "PLN", "PLN": "PLN", "Kč": "CZK", "CZK": "CZK", "CHF": "CHF", "kr": "SEK", "SEK": "SEK", "NOK": "NOK",
    "DKK": "DKK", "JPY": "JPY", "円": "JPY", "Ft": "HUF", "港元": "HKD", "港币": "HKD", "lei": "RON", "RON": "RON",
}  # fmt: skip
_SPACE = r"[ \t\n]"
_PREFIX = (
    r"(?:US\$|HK\$|NT\$|CA\$|[ACSR]\$|人民币|RMB"
    r"|CNY|USD|EUR|GBP|HKD|AUD|CAD|SGD|BRL|INR|Rs\.?|CHF|PLN|CZK|SEK|NOK|DKK|RON|[¥￥$€£₽₩₹₫₺₴฿₦])"
)
_SUFFIX = (
    r"(?:人民币|元|块钱|块|圆|美元|欧元|英镑|港元|港币|円|(?:RMB|CNY|USD|EUR|GBP|HKD|PLN|CZK|CHF|SEK|NOK|DKK|JPY|RON|"
    r"zł|Kč|kr\b|Ft\b|lei\b|руб|[€£$₽₫₺₴])(?![ \n]?\d))"
)
_THOUSANDS = r"\d{1,3}(?:[,，'’]\d{3})+(?:\.\d{1,2})?"
_CONTINENTAL = r"\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?: \d{3})+,\d{1,2}"
_PLAIN = rf"\d{{1,10}}(?:{_SPACE}?[.,]\d{{1,4}})?"
NUMBER = f"(?:{_THOUSANDS}|{_CONTINENTAL}|{_PLAIN})"
_SCALE = r"(?:[万亿](?!件|人|单|个|台|次|粉|多))"
_DASH = _SPACE + r"?[-~－–—～至到]" + _SPACE + r"?"
_SECOND = (
    rf"(?:{_DASH}(?P<pre2>{_PREFIX})?{_SPACE}?(?P<num2>{NUMBER})(?P<scale2>{_SCALE})?(?![\d%％折件天年月日人:/]))?"
)
_UNIT = r"(?P<unit>[ ]?/[ ]?\d{0,4}[一-鿿a-zA-Z]{1,4}|[ ]?每[一-鿿]{1,2})?"
_PREFIXED = re.compile(
    rf"(?P<pre>{_PREFIX}){_SPACE}{{0,2}}(?P<num>{NUMBER})(?P<scale>{_SCALE})?(?P<mid>[ ]?{_SUFFIX})?{_SECOND}"
    rf"(?P<suf>[ ]?{_SUFFIX})?(?P<tail>{_SPACE}?\+?起)?{_UNIT}"
)
_SUFFIXED = re.compile(
    rf"(?<![\d.,/\-])(?P<num>{NUMBER})(?P<scale>{_SCALE})?(?P<mid>[ ]?{_SUFFIX})?{_SECOND}[ ]?(?P<suf>{_SUFFIX})"
    rf"(?P<tail>{_SPACE}?\+?起)?{_UNIT}"
)
_BLANK = " \t\n"
_PREFIX_ENDS = "¥￥$€£₽₩₹₫₺₴฿₦币BYDRPLNFKs."
_PREFIX_HINT = re.compile(rf"[{_PREFIX_ENDS}]{_SPACE}{{0,2}}\d")
"""How every prefix mark ends, and the number behind it: found quickly, before the slow pattern is asked."""
_MAX_PREFIX = 3
_DIGITS = re.compile(rf"[{DIGIT}]\d*(?=[.,，'’ \t\n万亿~－–—～至到人元块圆美欧英港円RCUEGHPKSNDJzkFlр€£$₽₫₺₴-])")
"""Digits in a row, and behind them what may stand there in an amount whose mark comes last."""
_BARE = re.compile(
    rf"(?P<num>{NUMBER})(?P<scale>{_SCALE})?(?:{_DASH}(?P<num2>{NUMBER})(?P<scale2>{_SCALE})?)?(?P<tail>{_SPACE}?起)?"
)
NEGOTIABLE = re.compile(
    r"(?:价格)?面议|按(?:图纸?|尺寸|需求|方案|面积|数量)报价|定制报价|价格?(?:请)?(?:电询|电议|私聊|详询|咨询客服)|私信(?:报价|询价)|私聊(?:报价|询价|价格)|询价|电话咨询价格|"
    r"call for (?:price|pricing)|price on request|contact (?:us )?for (?:price|pricing)",
    re.IGNORECASE,
)
FREE = re.compile(r"^(?:免费|free|gratis|kostenlos)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money found in text.

    Attributes:
        fen: hundredths of the currency's unit (分 for CNY).
        fen_max: upper end of a range, in the same form; None where there is no range.
        currency: ISO 4217 code.
        unit: what the amount is for ("斤" in "元/斤"); empty where it is for the whole.
        open_ended: "起": the least of several prices.
        start, end: range in the text that was searched.
    """

    fen: int
    currency: str
    start: int
    end: int
    fen_max: int | None = None
    unit: str = ""
    open_ended: bool = False


def parse_number(text: str) -> Decimal | None:
    """The number in a price, whichever marks part its thousands; None when it is not a number.

    A single mark followed by exactly three digits parts thousands when it is a comma, and
    decimals when it is a point, as in China.
    """
    digits = re.sub(r"[\s'’]", "", text).replace("，", ",")
    if "," in digits and "." in digits:
        last = max(digits.rfind(","), digits.rfind("."))
        whole = digits[:last].replace(",", "").replace(".", "")
        digits = f"{whole}.{digits[last + 1 :]}"
    elif "," in digits:
        head, _, tail = digits.rpartition(",")
        digits = digits.replace(",", "") if len(tail) == 3 else f"{head.replace(',', '')}.{tail}"
    if digits.count(".") > 1:
        digits = digits.replace(".", "")
    if not re.fullmatch(r"\d+(?:\.\d*)?", digits, re.ASCII):
        return None
    return Decimal(digits)


@lru_cache(maxsize=8_192)
def to_fen(number: str, scale: str = "") -> int | None:
    """Hundredths of the unit, rounded half up; None when it is no number or too large for a price."""
    value = parse_number(number)
    if value is None or len(number) > 20:
        return None
    factor = {"万": 10**6, "亿": 10**10}.get(scale, 100)
    fen = int(value * factor + Decimal("0.5"))
    return fen if fen <= MAX_FEN else None


def format_fen(fen: int, currency: str = "CNY") -> str:
    """An amount as people write it: "¥1,299.00"."""
    mark = {"CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£"}.get(currency, f"{currency} ")
    return f"{mark}{fen // 100:,}.{fen % 100:02d}"


def currency_of(mark: str, default: str = "CNY") -> str:
    """ISO code for a currency mark; the default when it is not known."""
    mark = mark.strip().rstrip(".")
    return _SYMBOLS.get(mark) or _SYMBOLS.get(mark.upper()) or default


def _build(match: re.Match[str], default: str) -> Amount | None:
    """An amount from a match of one of the patterns."""
    groups = match.groupdict()
    scale = groups.get("scale") or ""
    scale2 = groups.get("scale2") or ""
    mark = groups.get("pre") or groups.get("suf") or groups.get("mid") or ""
    if not scale and scale2 and not groups.get("mid") and not groups.get("pre2"):
        scale = scale2  # "1-2万" means ten to twenty thousand
    low = to_fen(groups["num"], scale)
    if low is None:
        return None
    high = to_fen(groups["num2"], scale2 or scale) if groups.get("num2") else None
    unit = (groups.get("unit") or "").strip().lstrip("/每").strip()
    end = match.end()
    if high is not None and high < low:
        # No range: the first number stands alone, without a scale it borrowed from the second.
        low, high = to_fen(groups["num"], groups.get("scale") or "") or 0, None
        end = match.end("mid") if groups.get("mid") else match.end("scale") if groups.get("scale") else match.end("num")
    return Amount(
        fen=low,
        currency=currency_of(mark, default),
        start=match.start(),
        end=end,
        fen_max=high,
        unit=unit,
        open_ended=bool(groups.get("tail")),
    )


def _prefix_hints(text: str) -> Iterator[int]:
    """Where ``_PREFIX_HINT`` finds something: looked for from each digit, as there are few."""
    places = digit_places(text)
    if places is None:
        yield from (hint.start() for hint in _PREFIX_HINT.finditer(text))
        return
    for place in places:
        mark = place - 1
        while mark > place - 3 and mark > 0 and text[mark] in _BLANK:
            mark -= 1
        if mark >= 0 and text[mark] in _PREFIX_ENDS and text[place].isdecimal():
            yield mark


def _digit_runs(text: str) -> Iterator[int]:
    """Where ``_DIGITS`` finds something."""
    places = digit_places(text)
    if places is None:
        yield from (digits.start() for digits in _DIGITS.finditer(text))
        return
    seen_to = 0
    for place in places:
        run = _DIGITS.match(text, place) if place >= seen_to else None
        if run:
            seen_to = run.end()
            yield place


def _prefixed(text: str) -> list[re.Match[str]]:
    """What ``_PREFIXED.finditer`` finds, looked for only where a mark stands before a number."""
    found: list[re.Match[str]] = []
    taken_to = 0
    for hint in _prefix_hints(text):
        for start in range(max(taken_to, hint - _MAX_PREFIX + 1), hint + 1):
            match = _PREFIXED.match(text, start)
            if match:
                found.append(match)
                taken_to = match.end()
                break
    return found


def _suffixed(text: str) -> list[re.Match[str]]:
    """What ``_SUFFIXED.finditer`` finds, looked for only where a number begins."""
    found: list[re.Match[str]] = []
    taken_to = 0
    for start in _digit_runs(text):
        if start >= taken_to:
            match = _SUFFIXED.match(text, start)
            if match:
                found.append(match)
                taken_to = match.end()
    return found


def find_amounts(text: str, default: str = "CNY") -> list[Amount]:
    """All amounts with a currency mark, in order, none overlapping. Linear in the text.

    Args:
        text: any text.
        default: ISO code used when a mark stands for several currencies.
    """
    found: list[Amount] = []
    taken_to = 0
    matches = _prefixed(text) + _suffixed(text)
    matches.sort(key=lambda match: (match.start(), -match.end()))
    for match in matches:
        if match.start() < taken_to:
            continue
        amount = _build(match, default)
        if amount is not None:
            found.append(amount)
            taken_to = amount.end
    return found


def parse_bare(text: str, default: str = "CNY") -> Amount | None:
    """An amount that is the whole of a text, with or without a currency mark; None when it is not."""
    stripped = text.strip()
    if not stripped or len(stripped) > 40:
        return None
    for amount in find_amounts(stripped, default)[:1]:
        if amount.start == 0 and amount.end >= len(stripped):
            return amount
    match = _BARE.fullmatch(stripped)
    return _build(match, default) if match else None
