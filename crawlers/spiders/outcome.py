"""Outcomes: one stable word for each way a fetch can fail, and whether trying again can help."""

import ssl
from dataclasses import dataclass

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    UnsupportedURLSchemeError,
)

from crawlers.egress.errors import EgressRefusedError
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


def trouble_of(error: BaseException) -> Trouble:
    """The trouble behind an exception of a download.

    Args:
        error: as Scrapy's downloader raised it.
    """
    chain = _chain(error)
    refused = next((item for item in chain if isinstance(item, EgressRefusedError)), None)
    if refused is not None:
        return Trouble("egress", f"{refused.reason}: {refused.message}", "refused")
    if isinstance(error, IgnoreRequest) and "MAXSIZE" in str(error):
        return Trouble("too-large", str(error))
    for kinds, outcome, again in _KINDS:
        if any(isinstance(item, kinds) for item in chain):
            return Trouble(outcome, _words(chain), again=again)
    return Trouble("internal", f"{type(error).__name__}: {error}")


_KINDS: tuple[tuple[tuple[type[BaseException], ...], str, bool], ...] = (
    ((ssl.SSLError,), "tls", False),
    ((CannotResolveHostError,), "dns", True),
    ((DownloadTimeoutError,), "timeout", True),
    ((DownloadCancelledError,), "too-large", False),
    ((DownloadConnectionRefusedError,), "unreachable", True),
    ((DownloadFailedError,), "broken", True),
    ((UnsupportedURLSchemeError, ValueError), "broken", False),
)


def _chain(error: BaseException) -> list[BaseException]:
    """The error with everything it wraps."""
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo and len(found) < 20:
        item = todo.pop(0)
        if item is None or item in found:
            continue
        found.append(item)
        todo.extend((item.__cause__, item.__context__))
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
