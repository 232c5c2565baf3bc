"""What a shop says of itself: licence, registration numbers, permits, self-declaration, contact."""

import re
from collections.abc import Iterator

from crawlers.reading.document import Document
from crawlers.reading.facts import clean, range_fact, text_fact
from crawlers.reading.finder import DIGIT, Finder, has_number
from crawlers.reading.locator import at_element
from crawlers.reading.pairs import first_pair
from crawlers.reading.sentences import holds, sentences
from crawlers.reading.survey import survey_of
from crawlers.reading.urls import absolute
from kernel.facts import Fact

_CODE = r"[0-9A-Za-z０-９Ａ-Ｚ]"
_GAP = r"[\s:：|]{0,6}"
_LABELLED_CODE = re.compile(
    rf"(?:统一社会信用代码|社会信用代码|信用代码|税号|纳税人识别号)(?:/注册号)?(?:[（(][^（）()]{{0,16}}[）)])?{_GAP}"
    rf"(?P<code>{_CODE}(?:[ \-]?{_CODE}){{14,18}})(?![0-9A-Za-z])"
)
_BARE_CODE = re.compile(r"(?P<code>[159](?<![0-9A-Za-z].)[1239][0-9]{6}[0-9A-Z]{10})(?![0-9A-Za-z])", re.ASCII)
_REGISTRATION = re.compile(rf"(?:注册号|工商注册号){_GAP}(?P<code>\d{{15}})(?!\d)")
_VALUE = r"(?P<value>[^\n|]{2,120})"
_NEXT_LABEL = re.compile(
    r"\s*(?:统一社会信用代码|信用代码|企业名称|公司名称|名称|类型|法定代表人|经营者姓名|经营者|负责人|住所|经营场所|营业场所|注册地址|地址|"
    r"注册资本|成立日期|经营范围|登记机关|核准日期|营业期限|联系电话|电话|注册号)\s*[:：]"
)
_NAME = re.compile(
    r"(?:^|\n|[；;|，,。 ])(?:企业名称|公司名称|单位名称|经营者名称|主体名称|"
    r"商家名称|经营主体|市场主体名称|字号名称|营业执照名称|名称)"
    rf"\s*(?:[:：|]|\n)\s*{_VALUE}"
)
_ADDRESS = re.compile(
    r"(?:^|\n|[；;|，,。 ])(?:住\s*所|经营场所|营业场所|注册地址|"
    r"经营地址|企业地址|公司地址|住所地?|主要经营场所|实际经营地址|地址)"
    rf"\s*(?:[:：|]|\n)\s*{_VALUE}"
)
_CONTACT = Finder(
    r"(?:联系电话|客服电话|服务热线|客服热线|客服|咨询电话|投诉电话|电\s*话|热线|Tel\.?"
    r"|联系方式)\s*[:：]?\s*(?P<value>(?:\+?86[- ]?)?(?:400[- ]?\d{3,4}[- ]?\d{3,4}|0\d{2,3}[- ]?\d{7,8}|1\d{10}"
    r"|XX[\w-]{4,14}))",
    first=r"[联客服咨投电热tT](?=[系服务询诉话\s线eE])",
    flags=re.IGNORECASE,
)
_HIDDEN_NUMBER = ("XX", "Xx", "xX", "xx")
"""With ten digits near one another, what every telephone number of ``_CONTACT`` has one of."""
_PROVINCES = "京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川蜀贵黔云滇陕甘陇青蒙桂藏宁新"
_ICP = re.compile(rf"[{_PROVINCES}]\s?ICP\s?[备证]\s?\d{{6,10}}\s?号?(?:\s?-\s?\d{{1,3}}[AX]?)?", re.IGNORECASE)
_POLICE = re.compile(rf"[{_PROVINCES}]\s?公网安备\s?(?:3|[1-8])\d{{10,13}}\s?号?")
_PERMIT = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:SC|JY)\d{14}|国药准字[HZSBJ]\d{8}|国食健[注备字][GJ]\d{8,12}|国食健字G\d{8}|"
    r"[一-鿿]?械(?:注准|备|网备)\d{8,14}号?|[一-鿿]?妆网备字\d{8,12}|国妆特[字进]?[GJ]?\d{8}|"
    r"[一-鿿]?[食药]?广审[（(][文视声][)）]第[\d-]{6,14}号?|[一-鿿]\s?[B][12]-\d{8}(?:-\d+)?|YB\d{14,16})(?![0-9A-Za-z])"
)
_PERMIT_LINE = Finder(
    r"(?:许可证|备案凭证|登记证|备案)(?:编号|号码?|证号)?\s?[:：]\s?[^\n:：]{0,12}\d{4,}|[零批网]字第?[\d-]{4,}号",
    first=r"[许备登零批网](?=[可案记字])",
)
_PERMIT_NAMES = ("许可证", "备案", "登记证", "字第")
_PERMIT_WORDS = ("SC", "JY", "国药准字", "国食健", "械", "妆", "广审", "B1-", "B2-", "YB")
_LONG_NUMBER = re.compile(rf"[{DIGIT}]\d{{7}}")
_DECLARATION = Finder(
    r"(?:个人销售自产农副产品|个人销售家庭手工业产品|个人利用自己的技能从事依法无须取得许可的便民劳务活动|"
    r"个人从事零星小额交易活动|依法不需要办理(?:市场主体|工商)?登记|无需(?:办理)?(?:市场主体|工商)?登记|零星小额交易|自产农副产品|家庭手工业产品|"
    r"无须取得许可的便民劳务|"
    r"(?:不用|无需|无须|不需要|免于?|不必)(?:办理?)?(?:市场主体|工商)?(?:营业执照|登记|执照))",
    first=r"[个依无零自家不免](?=[人法需须星产庭用必于办市工营登执])",
)
_DECLARATION_WORDS = ("登记", "执照", "零星小额", "自产农副", "家庭手工", "无须取得许可")
"""Every declaration holds one of these."""
_LICENCE_IMAGE = re.compile(r"营业执照|执照|licen[cs]e|zhizhao|yyzz|资质", re.IGNORECASE)
_SELLER = Finder(
    r"(?:^|\n|[ 　|])(?:店铺名称|店铺|商家|卖家|掌柜|销售商|销售者|商户|供应商|由|本店|sold by|seller|vendor|shop"
    r"|store)\s*[:：]\s*(?P<value>[^\n|¥￥]{2,40})",
    first=r"[\n 　|](?=[店商家卖掌销供由本sSſvV])",
    flags=re.IGNORECASE,
)


def _trim(value: str) -> str:
    """A value without the next label that stands in the same line."""
    following = _NEXT_LABEL.search(value)
    return (value[: following.start()] if following else value).rstrip(" ；;，,。|")


def _has_long_number(document: Document) -> bool:
    """Whether eight digits stand in a row anywhere, as in every code and most permits; asked once."""
    known = document.memo.get("long-number")
    if known is None:
        text = document.text
        known = document.memo["long-number"] = has_number(text, 8, 8) and _LONG_NUMBER.search(text) is not None
    return bool(known)


def codes(document: Document) -> Iterator[Fact]:
    """Registration codes as they stand: confusions such as O for 0 are left for the rule that judges them."""
    text = document.text
    seen: set[str] = set()
    patterns = [(_LABELLED_CODE, 98)] if holds(text, ("税", "信用代码")) else []
    if _has_long_number(document):
        patterns += [(_REGISTRATION, 90), (_BARE_CODE, 80)]
    for pattern, confidence in patterns:
        for match in pattern.finditer(text):
            raw = match["code"]
            value = raw.replace(" ", "").replace("-", "")
            if len(value) < 15 or not any(char.isdigit() for char in value) or value in seen:
                continue
            seen.add(value)
            yield range_fact(
                document, "licence_code", match.start("code"), match.end("code"), value=value, confidence=confidence
            )


def _valued(document: Document, field: str, pattern: re.Pattern[str] | Finder, confidence: int) -> Iterator[Fact]:
    """First labelled value of a field."""
    for match in pattern.finditer(document.text):
        value = _trim(match["value"])
        if len(value) >= 2 and not _NEXT_LABEL.match(match["value"]):
            start = match.start("value")
            yield range_fact(document, field, start, start + len(value), confidence=confidence)
            return


def _all(
    document: Document, field: str, pattern: re.Pattern[str], word: str, *, squeeze: bool = False
) -> Iterator[Fact]:
    """Every distinct match of a pattern, in a text that holds a word."""
    if not holds(document.text, (word,)):
        return
    seen: set[str] = set()
    for match in pattern.finditer(document.text):
        value = re.sub(r"\s", "", match.group(0)) if squeeze else clean(match.group(0))
        if value not in seen:
            seen.add(value)
            yield range_fact(document, field, match.start(), match.end(), value=value, confidence=95)


def _paired(document: Document, field: str) -> list[Fact]:
    """First labelled value of a field, as cells, spans or lines give it."""
    pair = first_pair(document, field)
    if pair is None or not 1 < pair.end - pair.start <= 200:
        return []
    value = _trim(document.text[pair.start : pair.end].partition("\n")[0])
    return [range_fact(document, field, pair.start, pair.start + len(value), confidence=94)] if len(value) > 1 else []


def _run_of(document: Document, start: int, end: int) -> int:
    """Where the piece that names a permit begins, when a label stands before it in the same line."""
    named = min((at for word in _PERMIT_NAMES if (at := document.text.find(word, start, end)) >= 0), default=start)
    return max((offset for offset, _ in document.run_starts(start, named + 1)), default=start)


def declarations(document: Document) -> Iterator[Fact]:
    """Self-declarations of those who need no licence: labelled, or sentences with the words of the law."""
    pair = first_pair(document, "declaration")
    if pair is not None and pair.end - pair.start <= 200:
        yield range_fact(document, "declaration", pair.start, pair.end, confidence=95)
        return
    if holds(document.text, _DECLARATION_WORDS):
        for start, end in sentences(document.text, _DECLARATION, "\n。"):
            yield range_fact(document, "declaration", start, end, confidence=92)


def permits(document: Document) -> Iterator[Fact]:
    """Permits: whole lines that name one with its number, then bare numbers elsewhere."""
    covered: list[tuple[int, int]] = []
    named = holds(document.text, _PERMIT_NAMES)
    for start, end in sentences(document.text, _PERMIT_LINE) if named else ():
        if len(covered) < 50 and end - start <= 100:
            covered.append((start, end))
            yield range_fact(document, "permit", _run_of(document, start, end), end, confidence=92)
    numbered = holds(document.text, ("广审",)) or (_has_long_number(document) and holds(document.text, _PERMIT_WORDS))
    for match in _PERMIT.finditer(document.text) if numbered else ():
        if not any(start <= match.start() < end for start, end in covered):
            yield range_fact(document, "permit", match.start(), match.end(), confidence=92)


def _licence_images(document: Document) -> Iterator[Fact]:
    for image in survey_of(document).images:
        around = f"{image.get('alt')} {image.get('title')} {image.get('src')} {image.mark}"
        url = absolute(document, image.get("src"))
        if url and _LICENCE_IMAGE.search(around):
            raw = image.get("src")
            yield Fact("licence_image", url, raw[:4000], at_element(document, image, "src"), "heuristic", 80)


def seller_shown(document: Document) -> Iterator[Fact]:
    """Who the page says is selling: a labelled name, or an element named for the shop."""
    match = _SELLER.search(document.text) if holds(document.text, (":", "：")) else None
    if match:
        value = match["value"].strip()
        start = match.start("value")
        yield range_fact(document, "seller_shown", start, start + len(value), confidence=80)
        return
    for element in survey_of(document).named:
        if re.search(r"(?:shop|store|seller|vendor|merchant|dianpu)[-_]?name", element.mark):
            text = document.text_of(element)
            if 1 < len(text) <= 40:
                yield text_fact("seller_shown", text, at_element(document, element), "heuristic", 75)
                return


def notices(document: Document, *, rules_page: bool) -> Iterator[Fact]:
    """What the shop lays down: a labelled notice, and on a page of rules its text from the heading to the footer."""
    yield from _paired(document, "notice")
    survey = survey_of(document)
    headings = [heading for heading in survey.headings if heading.tag in {"h1", "h2", "h3"}]
    if rules_page and document.text:
        main = [heading for heading in headings if not survey.anchors_in(heading)]
        start = main[0].start if main else 0
        ends = [part.start for part in survey.parts[:100] if part.start > start and "foot" in f"{part.tag} {part.mark}"]
        yield range_fact(document, "notice", start, min([*ends, len(document.text)]), confidence=80)


def shop_facts(document: Document, *, licence_page: bool, rules_page: bool = False) -> list[Fact]:
    """All facts about the shop on a page.

    Args:
        document: the page.
        licence_page: the page is a 证照 page, where a bare 名称 or 地址 is the licence's.
        rules_page: the page is one of rules or terms, whose text is a notice.
    """
    facts = list(codes(document))
    if licence_page or facts:
        facts.extend(_paired(document, "licence_name") or _valued(document, "licence_name", _NAME, 92))
        facts.extend(_paired(document, "licence_address") or _valued(document, "licence_address", _ADDRESS, 92))
        facts.extend(_licence_images(document))
    facts.extend(_all(document, "icp", _ICP, "ICP", squeeze=True))
    facts.extend(_all(document, "police_filing", _POLICE, "公网安备", squeeze=True))
    facts.extend(permits(document))
    facts.extend(declarations(document))
    facts.extend(notices(document, rules_page=rules_page))
    if has_number(document.text, 10, 14) or holds(document.text, _HIDDEN_NUMBER):
        facts.extend(_valued(document, "contact", _CONTACT, 85))
    facts.extend(seller_shown(document))
    return facts
