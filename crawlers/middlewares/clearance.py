"""The last look before a request leaves: cleared by robots.txt, a web address, nothing personal in it."""

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

CLEARED = "wangjian_cleared"
WEB = ("http://", "https://")
NEVER_SENT = (b"Cookie", b"Authorization", b"Referer")


class ClearanceMiddleware:
    """Refuses a request that no one cleared; whatever code made it, robots.txt was not asked."""

    def process_request(self, request: Request) -> None:
        """Let a cleared request pass, without cookies, credentials or referrer.

        Raises:
            IgnoreRequest: not cleared, or not a web address.
        """
        if not request.meta.get(CLEARED):
            raise IgnoreRequest(f"expected a request cleared by robots.txt, got {request.url}")
        if not request.url.startswith(WEB):
            raise IgnoreRequest(f"expected a web address, got {request.url}")
        for name in NEVER_SENT:
            request.headers.pop(name, None)
