"""robots.txt: what a site lets us fetch, and how slowly.

Spec: RFC 9309 (Robots Exclusion Protocol); ``Crawl-delay`` as sites write it, outside the RFC.
"""

import re
from dataclasses import dataclass
from typing import Any

from protego import Protego

MAX_BYTES = 512_000
MAX_DELAY_S = 120.0
_PRODUCT = re.compile(r"[A-Za-z_\-]+")


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of one origin for our crawler.

    Attributes:
        status: HTTP status of robots.txt; 0 where it was not reached.
        sha256: of its body, hex; empty without one.
        crawl_delay: seconds the site asks for between requests, 0 where it does not.
    """

    url: str
    status: int
    sha256: str = ""
    crawl_delay: float = 0.0
    verdict: str = "rules"
    agent: str = "*"
    parsed: Any = None

    def allows(self, url: str) -> bool:
        """True when our crawler may fetch a canonical address of this origin."""
        if self.verdict != "rules":
            return self.verdict == "allow-all"
        return bool(self.parsed.can_fetch(url, self.agent))

    def as_json(self) -> dict[str, object]:
        """The form kept on the visit."""
        return {
            "url": self.url,
            "status": self.status,
            "sha256": self.sha256,
            "crawl_delay": self.crawl_delay,
            "verdict": self.verdict,
        }


def product_token(user_agent: str) -> str:
    """Our name in robots.txt: the leading letters of the user agent. Spec: RFC 9309 section 2.2.1."""
    match = _PRODUCT.match(user_agent)
    return match[0] if match else "*"


def read_robots(url: str, status: int, body: bytes, *, sha256: str, user_agent: str) -> RobotsRules:
    """Rules from an answer to ``/robots.txt``.

    Spec: RFC 9309 section 2.3.1: 2xx is read (at most 500 KiB), 4xx means no rules, 5xx means
    everything is disallowed for now; section 2.5 for the size.

    Args:
        url: address of robots.txt.
        status: HTTP status after redirects.
        body: decoded body bytes.
        sha256: hex digest of the body.
        user_agent: full user agent of the crawler.
    """
    if status >= 500 or status == 429:
        return RobotsRules(url, status, sha256, verdict="disallow-all")
    if not 200 <= status < 300:
        return RobotsRules(url, status, sha256, verdict="allow-all")
    agent = product_token(user_agent)
    text = body[:MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff")
    parsed = Protego.parse(text)
    delay = parsed.crawl_delay(agent) or 0.0
    return RobotsRules(
        url, status, sha256, crawl_delay=min(max(float(delay), 0.0), MAX_DELAY_S), agent=agent, parsed=parsed
    )
