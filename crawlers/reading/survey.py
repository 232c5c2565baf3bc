"""One pass over a page that notes what every other reader asks for."""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from crawlers.reading.document import Document, Element
from crawlers.reading.marks import Answers, Sign
from crawlers.reading.urls import PLAIN, absolute

PRICE_MARK = Sign(r"price|jiage|(?:^|[\s_-])(?:money|amount|cost|jine|prix|preis|precio)(?:$|[\s_-])")
NAME_MARK = Sign(r"title|name|(?:^|[\s_-])(?:heading|subject|biaoti|mingcheng)(?:$|[\s_-])")
BUY_TEXT = re.compile(
    r"加入(?:购物车|购物袋|采购车|进货单)|加购|立即(?:购买|抢购|下单|订购)|马上(?:抢|购买)|去购买|我要购买|购买\s*$|立刻购买|"
    r"add to (?:my )?(?:cart|basket|bag|trolley)|buy (?:it )?now|order now|pre-?order|purchase now|in den warenkorb|"
    r"ajouter au panier|añadir al carrito|agregar al carrito|в корзину|do koszyka|aggiungi al carrello|in winkelwagen",
    re.IGNORECASE,
)
_BUY_WORD = re.compile(
    r"(?:buy|purchase|order|kaufen|comprar|acheter|купить|购买|抢购|下单|马上抢|订购)[!！]?", re.IGNORECASE
)
_QUANTITY = re.compile(
    r"(?:^|[\[_-])(?:quantity|qty|buynum|buy_num|amount|number|goods_number|menge|cantidad)(?:$|[\]_-])", re.IGNORECASE
)
BUY_MARK = Sign(r"add-?_?(?:to-?_?)?(?:cart|basket|bag)|buy-?now|btn-?buy|buybtn|addtocart|single_add")
CART_ACTION = re.compile(r"/(?:add|cart|basket|bag|checkout|order)\b.*|add[-_]?to", re.IGNORECASE)
_FILE = Sign(r"\.(?:jpe?g|png|gif|webp|svg|avif|bmp|pdf|zip|mp4)(?:$|\?)", re.IGNORECASE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PAGE_PARTS = frozenset({"nav", "footer", "aside", "header"})
_PART_MARK = Sign(
    r"(?:^|[\s_-])(?:nav|navbar|footer|foot|sidebar|aside|minicart|mini-cart|breadcrumbs?|topbar|toolbar|menu|crumbs?)"
    r"(?:$|[\s_-])|mianbao"
)


@dataclass(slots=True)
class Anchor:
    """A link: its element and the address it leads to. ``elsewhere``: to another page than this one."""

    element: Element
    url: str
    elsewhere: bool


@dataclass(slots=True)
class Survey:
    """What one pass found, each list in document order.

    Attributes:
        headings: h1 to h6 that are shown. named: elements whose class or id speaks of a title.
        priced: elements whose class or id speaks of a price. buttons: what buys.
        marked: every shown element that has a class or an id, with them.
        parts: header, footer, navigation and the like. card_links: prefix counts of links that
            stand for another page's subject (with a picture, or as a heading).
    """

    anchors: list[Anchor] = field(default_factory=list)
    headings: list[Element] = field(default_factory=list)
    named: list[Element] = field(default_factory=list)
    priced: list[Element] = field(default_factory=list)
    images: list[Element] = field(default_factory=list)
    buttons: list[Element] = field(default_factory=list)
    forms: list[Element] = field(default_factory=list)
    inputs: list[Element] = field(default_factory=list)
    parts: list[Element] = field(default_factory=list)
    struck: list[Element] = field(default_factory=list)
    cart_forms: list[Element] = field(default_factory=list)
    card_links: list[int] = field(default_factory=list)
    marked: list[tuple[Element, str]] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)
    anchor_starts: list[int] = field(default_factory=list)

    def cards_in(self, element: Element) -> int:
        """How many links to another page's subject an element holds."""
        return self.card_links[element.stop] - self.card_links[element.index]

    def anchors_in(self, element: Element) -> list[Anchor]:
        """Links inside an element (or that are it)."""
        low = bisect_left(self.anchor_starts, element.index)
        high = bisect_left(self.anchor_starts, element.stop)
        return self.anchors[low:high]


_STRUCK_TAGS = frozenset({"del", "s", "strike"})
_INPUT_TAGS = frozenset({"input", "select", "textarea"})
_NOTED = _HEADINGS | _PAGE_PARTS | _STRUCK_TAGS | _INPUT_TAGS | {"img", "form"}
_BUYERS = frozenset({"a", "button", "input"})
_MARKS = Answers(lambda mark: (PRICE_MARK[mark], NAME_MARK[mark], _PART_MARK[mark]))


def _note(survey: Survey, element: Element) -> None:
    """Sort one element into the lists it belongs to."""
    tag = element.tag
    if tag in _HEADINGS:
        survey.headings.append(element)
    elif tag == "img":
        survey.images.append(element)
    elif tag == "form":
        survey.forms.append(element)
        if CART_ACTION.search(element.get("action")) or BUY_MARK[element.mark]:
            survey.cart_forms.append(element)
    elif tag in _INPUT_TAGS:
        survey.inputs.append(element)
    elif tag in _STRUCK_TAGS:
        survey.struck.append(element)
    if tag in _PAGE_PARTS:
        survey.parts.append(element)


def _note_mark(survey: Survey, element: Element, mark: str) -> None:
    """Sort one element by the names its author gave it."""
    priced, named, part = _MARKS[mark]
    if priced:
        survey.priced.append(element)
    if named and element.tag not in _HEADINGS:
        survey.named.append(element)
    if part and element.tag not in _PAGE_PARTS:
        survey.parts.append(element)


_BUYING = Answers(lambda text: bool(BUY_TEXT.search(text) or _BUY_WORD.fullmatch(text)))


def _is_buy(document: Document, element: Element) -> bool:
    """Whether a button, link or input buys the thing on the page."""
    if element.tag == "input":
        if element.get("type").lower() not in {"submit", "button", "image"}:
            return False
        return _BUYING[element.get("value")] or BUY_MARK[element.get("name")]
    if element.end - element.start > 40:
        return False
    text = document.text_of(element) or element.get("title") or element.get("aria-label")
    return _BUYING[text] or BUY_MARK[element.mark]


def _card_links(document: Document, survey: Survey) -> list[int]:
    """Prefix counts of links that carry a picture, or are or stand in a heading or a name."""
    flags = [0] * (len(document.elements) + 1)
    subjects = sorted(
        {e.index for e in survey.images} | {e.index for e in survey.headings} | {e.index for e in survey.named}
    )
    around = list(survey.headings) + survey.named
    covered = bytearray(len(document.elements) + 1)
    for element in around:
        if element.stop - element.index < 12:
            for index in range(element.index, element.stop):
                covered[index] = 1
    for anchor in survey.anchors:
        if not anchor.elsewhere:
            continue
        element = anchor.element
        low = bisect_left(subjects, element.index)
        if covered[element.index] or (low < len(subjects) and subjects[low] < element.stop):
            flags[element.index + 1] = 1
    return list(accumulate(flags))


def _note_quantity_forms(document: Document, survey: Survey) -> None:
    """Forms that ask for a quantity put something in a basket, whatever they are called."""
    known = {form.index for form in survey.cart_forms}
    for field_ in survey.inputs:
        if not _QUANTITY.search(field_.get("name")):
            continue
        form = next((e for e in document.ancestors(field_.index) if e.tag == "form"), None)
        if form is not None and form.index not in known:
            known.add(form.index)
            survey.cart_forms.append(form)


_PAGES = Answers(lambda url: "" if _FILE[url] else PLAIN[url])
"""Which page an address names; empty where it names a file."""


def _note_link(document: Document, survey: Survey, element: Element, here: str) -> None:
    """Note a link that leads somewhere. ``here``: which page this one is."""
    url = absolute(document, element.attrs.get("href") or "")
    if url:
        page = _PAGES[url]
        elsewhere = page not in {here, ""}
        survey.anchors.append(Anchor(element, url, elsewhere))
        survey.times[url] = survey.times.get(url, 0) + 1
        survey.anchor_starts.append(element.index)


def survey_of(document: Document) -> Survey:
    """The survey of a page; made once."""
    known = document.memo.get("survey")
    if isinstance(known, Survey):
        return known
    survey = Survey()
    here = PLAIN[document.url]
    for element in document.elements:
        tag, mark = element.tag, element.mark
        if tag == "a":
            _note_link(document, survey, element, here)
        if element.hidden and tag not in _INPUT_TAGS and tag != "form":
            continue
        if tag in _NOTED:
            _note(survey, element)
        if mark and tag != "body" and (mark != " " or "aria-label" in element.attrs):
            survey.marked.append((element, mark))
            _note_mark(survey, element, mark)
        if tag in _BUYERS and _is_buy(document, element):
            survey.buttons.append(element)
    survey.card_links = _card_links(document, survey)
    _note_quantity_forms(document, survey)
    document.memo["survey"] = survey
    return survey
