"""The name of the thing a page is about: headings, the title element and metadata weighed together."""

import re
from dataclasses import dataclass

from crawlers.reading.blocks import in_card
from crawlers.reading.document import Document, Element
from crawlers.reading.facts import clean, element_fact, text_fact
from crawlers.reading.marks import Answers, Sign
from crawlers.reading.survey import survey_of
from kernel.facts import Fact

MAX_TITLE = 300
MAX_TOLD = 40
SURE = 55

_PART = re.compile(r"\s+[-–—|·»«:/]+\s+|[_|｜]|\s*[—–]+\s*|(?<=[一-鿿）)\w])-(?=[一-鿿])")
_CRUMB = Sign(r"crumb|(?:^|[\s_-])(?:path|bread|here|location)(?:$|[\s_-])|mianbao")
_PRODUCT_MARK = Sign(r"product|goods|item|prod|detail|shangpin|sku")
_PART_EXTRA = re.compile(r"：")
_SITE_WORDS = re.compile(r"(?:商城|旗舰店|专营店|专卖店|官网|首页|店铺|店|shop|store|mall)$", re.IGNORECASE)


@dataclass(slots=True)
class TitleGuess:
    """The best title: the element it stands in (if it stands in one) and how sure we are."""

    fact: Fact
    element: Element | None


_PLAIN = Answers(lambda text: re.sub(r"\W+", "", text).lower())


def _plain(text: str) -> str:
    return _PLAIN[text]


def title_parts(title: str) -> list[str]:
    """Parts of a title element, as "thing - shop" is written."""
    parts = [part.strip() for part in _PART.split(title) if part.strip()]
    return [piece.strip() for part in parts for piece in (part, *_PART_EXTRA.split(part)[1:]) if piece.strip()]


def _agreement(text: str, document: Document, named: set[str]) -> int:
    """How far the title element and the metadata say the same: 0 to 45."""
    plain = _plain(text)
    if not plain:
        return 0
    if plain in named:
        return 45
    page = _plain(document.title)
    if page and plain in page:
        share = len(plain) / len(page)
        return 40 if share > 0.4 or page.startswith(plain) else 20
    # A long name is often cut short in the title element.
    if len(page) > 5 and any(
        len(_plain(part)) > 5 and plain.startswith(_plain(part)) for part in title_parts(document.title)[:1]
    ):
        return 30
    return 0


_BY_TAG = {"h1": 32, "h2": 14, "h3": 10, "h4": 6}


def _weigh(document: Document, element: Element, named: set[str]) -> int:
    """How much an element looks like the title of the page."""
    text = document.text_of(element)
    agreement = _agreement(text, document, named)
    score = agreement + _BY_TAG.get(element.tag, 0)
    mark = element.mark
    if _PRODUCT_MARK[mark]:
        score += 6
    if element.get("itemprop") == "name":
        score += 6
    survey = survey_of(document)
    if any(anchor.elsewhere for anchor in survey.anchors_in(element)):
        score -= 45 if element.tag == "h1" else 30
    if _CRUMB[mark] or any(_CRUMB[e.mark] for e in list(document.ancestors(element.index))[1:4]):
        score -= 25
    parent = document.elements[element.parent] if element.parent >= 0 else element
    if parent.tag == "a" and element.tag != "h1":
        score -= 30
    if any(part.index <= element.index < part.stop and not _holds_main(document, part) for part in survey.parts[:100]):
        score -= 25
    if in_card(document, element.index):
        score -= 50
    return score


def _holds_main(document: Document, part: Element) -> bool:
    """Whether a "header" is the page's whole head of the product and not the site's."""
    return part.end - part.start > len(document.text) * 0.5


def _candidates(document: Document, named: set[str]) -> list[Element]:
    survey = survey_of(document)
    page = _plain(document.title)
    found = [element for element in survey.headings if element.tag in _BY_TAG][:60]
    for element in survey.named[:200]:
        if 2 <= element.end - element.start <= MAX_TITLE:
            plain = _plain(document.text_of(element))
            if plain in named or (len(plain) > 3 and page.startswith(plain)):
                found.append(element)
    found.extend(_told_by_title(document, page))
    known: set[int] = set()
    kept = []
    for element in found:
        if 1 < element.end - element.start <= MAX_TITLE and element.index not in known:
            known.add(element.index)
            kept.append(element)
    return kept


def _told_by_title(document: Document, page: str) -> list[Element]:
    """Elements whose whole text is a part of the title element: shops without headings have their titles there."""
    title, text = document.title, document.text
    parts = {_plain(part) for part in title_parts(title)}
    begins = {title[at : at + 2] for at in range(len(title))}
    found: list[Element] = []
    # A run of one character is looked at with what follows it.
    likely = [place for place, run in enumerate(document.run_texts) if run[:2] in begins or len(run) == 1]
    for position in likely:
        start = document.runs[position]
        if text[start : start + 2] not in begins or len(found) >= MAX_TOLD:
            continue
        end = document.runs[position + 1] if position + 1 < len(document.runs) else len(text)
        if 1 < end - start <= MAX_TITLE:
            plain = _plain(document.text[start:end])
            if plain and (plain in parts or (len(plain) > 3 and page.startswith(plain) and len(plain) * 3 > len(page))):
                found.append(document.elements[document.run_elements[position]])
    return found


def _without_site(document: Document, text: str) -> str:
    """A title without the shop's name at its end."""
    site = next((meta.content for meta in document.metas if meta.name == "og:site_name"), "")
    parts = title_parts(text)
    if len(parts) > 1 and ((site and _plain(parts[-1]) == _plain(site)) or _SITE_WORDS.search(parts[-1])):
        cut = text.rfind(parts[-1])
        return re.sub(r"[\s\-–—|·»«:_｜/]+$", "", text[:cut])
    return text


def find_title(document: Document, structured: list[Fact]) -> TitleGuess | None:
    """The title of the page's subject.

    Args:
        document: the page.
        structured: facts read from JSON-LD, microdata and Open Graph.

    Returns:
        The best guess; its confidence is below 50 when nothing supports it. None when the page
        has neither heading nor title.
    """
    names = [fact for fact in structured if fact.field == "title" and isinstance(fact.value, str)]
    named = {_plain(_without_site(document, str(fact.value))) for fact in names} - {""}
    weighed = [(_weigh(document, element, named), -element.index, element) for element in _candidates(document, named)]
    weighed.sort(key=lambda entry: (entry[0], entry[1]), reverse=True)
    strong = next((fact for fact in names if fact.method in {"json-ld", "microdata"}), None)
    if weighed and weighed[0][0] >= 20:
        score, _, element = weighed[0]
        rivals = [entry for entry in weighed[1:] if entry[0] > score - 10 and _differs(document, entry[2], element)]
        confidence = 96 if score >= 70 else 88 if score >= 55 else 82 if score >= 40 else 62 if score >= 30 else 45
        if rivals and score < 70:
            confidence = min(confidence, 48)
        if strong is None or _plain(str(strong.value)) == _plain(document.text_of(element)):
            return TitleGuess(element_fact(document, "title", element, confidence=confidence), element)
        if confidence >= 88:
            return TitleGuess(element_fact(document, "title", element, confidence=confidence), element)
    return _from_metadata(document, strong, names, weighed[0][2] if weighed and weighed[0][0] > 0 else None)


def _differs(document: Document, first: Element, second: Element) -> bool:
    one, two = _plain(document.text_of(first)), _plain(document.text_of(second))
    return not (one in two or two in one)


def _from_metadata(
    document: Document, strong: Fact | None, names: list[Fact], element: Element | None
) -> TitleGuess | None:
    """A title where no heading will do: metadata, then the title element, then a weak heading."""
    if strong is not None:
        return TitleGuess(strong, element)
    if names:
        raw = names[0].raw
        value = _without_site(document, str(names[0].value))
        sure = _plain(value) in _plain(document.title)
        return TitleGuess(
            text_fact("title", value, names[0].locator, "open-graph", 70 if sure else 45).__class__(
                "title", clean(value), raw, names[0].locator, "open-graph", 70 if sure else 45
            ),
            element,
        )
    if document.title:
        value = _without_site(document, document.title)
        confidence = 45
        return TitleGuess(
            Fact("title", clean(value)[:500], document.title[:4000], "title:", "heuristic", confidence), element
        )
    if element is not None:
        return TitleGuess(element_fact(document, "title", element, confidence=40), element)
    return None
