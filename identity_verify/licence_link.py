"""The 亮照 link on a shop's page, and which sites the page behind it names.

Spec: 总局公告2019年第28号 (电子营业执照亮照系统: the page names the address it was declared for).
"""

import re
from collections.abc import Collection
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from identity_verify.control import Fetcher
from identity_verify.control_web import PAGE_BYTES, page_text
from identity_verify.errors import SiteAddressError
from identity_verify.licence_display import LinkSeen
from identity_verify.site_address import host_name

_NAMED = re.compile(
    r"(?:网址|域名|网站地址|网店地址|亮照网址)\s*[:：]?\s*(?:https?://)?([\w.-]+\.[A-Za-z\u4e00-\u9fff-]{2,})"
    r"(?::\d{1,5})?(/[\w./%-]*)?"
)


def link_in(body: bytes, page_url: str, hosts: Collection[str]) -> str:
    """The first link to one of these hosts, absolute; empty where there is none.

    Args:
        body: a page of the shop. page_url: its address. hosts: of the 亮照 system, lower case.
    """
    try:
        tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    except SelectolaxError:
        return ""
    for node in tree.css("a[href]"):
        try:
            url = urljoin(page_url, str(node.attributes.get("href") or "").strip())
            parts = urlsplit(url)
        except ValueError:
            continue
        if parts.scheme in {"http", "https"} and parts.netloc.lower() in hosts:
            return url
    return ""


def declared_in(body: bytes) -> tuple[str, ...]:
    """Sites that a 亮照 page names as declared, each once: a host, with the path where there is one."""
    found = []
    for match in _NAMED.finditer(page_text(body)):
        try:
            found.append(host_name(match[1]) + (match[2] or "").rstrip("/"))
        except SiteAddressError:
            continue
    return tuple(dict.fromkeys(found))


def follow_link(url: str, fetcher: Fetcher, *, page_id: int = 0) -> LinkSeen:
    """Read the page behind a 亮照 link. Never raises for what the other side does.

    Args:
        page_id: the stored page that holds the link.
    """
    if not url:
        return LinkSeen()
    answer = fetcher.fetch(url, max_bytes=PAGE_BYTES)
    if answer.error or answer.status != 200:
        return LinkSeen(url, error=answer.error or "http-status", page_id=page_id)
    return LinkSeen(url, declared_in(answer.body), page_id=page_id)
