"""Nothing leaves that no one cleared."""

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from crawlers.middlewares.clearance import CLEARED, ClearanceMiddleware


def test_cleared_requests_pass_without_anything_personal() -> None:
    """Cookies, credentials and referrer are taken off."""
    request = Request("http://shop.example/", headers={"Cookie": "a", "Referer": "b"}, meta={CLEARED: True})
    ClearanceMiddleware().process_request(request)
    assert not request.headers


@pytest.mark.parametrize(("url", "meta"), [("http://shop.example/", {}), ("file:///etc/passwd", {CLEARED: True})])
def test_others_do_not(url: str, meta: dict[str, bool]) -> None:
    """Not cleared by robots.txt, or no web address."""
    with pytest.raises(IgnoreRequest):
        ClearanceMiddleware().process_request(Request(url, meta=meta))
