"""What a page is: a good's own page, a list, the licence, rules, a login or captcha wall, an empty shell."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawlers.reading.blocks import groups_of, in_card
from crawlers.reading.document import Document
from crawlers.reading.finder import Finder
from crawlers.reading.marks import Sign
from crawlers.reading.survey import survey_of
from crawlers.reading.urls import route_of, same_page
from kernel.facts import PageKind

SHELL_TEXT = 200
SURE_TITLE = 60
SIDE_CARDS = 8
"""So many cards may stand beside a page of rules."""
AGREED_TITLE = 80
"""Confidence of a title on which heading and title element agree."""
_CAPTCHA = Finder(
    r"滑动验证|拖动滑块|请完成(?:安全)?验证|安全验证|人机验证|请输入验证码|访问(?:过于)?频繁|机器人(?:检测|验证)|"
    r"verify (?:that )?you are (?:a )?human|captcha|are you a robot|unusual traffic",
    first=r"[滑拖请安人访机vVcCaAuU](?=[动完输全机问器eEaArRnN])",
    flags=re.IGNORECASE,
)
_CAPTCHA_MARK = Sign(r"captcha|geetest|nc_wrapper|nocaptcha|slider-?verify|yidun")
_LOGIN = re.compile(r"登录|登陆|sign in|log in|login", re.IGNORECASE)
_LICENCE_WORDS = re.compile(r"统一社会信用代码|营业执照|证照信息|经营者(?:资质|信息)|资质证照|工商信息")
_LICENCE_TITLE = re.compile(
    r"证照|资质|营业执照|工商|执照|亮照|经营者信息|licen[cs]e|business information", re.IGNORECASE
)
_RULES_TITLE = re.compile(
    r"规则|协议|条款|须知|公告|政策|细则|退换货|售后(?:说明|服务)|用户协议|免责|rules?\b|terms|conditions|polic(?:y|ies)|agreement|privacy|returns",
    re.IGNORECASE,
)
_DETAIL_PATH = re.compile(
    r"/(?:item|items|product|products|goods|detail|details|p|prod|sku|offer|listing|dp|shangpin|catalogue"
    r"|catalog)[/_-][^/]*[\w-](?:\.s?html?|/)?$|"
    r"(?:item|product|goods|detail)[\w-]*\.(?:html?|php|aspx|jsp)|[-_/]\d{3,}\.s?html?$",
    re.IGNORECASE,
)
_DETAIL_QUERY = re.compile(r"(?:^|&)(?:id|item_?id|goods_?id|products?_?id|sku_?id)=", re.IGNORECASE)
_DETAIL_ROUTE = re.compile(
    r"/(?:item|product|goods|detail|shangpin)s?(?:/[a-z_]+)*/(?:id/)?\d+(?:\.s?html?)?$", re.IGNORECASE
)
_LIST_PATH = re.compile(
    r"/(?:list|category|categories|search|c|cat|collections?|shop|store|tag|fenlei)(?:[/_-]|\.html?|$)", re.IGNORECASE
)
_LIST_QUERY = re.compile(r"(?:^|&)(?:page|p|pn|q|keyword|kw|search|cat|category)=", re.IGNORECASE)
_HOME_WORD = re.compile(r"(?:店铺|商城|网站|本店)?首页|主页|home", re.IGNORECASE)
_SCRIPT_ROOT = re.compile(r"^(?:app|root|__next|__nuxt|main-app|application)$")
_NEEDS_SCRIPT = re.compile(
    r"enable javascript|启用\s*javascript|需要.{0,6}javascript|javascript (?:is )?(?:required|disabled)|"
    r"正在加载|加载中|loading",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class KindGuess:
    """Kind of a page; ``needs_browser``: it is empty until its scripts run."""

    kind: PageKind
    needs_browser: bool = False


def path_of(url: str) -> tuple[str, str]:
    """Path and query of an address; empty where it cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def is_home_path(url: str) -> bool:
    """Whether an address is the front page of its host."""
    path, query = path_of(url)
    return not query and path.rstrip("/").lower() in {"", "/index.html", "/index.htm", "/index.php", "/home"}


def kind_by_address(url: str) -> PageKind:
    """What an address looks like: ``detail``, ``list`` or ``other``."""
    path, query = path_of(url)
    route = route_of(query)
    if route and not _DETAIL_QUERY.search(query):
        return "detail" if _DETAIL_ROUTE.search(route) else "list" if _LIST_PATH.search(route) else "other"
    if _LIST_QUERY.search(query) and not _DETAIL_QUERY.search(query):
        return "list"
    if _DETAIL_QUERY.search(query) or _DETAIL_PATH.search(path):
        return "detail"
    return "list" if _LIST_PATH.search(path) else "other"


def is_shell(document: Document) -> bool:
    """Whether the page shows next to nothing and brings the scripts that would."""
    if len(document.text) > SHELL_TEXT:
        return False
    survey = survey_of(document)
    if survey.headings or any(e.get("type").lower() != "hidden" and not e.hidden for e in survey.inputs):
        return False
    external = any(element.tag == "script" and element.get("src") for element in document.elements)
    code = any("json" not in script.type for script in document.scripts)
    if not external and not code:
        return False
    root = any(_SCRIPT_ROOT.match(element.get("id")) for element in document.elements if element.attrs)
    return root or len(document.text) < 80 or bool(_NEEDS_SCRIPT.search(document.text))


def _wall(document: Document) -> PageKind | None:
    """A captcha or login page, or None."""
    survey = survey_of(document)
    short = len(document.text) < 1_500
    if short and (_CAPTCHA.search(document.text) or _CAPTCHA.search(document.title)):
        return "captcha"
    if short and any(_CAPTCHA_MARK[element.mark] for element in document.elements[:2_000] if element.attrs):
        return "captcha"
    password = any(element.get("type").lower() == "password" and not element.hidden for element in survey.inputs)
    if password and not groups_of(document) and len(document.text) < 3_000:
        named = f"{document.title} {' '.join(document.text_of(h) for h in survey.headings[:3])} {document.text[:200]}"
        if _LOGIN.search(named):
            return "login"
    return None


def _about(document: Document) -> str:
    """The words a page uses for itself: its title and first heading."""
    headings = [heading for heading in survey_of(document).headings if heading.tag in {"h1", "h2"}]
    return f"{document.title} {document.text_of(headings[0])[:100] if headings else ''}"


def _calls_itself_home(document: Document) -> bool:
    """Whether the page's own link "home" leads to the page itself."""
    return any(
        not anchor.elsewhere
        and same_page(anchor.url, document.url)
        and _HOME_WORD.fullmatch(document.text_of(anchor.element))
        for anchor in survey_of(document).anchors[:60]
    )


def _detail_score(document: Document, *, priced: bool, titled: int, product: bool) -> int:
    """How much the page looks like a good's own page."""
    own_buttons = [button for button in survey_of(document).buttons if not in_card(document, button.index)]
    score = 50 if product else 0
    score += 35 if 1 <= len(own_buttons) <= 6 else 0
    score += 25 if priced else 0
    score += 15 if titled >= SURE_TITLE else 0
    address = kind_by_address(document.url)
    score += 20 if address == "detail" else -15 if address == "list" else 0
    score += 25 if address == "detail" and titled >= AGREED_TITLE else 0
    return score - (20 if is_home_path(document.url) else 0)


def _licence_or_rules(document: Document, detail: int) -> PageKind | None:
    about = _about(document)
    path = path_of(document.url)[0].lower()
    if (
        detail < 75
        and (_LICENCE_TITLE.search(about) or re.search(r"licen[cs]e|zhizhao|zizhi|qualification", path))
        and _LICENCE_WORDS.search(document.text)
    ):
        return "licence"
    if _RULES_TITLE.search(about) and detail < 60 and sum(len(group) for group in groups_of(document)) <= SIDE_CARDS:
        return "rules"
    return None


def judge_kind(document: Document, *, priced: bool, titled: int, product: bool) -> KindGuess:
    """Decide what the page is.

    Args:
        document: the page.
        priced: a price was found that belongs to the page's own subject.
        titled: confidence of the title, 0 where there is none.
        product: metadata call it the page of one product.
    """
    if is_shell(document) or not document.text:
        return KindGuess("empty", needs_browser=is_shell(document))
    wall = _wall(document)
    if wall is not None:
        return KindGuess(wall)
    detail = _detail_score(document, priced=priced, titled=titled, product=product)
    special = _licence_or_rules(document, detail)
    if special is not None or detail >= 60:
        return KindGuess(special or "detail")
    groups = groups_of(document)
    if is_home_path(document.url) or _calls_itself_home(document):
        return KindGuess("home")
    return KindGuess("list" if groups else "detail" if detail >= 45 else "other")
