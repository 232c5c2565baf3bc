"""Control of a host by what it serves: a file below ``/.well-known``, or a meta element in the head of a page.

Spec: RFC 8615 (well-known URIs); RFC 8555 8.3 (token file, after its example).
"""

import re
from datetime import date

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from identity_verify.control import Challenge, Fetcher, Outcome, found, missed
from identity_verify.control_token import META_NAME, TOKEN, WELL_KNOWN
from kernel.outside import Fetched

FILE_BYTES = 4096
PAGE_BYTES = 512 * 1024
_BOM = b"\xef\xbb\xbf"
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PAGE_TYPES = ("text/html", "application/xhtml+xml")


def check_file(challenge: Challenge, fetcher: Fetcher, *, on: date) -> Outcome:
    """Look for the token file, as ``<token>`` and then as ``<token>.txt`` (which most servers call text unasked)."""
    first = _one_file(challenge, fetcher, "", on)
    if first.ok or first.cause not in {"not-found", "wrong-type"}:
        return first
    second = _one_file(challenge, fetcher, ".txt", on)
    return second if second.ok or second.cause != "not-found" else first


def _one_file(challenge: Challenge, fetcher: Fetcher, ending: str, on: date) -> Outcome:
    answer = fetcher.fetch(f"{challenge.origin}{WELL_KNOWN}{challenge.token}{ending}", max_bytes=FILE_BYTES)
    detail = _detail(answer)
    if cause := _fetch_cause(answer):
        return missed("file", cause, **detail)
    if answer.truncated:
        return missed("file", "too-large", **detail, allowed=FILE_BYTES)
    if not answer.content_type.startswith("text/plain"):
        return missed("file", "wrong-type", **detail)
    text = answer.body.removeprefix(_BOM).decode("utf-8", "replace").strip()
    if text.lower() != challenge.token:
        cause = "wrong-token" if TOKEN.fullmatch(text.lower()) else "wrong-content"
        return missed("file", cause, **detail, shown=text[:60])
    if challenge.expired(on):
        return missed("file", "expired-token", **detail)
    return found("file", **detail)


def check_meta(challenge: Challenge, fetcher: Fetcher, *, on: date) -> Outcome:
    """Look for ``<meta name="scjg-challenge" content="token">`` in the head as the server sends it.

    Scripts are not run: what a script inserts, a script of an advertiser could insert too.
    """
    page = challenge.origin + (challenge.path if challenge.scope == "path" else "/")
    answer = fetcher.fetch(page, max_bytes=PAGE_BYTES)
    detail = _detail(answer)
    if cause := _fetch_cause(answer):
        return missed("meta", cause, **detail)
    if not answer.content_type.startswith(_PAGE_TYPES):
        return missed("meta", "wrong-type", **detail)
    cause, shown = _meta_cause(answer.body, challenge.token)
    if cause:
        if cause == "meta-missing" and answer.truncated:
            cause = "too-large"
        return missed("meta", cause, **detail, shown=shown, allowed=PAGE_BYTES)
    if challenge.expired(on):
        return missed("meta", "expired-token", **detail)
    return found("meta", **detail)


def _meta_cause(body: bytes, token: str) -> tuple[str, str]:
    """Why a page does not show the token, with what it shows instead; both empty when it does."""
    text = body.decode("utf-8", "replace")
    try:
        tree = LexborHTMLParser(text)
    except SelectolaxError:
        return "meta-missing", ""
    selector = f'meta[name="{META_NAME}" i]'
    in_head = [str(node.attributes.get("content") or "").strip() for node in tree.css(f"head {selector}")]
    if token in (value.lower() for value in in_head):
        return "", ""
    if in_head:
        return "wrong-token", in_head[0][:60]
    in_body = any(token in str(node.attributes.get("content") or "").lower() for node in tree.css(f"body {selector}"))
    by_script = any(token in node.text().lower() for node in tree.css("script"))
    in_comment = any(token in comment.lower() for comment in _COMMENT.findall(text))
    reasons = (("meta-in-body", in_body), ("meta-by-script", by_script), ("meta-in-comment", in_comment))
    return next((cause for cause, holds in reasons if holds), "meta-missing"), ""


def page_text(body: bytes) -> str:
    """The text of a page without its scripts and styles."""
    try:
        tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    except SelectolaxError:
        return ""
    tree.strip_tags(["script", "style", "template"])
    return tree.body.text(separator=" ") if tree.body is not None else ""


def _fetch_cause(answer: Fetched) -> str:
    """Why an answer is of no use, or nothing."""
    if answer.error:
        return answer.error
    if answer.status in {404, 410}:
        return "not-found"
    return "" if answer.status == 200 else "http-status"


def _detail(answer: Fetched) -> dict[str, object]:
    """What is kept of an answer."""
    return {
        "url": answer.url,
        "final_url": answer.final_url,
        "status": answer.status,
        "content_type": answer.content_type[:100],
        "bytes": len(answer.body),
        "address": answer.address,
        "hops": list(answer.hops),
        "error": answer.detail[:300],
    }
