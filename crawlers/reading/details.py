"""The rest of a detail page: stock, sales, images, choices, category, brand, description, promotions."""

import re
from collections.abc import Iterable, Iterator

from crawlers.reading import json_ld, structured
from crawlers.reading.blocks import in_card
from crawlers.reading.document import Document, Element
from crawlers.reading.facts import clean, element_fact, range_fact
from crawlers.reading.finder import DIGIT, Finder
from crawlers.reading.locator import at_element
from crawlers.reading.marks import Sign
from crawlers.reading.pairs import field_of, pairs_of, pieces_of
from crawlers.reading.sentences import holds, sentences
from crawlers.reading.survey import survey_of
from crawlers.reading.title import title_parts
from crawlers.reading.urls import absolute
from kernel.facts import Fact

MAX_IMAGES = 12
_COUNT = r"(?P<number>\d[\d,]{0,11}(?:\.\d+)?)\s?(?P<scale>万|w|k|千)?"
_PLAIN_COUNT = re.compile(
    rf"\s*(?:已售|约|仅剩|现货)?\s*{_COUNT}\+?\s*(?:件|个|份|笔|人付款|套|盒|台)?(?=\s|$)", re.IGNORECASE
)
_SALES = Finder(
    rf"(?:月销量?|累计销量|总销量|已售出?|销量|成交量?|已拼|近30天(?:销量|售出)|销售量|售出)[\s:：]{{0,3}}(?:约|超|逾)?{_COUNT}\+?|"
    rf"(?<![\d,])(?P<number2>\d[\d,]{{0,11}}(?:\.\d+)?)\s?(?P<scale2>万|w|k|千)?\+?\s?(?:人付款|人已买|人购买|件已售|笔成交|人收货|sold\b)",
    first=rf"[月累总已销成近售{DIGIT}](?:(?<=\d)(?<![\d,]\d)|(?<=\D)(?=[销计量售拼交3出]))",
    flags=re.IGNORECASE,
)
_STOCK = Finder(
    rf"(?:库存量?|现货|剩余(?:库存)?|余量|仅剩|还剩)[\s:：]{{0,3}}(?:约|仅)?{_COUNT}"
    rf"|(?<![\d,])(?P<number2>\d[\d,]{{0,8}})\s?(?P<scale2>万)?\s?(?:in stock|available|left in stock)",
    first=rf"[库现剩余仅还{DIGIT}](?:(?<=\d)(?<![\d,]\d)|(?<=\D)(?=[存货余量剩]))",
    flags=re.IGNORECASE,
)
_NO_STOCK = Finder(
    r"(?:^|\n)(?:暂时缺货|已售罄|售罄|无货|缺货|out of stock|sold out)(?:\n|$)",
    first=r"\n(?=[暂已售无缺oOsSſ])",
    flags=re.IGNORECASE,
)
_PROMOTION = Finder(
    r"(?:满\s?\d+\s?(?:元|件)?\s?(?:减|打|送|享|包邮)|第二件|买一送|限时|仅限今[天日]|今日(?:特价|限定|截止)|秒杀|立减|"
    r"最后\s?\d+\s?(?:天|小时)|距(?:离)?(?:结束|活动结束)|倒计时|\d(?:\.\d)?折|活动(?:时间|截止))",
    first=rf"[满第买限仅今秒立最距倒活{DIGIT}](?=[\s\d二一时限日杀减后离结活计.折动])",
)
_GIFT = re.compile(r"赠品|赠送|加赠|附赠|买\S{0,4}送")
_CRUMB_MARK = Sign(
    r"(?:^|[\s_-])(?:breadcrumbs?|crumbs?|bread|path|mianbao|location|position)(?:$|[\s_-])|breadcrumb|crumb-?nav"
)
_CRUMB_LINE = re.compile(
    r"(?:^|\n)(?:(?:您的|当前|所在|您当前的)?位置\s*[:：]?\s*)?(?P<path>[^\n>›»＞/]{1,30}(?:\s*[>›»＞]\s*[^\n>›»＞]{1,60}"
    r"|\s/\s[^\n/]{1,60}){1,6})(?=\n|$)"
)
_CRUMB_MARKS = ">›»＞/"
_CRUMB_SIGN = re.compile(rf"[{_CRUMB_MARKS}](?:(?<=[^/])|(?<=\s/))")
CRUMBS_WITHIN = 6_000
MAX_BEFORE_CRUMB = 80
"""More than what ``_CRUMB_LINE`` allows before the first mark between two names."""
_CRUMB_PART = re.compile(r"\s*[>›»→＞]\s*|\s+(?:/|::)\s+|\n")
_CRUMB_LEAD = re.compile(r"^\s*(?:您的|当前|所在|您当前的)?位置\s*[:：]?\s*")
_CRUMB_HOME = re.compile(
    r"^(?:首页|主页|home|shop|全部(?:商品|分类)?|店铺首页|catalogue|all(?: products)?|您的位置|当前位置)[:：]?$",
    re.IGNORECASE,
)
_CRUMB_OTHER = re.compile(r"\breviews?\b|\bratings?\b|\bcomments?\b|评[价论]", re.IGNORECASE)
"""Words of links that stand in a line as crumbs do, and are none: "0 reviews / Write a review"."""
_DESCRIPTION_MARK = Sign(
    r"description|desc(?:$|[\s_-])|detail-?content|goods-?detail|product-?detail|intro|xiangqing|miaoshu|(?:^"
    r"|[\s_-])details?(?:$|[\s_-])"
)
_DESCRIPTION_SURE = Sign(r"description|(?:^|[\s_-])desc(?:$|[\s_-])|intro(?:$|[\s_-])|miaoshu")
_PROMOTION_MARK = Sign(r"promo|cuxiao|youhui|huodong")
_TELLING = ("满", "送", "限", "秒杀", "立减", "最后", "距", "倒计时", "折", "活动", "赠", "第二件")
_GIFT_MARK = Sign(r"gift|zengpin")
_RATING = re.compile(r"\s*(?P<n>[0-5](?:\.\d{1,2})?)(?![\d.%])")
_RATING_WORDS = Finder(
    r"(?:店铺评分|评价得分|综合评分|评分)\s?(?P<n>[0-5]\.\d)|(?<![\d.])(?P<m>[0-5]\.\d)\s?分(?!钟)",
    first=rf"[店评综{DIGIT}](?:(?<=\d)(?<![\d.]\d)(?=\.)|(?<=\D)(?=[铺价合分]))",
)
_SCALES = {"万": 10_000, "w": 10_000, "千": 1_000, "k": 1_000}


def count_of(number: str, scale: str | None) -> int:
    """A count as people write it: "1.2" and "万" is 12000."""
    return int(float(number.replace(",", "")) * _SCALES.get((scale or "").lower(), 1) + 0.5)


def _first_count(document: Document, field: str, pattern: Finder) -> Iterator[Fact]:
    for match in pattern.finditer(document.text):
        if in_card(document, document.element_at(match.start()).index):
            continue
        second = match["number"] is None
        number, scale = (match["number2"], match["scale2"]) if second else (match["number"], match["scale"])
        yield range_fact(document, field, match.start(), match.end(), value=count_of(number, scale), confidence=88)
        return


def _paired_count(document: Document, field: str) -> list[Fact]:
    """A count given by a label of its own."""
    for pair in pairs_of(document):
        if pair.field == field and not in_card(document, pair.after):
            match = _PLAIN_COUNT.match(document.text[pair.start : pair.end])
            if match:
                end = pair.start + match.end()
                value = count_of(match["number"], match["scale"])
                return [range_fact(document, field, pair.start, end, value=value, confidence=88)]
    return []


def counts(document: Document) -> Iterator[Fact]:
    """Stock and sales."""
    yield from _paired_count(document, "sales") or _first_count(document, "sales", _SALES)
    found = _paired_count(document, "stock") or list(_first_count(document, "stock", _STOCK))
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
        if any(part.index <= image.index < part.stop and not _holds(part, title) for part in survey.parts[:100]):
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
    return bool(
        re.search(
            r"logo|icon|sprite|avatar|qrcode|banner|blank|spacer|placeholder|loading", f"{url} {image.mark}".lower()
        )
    )


def category(document: Document, title: str) -> Iterator[Fact]:
    """Category from the breadcrumb, without the home link and the thing's own name."""
    names = structured.breadcrumb(document)
    if names:
        value = _path(names, title)
        if value:
            pointer = next(node.pointer for node in json_ld.nodes_of(document) if "breadcrumblist" in node.types)
            raw = json_ld.as_text(json_ld.follow(json_ld.blocks_of(document), pointer))
            yield Fact("category", value, raw[:4000], f"json-ld:{pointer}", "json-ld", 90)
            return
    for element, mark in survey_of(document).marked:
        if _CRUMB_MARK[mark] or "breadcrumb" in element.get("aria-label").lower():
            text = document.text_of(element)
            if 2 < len(text) < 300:
                value = _path(path_names(_CRUMB_LEAD.sub("", text)), title, title_parts(document.title)[1:])
                if value:
                    yield Fact("category", value, text[:4000], at_element(document, element), "heuristic", 85)
                    return
    yield from _crumb_line(document, title) or _paired(document, "category", 75, 80)


def _crumb_line(document: Document, title: str) -> list[Fact]:
    """Category from a line such as "当前位置：首页 > 食品 > 茶叶"."""
    text = document.text
    first = min((at for mark in _CRUMB_MARKS if (at := text.find(mark, 0, CRUMBS_WITHIN)) >= 0), default=-1)
    sign = _CRUMB_SIGN.search(text, first, CRUMBS_WITHIN) if first >= 0 else None
    if sign is None:
        return []
    for match in _CRUMB_LINE.finditer(document.text, max(0, sign.start() - MAX_BEFORE_CRUMB), CRUMBS_WITHIN):
        if in_card(document, document.element_at(match.start("path")).index) or _CRUMB_OTHER.search(match["path"]):
            continue
        names = path_names(match["path"])
        value = _path(names, title, title_parts(document.title)[1:])
        if value and len(names) > 1:
            return [
                range_fact(document, "category", match.start("path"), match.end("path"), value=value, confidence=80)
            ]
    return []


def path_names(text: str) -> list[str]:
    """The names along a path as a page writes it: with signs between them, or each on a line."""
    return [clean(part) for part in _CRUMB_PART.split(text)]


def _path(names: list[str], title: str, site: Iterable[str] = ()) -> str:
    """A path without its home link, the site's own name, and the thing itself."""
    kept = [name for name in names if name and not _CRUMB_HOME.match(name)]
    if len(kept) > 1 and kept[0] in set(site):
        kept = kept[1:]
    if kept and (kept[-1] == title or title.startswith(kept[-1].rstrip(".…")) or kept[-1] in {"商品详情", "详情"}):
        kept = kept[:-1]
    return " > ".join(kept)[:200]


def _paired(document: Document, field: str, confidence: int, limit: int = 60) -> Iterator[Fact]:
    """First labelled value of a field that is short enough and outside of cards."""
    for pair in pairs_of(document):
        if pair.field == field and pair.end - pair.start <= limit and not in_card(document, pair.after):
            line = document.text[pair.start : pair.end].partition("\n")[0]
            yield range_fact(document, field, pair.start, pair.start + len(line), confidence=confidence)
            return


def brand(document: Document) -> Iterator[Fact]:
    """Brand given by a label."""
    yield from _paired(document, "brand", 88, 40)


def rating(document: Document) -> Iterator[Fact]:
    """Rating given by a label, or as "4.8分"."""
    for pair in pairs_of(document):
        if pair.field == "rating":
            match = _RATING.match(document.text[pair.start : pair.end])
            if match:
                start = pair.start
                yield range_fact(document, "rating", start + match.start("n"), start + match.end("n"), confidence=85)
                return
    match = _RATING_WORDS.search(document.text) if "分" in document.text else None
    if match and not in_card(document, document.element_at(match.start()).index):
        number = "n" if match["n"] else "m"
        yield range_fact(document, "rating", match.start(number), match.end(number), confidence=75)


def _named_description(document: Document) -> Element | None:
    """The block named a description: of several, the one with most text, the innermost of equals."""
    found = [
        element
        for element, mark in survey_of(document).marked
        if element.tag not in {"body", "html", "a", "table"}
        and _DESCRIPTION_MARK[mark]
        and 8 < element.end - element.start < min(20_000, len(document.text) * 0.9 + 1)
    ]
    if not found:
        return None
    plain = [
        element
        for element in found
        if not any(element.index < h.index < element.stop for h in survey_of(document).headings)
    ]
    return max(plain or found, key=lambda element: element.end - element.start)


def description(document: Document) -> Iterator[Fact]:
    """What is told about the thing: the block named so, or the block under a heading that says so."""
    element = _named_description(document)
    sure = element is not None and _DESCRIPTION_SURE[element.mark]
    for pair in pairs_of(document) if not sure else []:
        if pair.field == "description" and pair.end - pair.start > 8 and not in_card(document, pair.after):
            yield range_fact(document, "description", pair.start, pair.end, confidence=80)
            return
    if element is not None:
        yield element_fact(document, "description", element, confidence=80 if sure else 60)


def _pieces(document: Document, field: str, *, inline: bool) -> Iterator[tuple[int, int]]:
    """Ranges of all labelled values of a field, one for each piece that follows its label.

    Args:
        inline: those in the label's own line, outside of the description; else those beside it.
    """
    told = [(pair.start, pair.end) for pair in pairs_of(document) if pair.field == "description"]
    for pair in pairs_of(document):
        if pair.field != field or in_card(document, pair.after) or (pair.holder is None) != inline:
            continue
        if inline and any(start <= pair.start < end for start, end in told):
            continue
        pieces = pieces_of(document, pair)
        if (
            len(pieces) > 1
            and all(piece.tag == pieces[0].tag for piece in pieces)
            and pieces[0].tag not in {"dt", "dd", "td", "tr"}
        ):
            yield from (document.span_of(piece) for piece in pieces)
        elif pair.end - pair.start <= 160:
            yield pair.start, pair.end


def _without_label(document: Document, field: str, element: Element) -> tuple[int, int]:
    """Range of an element's text without the field's own label at its start."""
    start, end = document.span_of(element)
    label, mark, _ = document.text[start:end].partition("：")
    return (start + len(label) + 1, end) if mark and field == "promotion" and field_of(label) == field else (start, end)


def wordings(document: Document) -> Iterator[Fact]:
    """Promotions and gifts: labelled, or in elements named so; else sentences with telling words, as unsure."""
    fields = (("promotion", _PROMOTION, _PROMOTION_MARK, _TELLING), ("gift", _GIFT, _GIFT_MARK, ("赠", "买")))
    for field, pattern, mark, words in fields:
        spans = [(start, end, 82) for start, end in _pieces(document, field, inline=False)]
        if not spans:
            named = [e for e, name in survey_of(document).marked if 2 < e.end - e.start <= 120 and mark[name]][:40]
            leaves = [e for e in named if not any(e.index < other.index < e.stop for other in named)]
            spans = [(*_without_label(document, field, e), 75) for e in leaves if not in_card(document, e.index)]
        if not spans:
            spans = [(start, end, 78) for start, end in _pieces(document, field, inline=True)]
        if not spans and holds(document.text, words) and holds(document.text, _TELLING):
            spans = [(start, end, 45) for start, end in sentences(document.text, pattern)]
        seen: set[str] = set()
        for start, end, confidence in spans:
            value = clean(document.text[start:end])
            if (
                value
                and value not in seen
                and len(seen) < 10
                and not in_card(document, document.element_at(start).index)
            ):
                seen.add(value)
                yield range_fact(document, field, start, end, confidence=confidence)
