"""Outcomes: one stable word for each way a fetch can fail, and whether trying again can help."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    UnsupportedURLSchemeError,
)
from service_identity import VerificationError
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.python.failure import Failure

from crawlers.address import DEFAULT_PORTS
from crawlers.egress.errors import EgressRefusedError
from crawlers.egress.reactor import PinnedResolver
from crawlers.errors import BrowserFailedError


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why no answer came.

    Attributes:
        outcome: ``egress``, ``dns``, ``unreachable``, ``timeout``, ``tls``, ``too-large``, ``broken``, ``internal``.
        state: of the frontier row: ``refused`` where we did not want to, ``failed`` where we could not.
        again: trying again may help.
    """

    outcome: str
    detail: str
    state: str = "failed"
    again: bool = False


def trouble_of(error: BaseException, url: str) -> Trouble:
    """The trouble behind an exception of a download.

    Args:
        error: as Scrapy's downloader raised it.
        url: canonical address that was asked.
    """
    chain = _chain(error)
    refused = next((item for item in chain if isinstance(item, EgressRefusedError)), None)
    if refused is not None:
        return Trouble("egress", refused.message, "refused")
    if isinstance(error, CannotResolveHostError):
        return _unresolved(url, error)
    if isinstance(error, IgnoreRequest) and "MAXSIZE" in str(error):
        return Trouble("too-large", str(error))
    for kinds, outcome, again in _KINDS:
        if any(isinstance(item, kinds) for item in chain):
            return Trouble(outcome, _words(chain), again=again)
    return Trouble("internal", f"{type(error).__name__}: {error}")


_KINDS: tuple[tuple[tuple[type[BaseException], ...], str, bool], ...] = (
    ((SSL.Error, VerificationError), "tls", False),
    ((DownloadTimeoutError,), "timeout", True),
    ((DownloadCancelledError,), "too-large", False),
    ((DownloadConnectionRefusedError, ConnectError), "unreachable", True),
    ((DownloadFailedError, ConnectionClosed), "broken", True),
    ((UnsupportedURLSchemeError, ValueError), "broken", False),
)


def _unresolved(url: str, error: BaseException) -> Trouble:
    parts = urlsplit(url)
    resolver = PinnedResolver.installed
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    refusal = resolver.refusal(parts.hostname or "", port) if resolver else None
    if refusal is not None and refusal.reason != "unresolved":
        return Trouble("egress", f"{refusal.reason}: {refusal.message}", "refused")
    return Trouble("dns", refusal.message if refusal else str(error), again=True)


def _chain(error: BaseException) -> list[BaseException]:
    """The error with everything it wraps: causes, and the reasons Twisted keeps in lists."""
    found: list[BaseException] = []
    todo: list[object] = [error]
    while todo and len(found) < 20:
        item = todo.pop(0)
        if isinstance(item, Failure):
            item = item.value
        if not isinstance(item, BaseException) or item in found:
            continue
        found.append(item)
        todo.extend((item.__cause__, item.__context__))
        todo.extend(getattr(item, "reasons", None) or ())
    return found


def _words(chain: list[BaseException]) -> str:
    texts = [f"{type(item).__name__}: {item}" for item in chain if str(item)]
    return "; ".join(dict.fromkeys(texts))[:1_000]


def browser_trouble(error: BrowserFailedError) -> Trouble:
    """The trouble behind a page the browser did not render."""
    word = str(error.context.get("reason", "")).rpartition(".")[2]
    if word == "egress_refused":
        return Trouble("egress", error.message, "refused")
    if word.startswith("tls"):
        return Trouble("tls", error.message)
    return Trouble("browser-failed", error.message, again=True)
