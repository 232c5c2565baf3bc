"""Labelled values: "品牌：…" in one line, in two cells, in two spans, or as a heading over a block."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from crawlers.reading.document import Document, Element
from crawlers.reading.marks import Answers

LABELS = {
    "brand": "品牌|商品品牌|brand|manufacturer|marke",
    "stock": "库存|库存量|库存数量|商品库存|剩余库存|stock",
    "sales": "销量|累计销量|累计售出|月销量|月销|总销量|成交量",
    "rating": "评分|用户评价|描述评分|店铺评分|商品评分|综合评分|好评度|rating",
    "description": "宝贝描述|商品描述|商品介绍|商品详情|图文详情|产品介绍|产品详情|详细介绍|产品描述|商品详细|"
    "商品说明|描述|详情|"
    "product description|description|details|beschreibung|descripción",
    "promotion": "促销|优惠|优惠信息|促销活动|促销信息|活动|优惠活动|店铺优惠",
    "gift": "赠品|赠送|赠品信息|附赠|加赠",
    "sku": r"(?:商品|可选|选择|产品)?规格\d{0,2}|款式\d{0,2}|颜色(?:分类)?|尺码|尺寸|口味|套餐(?:类型)?|"
    r"型号规格|容量|colou?r|size|variants?|options?",
    "category": "商品分类|所属分类|类目|所属类目|分类",
    "notice": "店铺公告|本店公告|公告|店铺通知|重要通知",
    "declaration": "自我声明|声明|主体声明",
    "contact": "联系电话|联系方式|客服|客服电话|服务热线|客服热线|电话|咨询电话|投诉电话",
    "licence_name": "企业名称|公司名称|单位名称|市场主体名称|主体名称|经营者名称|商家名称|营业执照名称|字号名称|名称",
    "licence_address": "住所|住所地|经营场所|营业场所|主要经营场所|注册地址|企业地址|公司地址|经营地址|地址|住址",
}
_FIELD_OF = re.compile("|".join(f"(?P<{field}>{words})" for field, words in LABELS.items()), re.IGNORECASE)
_HEAD = re.compile(r"(?P<label>[^\n:：]{1,16}?)\s*[:：]\s*(?P<value>.*)", re.DOTALL)
_SPACED_HEAD = re.compile(r"(?P<label>品牌|brand|评分|rating|库存)\s+(?P<value>\S.*)", re.IGNORECASE)
_SPACED_STARTS = frozenset("品评库bBrR")
MAX_LABEL = 22
MAX_HEAD = 400
"""A label is looked for in so much of a run of text."""
MAX_VALUE = 20_000
MAX_PIECES = 60
MAX_PAIRS = 1_500


@dataclass(frozen=True, slots=True)
class Pair:
    """A labelled value.

    Attributes:
        field: field of ``kernel.facts`` the label stands for.
        start, end: range of the visible text of the value.
        holder: element whose children follow the label, for values of several pieces; None for
            a value in the label's own line.
        after: index of the last element of the label, which the pieces come after.
    """

    field: str
    start: int
    end: int
    holder: Element | None
    after: int


def _field_of_label(label: str) -> str:
    match = _FIELD_OF.fullmatch(label)
    return match.lastgroup or "" if match else ""


_FIELDS = Answers(_field_of_label)


def field_of(label: str) -> str:
    """Field a label stands for; empty when it is none of ours."""
    label = label.strip(" \n:：*·【】[]（）()")
    return _FIELDS[label] if 0 < len(label) <= MAX_LABEL else ""


_WHOLE_LABELS = Answers(lambda text: field_of(text) if len(text) <= MAX_LABEL else "")


def _headed(text: str) -> tuple[str, int]:
    """Field and start of the value of a text that begins with its label; empty when it does not."""
    match = None
    if ":" in text or "：" in text:
        match = _HEAD.match(text)
    if match is None and text[:1] in _SPACED_STARTS:
        match = _SPACED_HEAD.match(text)
    field = field_of(match["label"]) if match else ""
    return (field, match.start("value")) if match and field and match["value"].strip() else ("", 0)


def _following(document: Document, holder: Element, after: int) -> Iterator[Element]:
    """The next children of an element behind an index that have text, among the next ``MAX_PIECES``."""
    children = document.children[holder.index]
    at = bisect_right(children, after)
    for child in children[at : at + MAX_PIECES]:
        element = document.elements[child]
        if document.has_text(element):
            yield element


def _after_label(document: Document, field: str, element: Element, end: int) -> Pair | None:
    """Value that follows an element whose whole text is the label."""
    while element.parent >= 0 and document.elements[element.parent].end <= end:
        element = document.elements[element.parent]
    if element.parent < 0:
        return None
    holder = document.elements[element.parent]
    start, stop = end, min(holder.end, end + MAX_VALUE)
    first = next(_following(document, holder, element.index), None)
    if first and first.start - end < MAX_LABEL and not document.text[end : first.start].strip(" \n:："):
        start, stop = document.span_of(first)
    piece = document.text[start : min(stop, start + MAX_LABEL)]
    shift = len(piece) - len(piece.lstrip(" \n:："))
    return Pair(field, start + shift, stop, holder, element.stop - 1) if stop > start + shift else None


def pairs_of(document: Document) -> list[Pair]:
    """All labelled values in document order; made once. Linear in the number of runs."""
    known = document.memo.get("pairs")
    if isinstance(known, list):
        return known
    found: list[Pair] = []
    marked = ":" in document.text or "：" in document.text
    for start, index, run in zip(document.runs, document.run_elements, document.run_texts, strict=True):
        field = _WHOLE_LABELS[run] if len(run) <= MAX_LABEL else ""
        pair = None
        if field:
            pair = _after_label(document, field, document.elements[index], start + len(run))
        elif run[:1] in _SPACED_STARTS or (marked and (":" in run or "：" in run)):
            field, value = _headed(run[:MAX_HEAD])
            if field:
                pair = Pair(field, start + value, start + len(run), None, index)
        if pair is not None:
            found.append(pair)
            if len(found) >= MAX_PAIRS:
                break
    document.memo["pairs"] = found
    return found


def first_pair(document: Document, field: str) -> Pair | None:
    """First labelled value of a field."""
    return next((pair for pair in pairs_of(document) if pair.field == field), None)


def pieces_of(document: Document, pair: Pair) -> list[Element]:
    """Elements that follow a label inside its holder, each with text of its own."""
    if pair.holder is None:
        return []
    return list(_following(document, pair.holder, pair.after))
