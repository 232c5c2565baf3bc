"""Links worth following: same site, without fragment, each once, with a guess at what is behind."""

import re
from typing import NamedTuple

from crawlers.reading.blocks import groups_of
from crawlers.reading.document import Document
from crawlers.reading.marks import Answers
from crawlers.reading.page_kind import is_home_path, kind_by_address
from crawlers.reading.survey import survey_of
from crawlers.reading.urls import host_of
from kernel.facts import Link, PageKind

MAX_LINKS = 2_000
MAX_RULES_TEXT = 20
MAX_LOGIN_TEXT = 8
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|avif|css|js|ico|pdf|zip|rar|mp4|mp3|apk|exe|docx?|xlsx?)(?:$|\?)", re.IGNORECASE
)
_LICENCE = re.compile(r"证照|资质|营业执照|工商(?:信息|亮照)|亮照|经营者信息|电子标识|执照信息|主体信息")
_LICENCE_PATH = re.compile(r"licen[cs]e|zhizhao|zizhi|qualification|certificate|zzlz", re.IGNORECASE)
_RULES = re.compile(
    r"规则|协议|条款|须知|公告|政策|退换货|售后|terms|conditions|privacy|returns|agreement", re.IGNORECASE
)
_RULES_PATH = re.compile(
    r"/(?:rules?|terms|policy|policies|agreement|notice|privacy|returns)(?:[/._-]|$)", re.IGNORECASE
)
_LOGIN = re.compile(
    r"/(?:login|signin|sign-in|register|logout|account|passport|member)(?:[/._-]|$)|登录|注册", re.IGNORECASE
)
_PAGING = re.compile(
    r"^(?:下一页|上一页|后页|前页|末页|首页|尾页|next|prev(?:ious)?|›|»|>|>>|‹|«|\d{1,4})$|下一页|next page",
    re.IGNORECASE,
)
_PAGE_QUERY = re.compile(r"[?&](?:page|p|pn|pageno|page_?num|offset|start)=\d+|/page[/_-]?\d+", re.IGNORECASE)


class _Target(NamedTuple):
    """What an address alone says of the page behind it.

    Attributes:
        kind: the guess when nothing else is known. plain: nothing else is said.
    """

    plain: bool
    host: str
    is_file: bool
    licence: bool
    rules: bool
    login: bool
    paged: bool
    kind: PageKind


class _Words(NamedTuple):
    """What the text of a link says of the page behind it. ``plain``: neither of the first three."""

    plain: bool
    licence: bool
    rules: bool
    login: bool
    paging: bool


def _read_target(url: str) -> _Target:
    licence, rules, login, paged = (
        pattern.search(url) is not None for pattern in (_LICENCE_PATH, _RULES_PATH, _LOGIN, _PAGE_QUERY)
    )
    return _Target(
        plain=not (licence or rules or login or paged),
        host=host_of(url),
        is_file=_FILE.search(url) is not None,
        licence=licence,
        rules=rules,
        login=login,
        paged=paged,
        kind="home" if is_home_path(url) else kind_by_address(url),
    )


def _read_words(text: str) -> _Words:
    licence = _LICENCE.search(text) is not None
    rules = len(text) <= MAX_RULES_TEXT and _RULES.search(text) is not None
    login = len(text) <= MAX_LOGIN_TEXT and _LOGIN.search(text) is not None
    return _Words(not (licence or rules or login), licence, rules, login, _PAGING.search(text) is not None)


_TARGETS = Answers(_read_target)
_WORDS = Answers(_read_words)


def _kind(url: str, text: str, cards: set[str]) -> PageKind:
    """What the page behind a link probably is."""
    target, words = _TARGETS[url], _WORDS[text]
    if target.plain and words.plain:
        return "detail" if url in cards else target.kind
    if words.licence or target.licence:
        return "licence"
    if words.rules or (target.rules and len(text) <= MAX_RULES_TEXT):
        return "rules"
    if target.login or words.login:
        return "login"
    if url in cards:
        return "detail"
    return "list" if target.paged and words.paging else target.kind


def links_of(document: Document) -> tuple[Link, ...]:
    """Same-site links in document order, each URL once, at most ``MAX_LINKS``."""
    host = host_of(document.url)
    cards = {card.anchor.url for group in groups_of(document) for card in group}
    texts: dict[str, str] = {}
    for anchor in survey_of(document).anchors:
        url = anchor.url
        target = _TARGETS[url]
        if target.host != host or target.is_file:
            continue
        known = texts.get(url)
        if known is None and len(texts) >= MAX_LINKS:
            continue
        if not known:
            element = anchor.element
            text = document.text_of(element) or element.get("title") or element.get("aria-label")
            texts[url] = text[:120]
    return tuple(Link(url, _kind(url, text, cards), text) for url, text in texts.items())
