"""Every way a download fails has one word."""

from typing import Any

import pytest
from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from twisted.internet.error import ConnectError, ConnectionLost
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from crawlers.egress.errors import EgressRefusedError
from crawlers.egress.policy import Policy
from crawlers.egress.reactor import PinnedResolver
from crawlers.errors import BrowserFailedError
from crawlers.spiders.outcome import browser_trouble, trouble_of

URL = "https://shop.example/"
REASON: Any = Failure(SSL.Error([("", "", "certificate verify failed")]))  # type: ignore[no-untyped-call]
BAD_CERTIFICATE: Any = ResponseFailed([REASON])  # type: ignore[no-untyped-call]
NO_ROUTE: Any = ConnectError()  # type: ignore[no-untyped-call]


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "outcome", "again"),
    [
        (DownloadTimeoutError("slow"), "timeout", True),
        (DownloadCancelledError("big"), "too-large", False),
        (IgnoreRequest("exceeded DOWNLOAD_MAXSIZE"), "too-large", False),
        (DownloadConnectionRefusedError("no"), "unreachable", True),
        (NO_ROUTE, "unreachable", True),
        (DownloadFailedError("cut"), "broken", True),
        (ConnectionLost(), "broken", True),
        (CannotResolveHostError("no name"), "dns", True),
        (_caused(DownloadFailedError("x"), BAD_CERTIFICATE), "tls", False),
        (EgressRefusedError("literal", "no"), "egress", False),
        (ValueError("odd"), "broken", False),
        (KeyError("bug"), "internal", False),
    ],
)  # fmt: skip
def test_words(error: Exception, outcome: str, again: bool) -> None:  # noqa: FBT001 - a parameter
    """Exceptions, also where they are wrapped, to outcomes."""
    trouble = trouble_of(error, URL)
    assert (trouble.outcome, trouble.again) == (outcome, again)
    assert trouble.state == ("refused" if outcome == "egress" else "failed")


def test_a_refused_name_is_egress_not_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver remembers why it answered with nothing."""
    resolver = PinnedResolver(Policy(hosts=("shop.example=10.0.0.1",)), None)
    resolver._keep(resolver._policy.lookup("shop.example", 443), "shop.example", 443)
    monkeypatch.setattr(PinnedResolver, "installed", resolver)
    assert trouble_of(CannotResolveHostError("x"), URL).outcome == "egress"
    assert trouble_of(CannotResolveHostError("x"), "https://other.example/").outcome == "dns"


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("capture.egress_refused", "egress"),
        ("capture.tls_invalid", "tls"),
        ("capture.timeout", "browser-failed"),
        ("", "browser-failed"),
    ],
)
def test_browser_words(reason: str, outcome: str) -> None:
    """Codes of the capture worker to outcomes."""
    assert browser_trouble(BrowserFailedError("x", context={"reason": reason})).outcome == outcome
