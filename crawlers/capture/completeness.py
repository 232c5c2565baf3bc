"""Is the capture whole? A verdict with its reasons, never a guess."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawlers.capture.exchange import Exchange
from crawlers.egress.record import ConnectionRecord

_CAPTCHA = re.compile(r"captcha|geetest|人机验证|滑动验证|安全验证|拖动滑块|请完成验证|验证码拦截", re.IGNORECASE)
_LOGIN_PATH = re.compile(r"(^|[/._-])(login|signin|sign-in|passport)([/._-]|$)", re.IGNORECASE)
_PASSWORD = re.compile(r"<input[^>]+type\s*=\s*[\"']?password", re.IGNORECASE)
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>|\s+", re.IGNORECASE | re.DOTALL)
_SHORT_PAGE = 600
"""A page with less visible text than this has nothing beside its wall."""


@dataclass(frozen=True, slots=True)
class PageView:
    """What the verdict looks at beside the traffic: final URL, requested URL, status, DOM."""

    requested_url: str
    final_url: str
    status: int
    html: str


def walls(page: PageView) -> list[str]:
    """Signs that the page stands before what was wanted: ``login_wall``, ``captcha``, ``refused``."""
    found = []
    visible = len(_MARKUP.sub("", page.html[:200_000]))
    path = urlsplit(page.final_url).path
    sent_away = page.final_url != page.requested_url and _LOGIN_PATH.search(path) is not None
    if sent_away or (_PASSWORD.search(page.html) and visible < _SHORT_PAGE):
        found.append("login_wall")
    if visible < _SHORT_PAGE and _CAPTCHA.search(page.html):
        found.append("captcha")
    if page.status in {401, 403, 429, 451, 503}:
        found.append("refused")
    return found


def judge(
    exchanges: Sequence[Exchange], records: Sequence[ConnectionRecord], flags: Sequence[str], stops: Sequence[str]
) -> dict[str, object]:
    """The content of ``meta/completeness.json``.

    Args:
        exchanges: all that was asked. records: of the proxy.
        flags: from :func:`walls`. stops: budgets and caps that ended something early.

    Returns:
        ``verdict`` COMPLETE or PARTIAL, counts, and a list of what is missing with its reason.
    """
    refused = {(record.host, record.port): record.reason for record in records if record.ended == "refused"}
    failed: list[dict[str, object]] = []
    blocked: list[dict[str, object]] = []
    loaded = 0
    for item in exchanges:
        reason = _missing(item)
        if not reason:
            loaded += 1
            continue
        parts = urlsplit(item.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        closed = refused.get((parts.hostname or "", port))
        entry: dict[str, object] = {"url": item.url, "kind": item.kind, "reason": closed or reason}
        (blocked if closed or item.blocked else failed).append(entry)
    seen = {(urlsplit(item.url).hostname or "") for item in exchanges}
    blocked.extend(
        {"url": f"{record.host}:{record.port}", "kind": "Connection", "reason": record.reason}
        for record in records
        if record.ended == "refused" and record.host not in seen
    )
    reasons = list(dict.fromkeys([*stops, *flags]))
    whole = not failed and not blocked and not reasons
    return {
        "verdict": "COMPLETE" if whole else "PARTIAL",
        "loaded": loaded,
        "failed": failed,
        "blocked": blocked,
        "flags": list(flags),
        "stop_reason": ",".join(reasons),
        "not_original": [item.url for item in exchanges if item.body_form],
    }


def _missing(item: Exchange) -> str:
    """Why an exchange is not whole, or empty."""
    if item.failure:
        return item.blocked or item.failure
    if item.truncated:
        return f"truncated:{item.truncated}"
    if not item.answered:
        return "" if item.kind == "Ping" else "no_answer"
    if not item.finished and item.kind not in {"EventSource", "WebSocket"}:
        return "unfinished"
    if item.body is None and item.kind not in {"EventSource", "Ping"}:
        return "body_not_kept"
    return ""
