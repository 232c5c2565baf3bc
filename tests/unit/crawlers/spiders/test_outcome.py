"""Every way a download fails has one word."""

import ssl

import pytest
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)

from crawlers.egress.errors import EgressRefusedError
from crawlers.errors import BrowserFailedError
from crawlers.spiders.outcome import browser_trouble, trouble_of

BAD_CERTIFICATE = ssl.SSLCertVerificationError("certificate verify failed")


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
        (DownloadFailedError("cut"), "broken", True),
        (CannotResolveHostError("no name"), "dns", True),
        (_caused(DownloadConnectionRefusedError("x"), BAD_CERTIFICATE), "tls", False),
        (EgressRefusedError("literal", "no"), "egress", False),
        (ValueError("odd"), "broken", False),
        (KeyError("bug"), "internal", False),
    ],
)  # fmt: skip
def test_words(error: Exception, outcome: str, again: bool) -> None:  # noqa: FBT001 - a parameter
    """Exceptions, also where they are wrapped, to outcomes."""
    trouble = trouble_of(error)
    assert (trouble.outcome, trouble.again) == (outcome, again)
    assert trouble.state == ("refused" if outcome == "egress" else "failed")


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
