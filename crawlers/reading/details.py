"""The rest of a detail page: stock, sales, images, choices, category, brand, description, promotions."""

import re
from collections.abc import Iterator

from crawlers.reading import structured
from crawlers.reading.blocks import in_card
from crawlers.reading.document import Document, Element
from crawlers.reading.facts import clean, element_fact, range_fact, text_fact
from crawlers.reading.locator import at_element
from crawlers.reading.sentences import sentences
from crawlers.reading.survey import survey_of
from crawlers.reading.urls import absolute
from kernel.facts import Fact

MAX_IMAGES = 12
_COUNT = r"(?P<number>\d[\d,]{0,11}(?:\.\d+)?)\s?(?P<scale>万|w|k|千)?"
_SALES = re.compile(
    rf"(?:月销量?|累计销量|总销量|已售出?|销量|成交量?|已拼|近30天(?:销量|售出)|销售量|售出)[\s:：]{{0,3}}(?:约|超|逾)?{_COUNT}\+?|"
    rf"(?P<number2>\d[\d,]{{0,11}}(?:\.\d+)?)\s?(?P<scale2>万|w|k|千)?\+?\s?(?:人付款|人已买|人购买|件已售|笔成交|人收货|sold\b)",
    re.IGNORECASE,
)
_STOCK = re.compile(
    rf"(?:库存量?|现货|剩余(?:库存)?|余量|仅剩|还剩)[\s:：]{{0,3}}(?:约|仅)?{_COUNT}|(?P<number2>\d[\d,]{{0,8}})\s?(?P<scale2>万)?\s?(?:in stock|available|left in stock)",
    re.IGNORECASE,
)
_NO_STOCK = re.compile(r"(?:^|\n)(?:暂时缺货|已售罄|售罄|无货|缺货|out of stock|sold out)(?:\n|$)", re.IGNORECASE)
_BRAND = re.compile(r"(?:^|\n|[ 　|])(?:品牌|brand|manufacturer)\s*(?:[:：]|\n)\s*(?P<value>[^\n|:：]{1,40})", re.IGNORECASE)
_CATEGORY = re.compile(r"(?:^|\n)(?:类目|分类|商品分类|所属分类|类别)\s*[:：]\s*(?P<value>[^\n|]{1,80})")
_PROMOTION = re.compile(
    r"(?:满\s?\d+\s?(?:元|件)?\s?(?:减|打|送|享|包邮)|第二件|买一送|限时|仅限今[天日]|今日(?:特价|限定|截止)|秒杀|立减|"
    r"最后\s?\d+\s?(?:天|小时)|距(?:离)?(?:结束|活动结束)|倒计时|\d(?:\.\d)?折|活动(?:时间|截止))"
)
_GIFT = re.compile(r"赠品|赠送|加赠|附赠|买\S{0,4}送")
_CRUMB_MARK = re.compile(r"(?:^|[\s_-])(?:breadcrumbs?|crumbs?|bread|path|mianbao|location|position)(?:$|[\s_-])|breadcrumb|crumb-?nav")
_CRUMB_PART = re.compile(r"\s*[>›»/→＞]\s*|\n")
_CRUMB_HOME = re.compile(r"^(?:首页|主页|home|shop|全部(?:商品|分类)?|店铺首页|catalogue|all(?: products)?|您的位置|当前位置)[:：]?$", re.IGNORECASE)
_SKU_AREA = re.compile(r"sku|spec|variant|swatch|guige|attr|option|choose|xuanze|property", re.IGNORECASE)
_SKU_LABEL = re.compile(r"^(?:颜色|尺码|尺寸|规格|款式|型号|口味|套餐|容量|版本|净含量|color|colour|size|style|variant)[:：]?$", re.IGNORECASE)
_DESCRIPTION_MARK = re.compile(r"description|desc(?:$|[\s_-])|detail-?content|goods-?detail|product-?detail|intro|xiangqing|miaoshu|(?:^|[\s_-])details?(?:$|[\s_-])")
_SCALES = {"万": 10_000, "w": 10_000, "千": 1_000, "k": 1_000}
_OPTION_AMOUNT = re.compile(r"[¥￥+]?\s*(\d{1,6}(?:\.\d{1,2})?)\s*元?")


def count_of(number: str, scale: str | None) -> int:
    """A count as people write it: "1.2" and "万" is 12000."""
    return int(float(number.replace(",", "")) * _SCALES.get((scale or "").lower(), 1) + 0.5)


def _first_count(document: Document, field: str, pattern: re.Pattern[str]) -> Iterator[Fact]:
    for match in pattern.finditer(document.text):
        if in_card(document, document.element_at(match.start()).index):
            continue
        second = match["number"] is None
        number, scale = (match["number2"], match["scale2"]) if second else (match["number"], match["scale"])
        yield range_fact(document, field, match.start(), match.end(), value=count_of(number, scale), confidence=88)
        return


def counts(document: Document) -> Iterator[Fact]:
    """Stock and sales."""
    yield from _first_count(document, "sales", _SALES)
    found = list(_first_count(document, "stock", _STOCK))
    if not found:
        match = _NO_STOCK.search(document.text)
        if match and not in_card(document, document.element_at(match.start()).index):
            piece = match.group(0)
            start = match.start() + len(piece) - len(piece.lstrip())
            found = [range_fact(document, "stock", start, start + len(piece.strip()), value=0, confidence=70)]
    yield from found


def images(document: Document, title: Element | None) -> Iterator[Fact]:
    """Pictures of the thing: those in the block that holds the title, outside of cards, footers and icons."""
    survey = survey_of(document)
    seen: set[str] = set()
    for image in survey.images:
        if len(seen) >= MAX_IMAGES:
            return
        attribute = next((name for name in ("data-src", "data-original", "data-lazy", "src") if image.get(name)), "")
        url = absolute(document, image.get(attribute)) if attribute else ""
        if not url or url in seen or _is_icon(image, url) or in_card(document, image.index):
            continue
        if any(part.index <= image.index < part.stop and not _holds(part, title) for part in survey.parts):
            continue
        seen.add(url)
        raw = image.get(attribute)[:4000]
        yield Fact("image", url, raw, at_element(document, image, attribute), "heuristic", 75)


def _holds(part: Element, title: Element | None) -> bool:
    return title is not None and part.index <= title.index < part.stop


def _is_icon(image: Element, url: str) -> bool:
    size = image.get("width")
    if size.isdigit() and int(size) < 40:
        return True
    return bool(re.search(r"logo|icon|sprite|avatar|qrcode|banner|blank|spacer|placeholder|loading", f"{url} {image.mark}".lower()))


def category(document: Document, title: str) -> Iterator[Fact]:
    """Category from the breadcrumb, without the home link and the thing's own name."""
    names = structured.breadcrumb(document)
    if names:
        value = _path(names, title)
        if value:
            pointer = next(node.pointer for node in structured.json_ld.nodes_of(document) if "breadcrumblist" in node.types)
            raw = structured.json_ld.as_text(structured.json_ld.follow(structured.json_ld.blocks_of(document), pointer))
            yield Fact("category", value, raw[:4000], f"json-ld:{pointer}", "json-ld", 90)
            return
    for element in document.elements:
        if not element.hidden and element.attrs and (_CRUMB_MARK.search(element.mark) or "breadcrumb" in element.get("aria-label").lower()):
            text = document.text_of(element)
            if 2 < len(text) < 300:
                value = _path([clean(part) for part in _CRUMB_PART.split(text)], title)
                if value:
                    yield Fact("category", value, text[:4000], at_element(document, element), "heuristic", 85)
                    return
    match = _CATEGORY.search(document.text)
    if match:
        start = match.start("value")
        yield range_fact(document, "category", start, start + len(match["value"].rstrip()), confidence=75)


def _path(names: list[str], title: str) -> str:
    kept = [name for name in names if name and not _CRUMB_HOME.match(name)]
    if kept and (kept[-1] == title or title.startswith(kept[-1].rstrip(".…")) or kept[-1] in {"商品详情", "详情"}):
        kept = kept[:-1]
    return " > ".join(kept)[:200]


def brand(document: Document) -> Iterator[Fact]:
    """Brand given by a label."""
    match = _BRAND.search(document.text)
    if match and not in_card(document, document.element_at(match.start("value")).index):
        value = match["value"].rstrip()
        yield range_fact(document, "brand", match.start("value"), match.start("value") + len(value), confidence=85)


def description(document: Document) -> Iterator[Fact]:
    """The block named a description; the longest when several are."""
    found = [
        element
        for element in document.elements
        if element.attrs and not element.hidden and element.tag not in {"body", "html", "a"} and _DESCRIPTION_MARK.search(element.mark)
        and 8 < element.end - element.start < 20_000
        and element.end - element.start < len(document.text) * 0.9 + 1
    ]
    if not found:
        return
    # The outermost block often holds more than the text; the innermost one that keeps most of it is meant.
    best = max(found, key=lambda element: ("desc" in element.mark or "intro" in element.mark, min(element.end - element.start, 2_000)))
    yield element_fact(document, "description", best, confidence=75)


def options(document: Document) -> Iterator[Fact]:
    """Boxes that add something to the order, with whether they are ticked already."""
    labels = {e.get("for"): e for e in document.elements if e.tag == "label" and e.get("for")}
    for box in survey_of(document).inputs:
        if box.tag != "input" or box.get("type").lower() != "checkbox":
            continue
        label = labels.get(box.get("id")) or next((e for e in list(document.ancestors(box.index))[1:3] if e.tag in {"label", "li", "p"}), None)
        if label is None or not 0 < label.end - label.start <= 120:
            continue
        text = document.text_of(label)
        amount = re.search(r"[¥￥]\s*(\d{1,6}(?:\.\d{1,2})?)|(\d{1,6}(?:\.\d{1,2})?)\s*元", text)
        fen = int(float(amount[1] or amount[2]) * 100 + 0.5) if amount else None
        value = {"label": clean(text), "checked": "checked" in box.attrs, "fen": fen}
        yield Fact("option", value, text, at_element(document, label), "heuristic", 88)


def skus(document: Document) -> Iterator[Fact]:
    """Names of the choices: select options and small blocks within an area named for choices."""
    seen: set[str] = set()
    for element in survey_of(document).inputs:
        if element.tag == "select" and (_SKU_AREA.search(element.mark + element.get("name")) or _labelled(document, element)):
            for option in document.inside(element):
                text = clean(document.text_of(option))
                if option.tag == "option" and option.get("value") and text and text not in seen and len(seen) < 60:
                    seen.add(text)
                    yield text_fact("sku", document.text_of(option), at_element(document, option), "heuristic", 75)
    if seen:
        return
    for area in document.elements:
        if area.attrs and not area.hidden and area.tag in {"ul", "dd", "div", "dl", "fieldset"} and _SKU_AREA.search(area.mark):
            yield from _sku_blocks(document, area, seen)
            if seen:
                return


def _labelled(document: Document, element: Element) -> bool:
    before = document.text[max(0, element.start - 12) : element.start].strip().rpartition("\n")[2]
    return bool(_SKU_LABEL.match(before))


def _sku_blocks(document: Document, area: Element, seen: set[str]) -> Iterator[Fact]:
    """Leaves of one tag inside an area of choices."""
    leaves = [
        element
        for element in document.inside(area)[:300]
        if element.tag in {"li", "span", "button", "a", "label"} and 0 < element.end - element.start <= 40
    ]
    first = next((leaf.tag for leaf in leaves), "")
    for leaf in leaves:
        text = clean(document.text_of(leaf))
        if leaf.tag == first and text not in seen and not _SKU_LABEL.match(text) and len(seen) < 60:
            seen.add(text)
            yield text_fact("sku", document.text_of(leaf), at_element(document, leaf), "heuristic", 60)


def wordings(document: Document) -> Iterator[Fact]:
    """Promotion and gift sentences, each once."""
    for field, pattern in (("promotion", _PROMOTION), ("gift", _GIFT)):
        seen: set[str] = set()
        for start, end in sentences(document.text, pattern):
            value = clean(document.text[start:end])
            if value not in seen and len(seen) < 10 and not in_card(document, document.element_at(start).index):
                seen.add(value)
                yield range_fact(document, field, start, end, confidence=75)
