"""Prices as they stand on a page: where, of which kind, and which are no price of a good at all."""

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from itertools import pairwise

from crawlers.reading.document import Document, Element
from crawlers.reading.finder import Finder
from crawlers.reading.marks import Answers, Sign
from crawlers.reading.price import Amount, find_amounts, parse_bare
from crawlers.reading.survey import BUY_MARK, PRICE_MARK, survey_of

MAX_MENTIONS = 3_000

_STRUCK_MARK = Sign(
    r"(?:^|[\s_-])(?:old|was|del|strike|through|rrp|msrp|before|yuanjia|scj|market|origin|original|compare)|"
    r"line-?through|originprice|originalprice|marketprice|oldprice|listprice|list-price|compareat"
)
_NORMAL_MARK = Sign(r"(?:normal|regular|base|standard|full|catalog)[\s_-]?price")
_SPECIAL_MARK = Sign(
    r"(?:special|sale|sales|final|promo|offer|discount|discounted|reduced)[\s_-]?price|price[\s_-]?(?:new|sale)"
)
MAX_PRICE_BLOCK = 90
"""A price block with more text than this holds more than a normal and a special price."""
_MEMBER_MARK = Sign(r"(?:^|[\s_-])(?:member|vip|plus|huiyuan)")
_COUPON_MARK = Sign(r"coupon|quan(?:hou)?(?:$|[\s_-])|after-?quan|daoshou")
_NOISE_MARK = Sign(
    r"(?:^|[\s_-])(?:cart|basket|minicart|shipping|freight|delivery|postage|saving|savings|saved|deposit|instal"
    r"|installment|"
    r"subtotal|total|balance|filter|facet|slider|tax|points?|cashback)(?:$|[\s_-])"
)
_LABEL_GAP = r"[\s:：（(]*$"
_STRUCK_LABEL = Finder(
    r"(?:原价|市场价|专柜价|参考价|划线价|吊牌价|门市价|零售价|指导价|建议零售价|日常价|was|rrp|msrp|list price|"
    r"regular price|original price|compare at|statt|uvp)" + _LABEL_GAP,
    first=r"[原市专参划吊门零指建日wWrRmMlLoOcCsSſuU]",
    flags=re.IGNORECASE,
)
_COUPON_LABEL = re.compile(
    r"(?:券后价?|用券后?|领券(?:后|价)|到手价?|折后价?|预估到手价?)\s*(?:约|仅|低至)?" + _LABEL_GAP
)
_MEMBER_LABEL = Finder(
    r"(?:会员价?|VIP价?|PLUS价?|粉丝价|学生价|新人价|member price)" + _LABEL_GAP,
    first=r"[会VvPp粉学新mM]",
    flags=re.IGNORECASE,
)
_SHOWN_LABEL = Finder(
    r"(?:售价|现价|价格|促销价|秒杀价|活动价|抢购价|一口价|优惠价|特价|商城价|批发价|团购价|直播价|单价|本店价|店铺价|"
    r"零售|价|our price|price|now|sale price|preis|prix|precio|prezzo|cena)" + _LABEL_GAP,
    first=r"[售现价促秒活抢一优特商批团直单本店零oOpPnNsSſcC]",
    flags=re.IGNORECASE,
)
_NOISE_BEFORE = Finder(
    r"(?:满|每满|减|立减|直降|返|返现|省|立省|节省|已优惠|优惠|补贴|抵|抵扣|运费|邮费|快递费?|配送费?|包邮|押金|定金|订金|首付|"
    r"月供|每期|×\d期|合计|小计|总计|总价|余额|红包|购物车|注册资本|"
    r"save|you save|saving|over|off|orders? of|shipping|delivery|cart|basket|"
    r"subtotal|total|deposit|minimum|spend|from only|tax|vat|incl\.|fee)[\s:：了约满\w]{0,2}[\s:：（(]*$",
    first=r"[满每减立直返省节已优补抵运邮快配包押定订首月×合小总余红购注sSſyYoOdDcCbBtTmMfFvViİıI]",
    flags=re.IGNORECASE,
)
_NOISE_AFTER = re.compile(
    r"^\s*(?:的?(?:优惠券|代金券|红包|券)|off\b|包邮|抵扣|减\d|运费|邮费|起送|以上|以内|以下|shipping|delivery|deposit|/\s*期|x\s*\d+\s*期"
    r"|each month|a month|"
    r"/\s*mo(?:nth)?\b)",
    re.IGNORECASE,
)
_WEIGHT_UNITS = frozenset(
    [
        "斤",
        "公斤",
        "千克",
        "克",
        "kg",
        "KG",
        "Kg",
        "g",
        "L",
        "l",
        "升",
        "毫升",
        "ml",
        "ML",
        "米",
        "m",
        "吨",
        "两",
        "平方米",
        "平米",
        "lb",
        "oz",
    ]
)
_COUPON_AFTER = re.compile(r"\s*[（(]?(?:券后|到手)价?(?!\s*[¥￥\d约])")
_DECIMALS_END = re.compile(r"\.\d\d$")
_CENTS_MARK = Sign(r"cent|decimal|fraction|(?:^|[\s_-])(?:sup|xiaoshu|small)(?:$|[\s_-])")


@dataclass(slots=True)
class Mention:
    """One amount on the page.

    Attributes:
        kind: as in ``kernel.facts``, or ``noise`` (postage, savings, totals, conditions).
        start, end: range of the visible text. element: innermost element holding it.
        marked: the page's author named the element a price. labelled: a word before it says so.
        in_option: it stands in a select or on a label of a choice.
    """

    amount: Amount
    start: int
    end: int
    element: Element
    kind: str = "shown"
    marked: bool = False
    labelled: bool = False
    in_option: bool = False


def _default_currency(document: Document) -> str:
    """Currency for marks that stand for several: yen on a Japanese page."""
    return "JPY" if document.language.startswith("ja") else "CNY"


def _with_cents(document: Document, amount: Amount, start: int) -> Amount:
    """Mend "¥12" + raised "90", which reads as 1290 once the page's layout is gone."""
    runs = document.run_starts(start + 1, start + amount.end - amount.start)
    if not runs or amount.fen_max is not None:
        return amount
    offset, index = runs[-1]
    tail = document.text[offset : start + amount.end - amount.start]
    element = document.elements[index]
    raised = element.tag in {"sup", "sub"} or _CENTS_MARK[element.mark]
    if raised and len(tail) == 2 and tail.isdigit() and document.text[offset - 1].isdigit():
        return Amount(amount.fen // 100, amount.currency, amount.start, amount.end)
    return amount


def _cut_at_run(document: Document, amount: Amount, currency: str) -> Amount:
    """Mend "¥71.50" and "14 paid", which read as 71.5014 once the page's layout is gone."""
    for offset, _ in document.run_starts(amount.start + 1, amount.end):
        before = document.text[amount.start : offset]
        if _DECIMALS_END.search(before) and document.text[offset : offset + 1].isdigit():
            found = find_amounts(before, currency)
            if found:
                whole = found[0]
                return replace(whole, start=amount.start + whole.start, end=amount.start + whole.end)
    return amount


def _kind_before(before: str) -> tuple[str, bool]:
    """Kind told by the words before an amount, and whether they call it a price."""
    if not before:
        return "", False
    kinds = (
        ("struck", _STRUCK_LABEL),
        ("coupon", _COUPON_LABEL),
        ("member", _MEMBER_LABEL),
        ("noise", _NOISE_BEFORE),
    )
    kind = next((kind for kind, pattern in kinds if pattern.search(before)), "")
    return kind, _SHOWN_LABEL.search(before) is not None


def _kind_after(after: str) -> str:
    """Kind told by the words after an amount."""
    if not after:
        return ""
    return "coupon" if _COUPON_AFTER.match(after) else "noise" if _NOISE_AFTER.search(after) else ""


_BEFORE = Answers(_kind_before)
_AFTER = Answers(_kind_after)


def _kind_by_words(before: str, after: str) -> str:
    """Kind told by the words around it; empty when they say nothing."""
    said, said_after = _BEFORE[before][0], _AFTER[after]
    if said == "struck":
        return said
    return "coupon" if "coupon" in {said, said_after} else said or said_after


def _kind_by_marks(document: Document, mention: Mention) -> str:
    """Kind told by tags, classes and styles around it, as far as they hold little else."""
    for step, element in enumerate(document.ancestors(mention.element.index)):
        length = element.end - element.start
        if step > 5 or length > 80:
            break
        if element.tag in {"del", "s", "strike"} or "line-through" in element.get("style"):
            return "struck"
        mark = element.mark
        if PRICE_MARK[mark] or PRICE_MARK[element.get("itemprop")]:
            mention.marked = True
        close = length <= (mention.end - mention.start) * 2 + 8
        if close and _STRUCK_MARK[mark]:
            return "struck"
        if close and _MEMBER_MARK[mark]:
            return "member"
        if close and _COUPON_MARK[mark]:
            return "coupon"
        if element.tag in {"option", "label", "select"}:
            mention.in_option = True
    return ""


def _adds(document: Document, element: Element) -> bool:
    """Whether a block named after the basket is the one that puts the page's good into it."""
    survey = survey_of(document)
    anchors = [*survey.buttons[:6], *survey.cart_forms[:6]]
    return BUY_MARK[element.mark] or any(element.index < anchor.index < element.stop for anchor in anchors)


def _in_noise_part(document: Document, mention: Mention) -> bool:
    """Whether it stands in a basket, a postage line, a filter or the like."""
    for step, element in enumerate(document.ancestors(mention.element.index)):
        if element.end - element.start > 400 or step > 8:
            return False
        if element.tag != "form" and element.attrs and _NOISE_MARK[element.mark] and not _adds(document, element):
            return not mention.marked or step > 0
    return False


def _classify(document: Document, mention: Mention, floor: int) -> None:
    """Settle the kind of a mention. ``floor``: end of the amount before it, where its words begin."""
    text = document.text
    before = text[max(floor, mention.start - 18) : mention.start]
    above, _, own = before.rpartition("\n")
    label = above.rpartition("\n")[2]
    # A label often stands in a block of its own just above the amount; a whole line of prose does not.
    before = label if len(label) <= 12 and not own.strip() else own
    after = text[mention.end : mention.end + 12].partition("\n")[0]
    by_marks = _kind_by_marks(document, mention)
    kind = by_marks or _kind_by_words(before, after)
    mention.labelled = _BEFORE[before][1]
    if not kind and _in_noise_part(document, mention):
        kind = "noise"
    if not kind and mention.amount.unit in _WEIGHT_UNITS:
        kind = "unit"
    if not kind and (mention.amount.fen_max is not None or mention.amount.open_ended):
        kind = "range"
    mention.kind = kind or "shown"


def _bare(document: Document, taken: list[int], currency: str) -> list[Mention]:
    """Numbers without a currency mark that are the whole of an element named a price."""
    found: list[Mention] = []
    last_end = -1
    for element in survey_of(document).priced:
        start, end = document.span_of(element)
        if not 0 < end - start <= 24 or start < last_end:
            continue
        if len(found) >= MAX_MENTIONS:
            break
        at = bisect_left(taken, start)
        if (at < len(taken) and taken[at] < end) or (
            at and taken[at - 1] + 12 > start and _covers(document, taken[at - 1], start)
        ):
            continue
        amount = parse_bare(document.text[start:end], currency)
        if amount is not None:
            found.append(Mention(amount, start, end, document.element_over(start, end), marked=True))
            last_end = end
    return found


def _covers(document: Document, start: int, offset: int) -> bool:
    """Whether an amount that starts before an element runs into it."""
    found = find_amounts(document.text[start : offset + 24])
    return bool(found) and found[0].start == 0 and start + found[0].end > offset


def mentions_of(document: Document) -> list[Mention]:
    """All amounts on the page in document order, with their kinds; made once."""
    known = document.memo.get("mentions")
    if isinstance(known, list):
        return known
    currency = _default_currency(document)
    found: list[Mention] = []
    for amount in find_amounts(document.text, currency)[:MAX_MENTIONS]:
        cut = _cut_at_run(document, amount, currency)
        whole = _with_cents(document, cut, cut.start)
        found.append(Mention(whole, cut.start, cut.end, document.element_over(cut.start, cut.end)))
    found.extend(_bare(document, [mention.start for mention in found], currency))
    found.sort(key=lambda mention: mention.start)
    floor = 0
    for mention in found:
        _classify(document, mention, floor)
        floor = mention.end
    _strike_normal(found)
    document.memo["mentions"] = found
    return found


def _strike_normal(found: list[Mention]) -> None:
    """A "normal" price is today's price, unless a "special" one stands right beside it."""
    for first, second in pairwise(found):
        if second.start - first.end > MAX_PRICE_BLOCK or first.kind != "shown" or second.kind != "shown":
            continue
        marks = (first.element.mark, second.element.mark)
        for normal, one, other in ((first, *marks), (second, *marks[::-1])):
            if _NORMAL_MARK[one] and _SPECIAL_MARK[other]:
                normal.kind = "struck"
