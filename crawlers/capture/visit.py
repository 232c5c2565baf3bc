"""One page in a fresh profile, from the first connection to the last."""

import asyncio
from types import TracebackType
from typing import Any, Self

from crawlers.capture.browser import BrowserKeeper, crashed
from crawlers.capture.environment import Profile
from crawlers.capture.errors import CaptureError
from crawlers.capture.exchange import Exchange
from crawlers.capture.line import Line, LineError
from crawlers.capture.order import CaptureOrder, RenderOrder
from crawlers.capture.tab import PLAIN, NavigationError, Tab
from crawlers.capture.traffic import Traffic
from crawlers.egress.dns import dns_lookup
from crawlers.egress.policy import Policy
from crawlers.egress.proxy import EgressProxy
from crawlers.egress.record import Budget

_CLOSE_S = 5.0
_WORDS = {
    "ERR_TOO_MANY_REDIRECTS": ("redirects", "The site sends the browser round in circles."),
    "ERR_ABORTED": ("download", "The address answers with a download, not with a page."),
    "ERR_UNSAFE_PORT": ("egress_refused", "Only ports 80 and 443 are visited."),
    "ERR_SSL": ("tls_failed", "The site does not speak TLS in a form the browser accepts."),
}


class Visit:
    """A page being looked at.

    Attributes:
        stops: budgets and caps that ended something early.
        notes: dialogs, popups and downloads, as they came.
        security: Chromium's last word on the security of the page, empty before it came.
    """

    def __init__(
        self, keeper: BrowserKeeper, policy: Policy, order: CaptureOrder | RenderOrder, budget: Budget
    ) -> None:
        self.order = order
        self.proxy = EgressProxy(policy, budget, dns_lookup)
        self.traffic = Traffic()
        self.stops: list[str] = []
        self.notes: list[str] = []
        self.security: dict[str, Any] = {}
        self.frame_id = ""
        self.profile: Profile | None = None
        self._keeper = keeper
        self._tab: Tab | None = None
        self._line: Line | None = None

    async def __aenter__(self) -> Self:
        await self.proxy.start()
        try:
            await self._open()
        except (LineError, TimeoutError) as error:
            await self.close()
            raise crashed(error) from error
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def line(self) -> Line:
        """The page's DevTools line."""
        if self._line is None:
            raise CaptureError("failed", "expected an open page, got none")
        return self._line

    @property
    def final_url(self) -> str:
        """Where the page is now; the last document's address where the browser shows its own error page."""
        url = self._tab.url if self._tab is not None else ""
        if url.startswith(("http://", "https://")):
            return url.partition("#")[0]
        main = self.main_chain()
        return main[-1].url if main else self.order.url

    async def load(self, cap_s: float) -> None:
        """Go to the address and wait for its load event, at most ``cap_s`` seconds.

        Raises:
            CaptureError: nothing could be loaded; a page that only never ends is no error.
        """
        if self._tab is None:
            raise CaptureError("failed", "expected an open page, got none")
        try:
            await asyncio.wait_for(self._tab.navigate(self.order.url), cap_s)
        except TimeoutError as error:
            if not any(item.answered for item in self.main_chain()):
                raise CaptureError(
                    "timeout", f"expected an answer within {cap_s:.0f} s, got none", hint="The site is slow or silent."
                ) from error
            self.stops.append("load_timeout")
            await self.line.send("Page.stopLoading")
        except LineError as error:
            raise crashed(error) from error
        except NavigationError as error:
            raise self._translated(str(error)) from error

    def main_chain(self) -> list[Exchange]:
        """The documents of the main frame in order: redirects, then the page, then where scripts led."""
        return [
            item
            for item in self.traffic.exchanges()
            if item.kind == "Document" and item.frame_id == self.frame_id and not item.session
        ]

    async def complete(self, cap_s: float) -> None:
        """Wait for the bodies that are still on their way."""
        await self.traffic.bodies(cap_s)

    async def stop_scripts(self) -> None:
        """Make a page answer again whose scripts do not let it."""
        self.stops.append("script_stopped")
        try:
            await asyncio.wait_for(self.line.send("Runtime.terminateExecution"), _CLOSE_S)
            await asyncio.wait_for(self.line.send("Emulation.setScriptExecutionDisabled", {"value": True}), _CLOSE_S)
        except (LineError, TimeoutError):
            return

    async def close(self) -> None:
        """End the page, its profile and its proxy."""
        self.traffic.close()
        tab, self._tab = self._tab, None
        if tab is not None:
            try:
                await asyncio.wait_for(tab.close(), _CLOSE_S)
            except (LineError, TimeoutError):
                self.notes.append("close:browser gone")
        await self.proxy.close()

    async def _open(self) -> None:
        tab, manner = await self._keeper.tab(self.order.options, self.proxy, self.notes)
        self._tab, self.frame_id = tab, tab.target_id
        self._line = Line(tab.session)
        tab.session.on("Security.visibleSecurityStateChanged", self._secure)
        tab.on_worker = self.traffic.attach
        await asyncio.gather(
            tab.run(manner),
            self.traffic.open(tab.session, PLAIN, frames=manner.of_frames()),
            self._line.send("Security.enable"),
            self._line.send("DOM.enable"),
        )
        self.profile = Profile(*await tab.holds())

    def _secure(self, params: dict[str, Any]) -> None:
        self.security = params["visibleSecurityState"]

    def _translated(self, text: str) -> CaptureError:
        """A failed navigation in our words."""
        if "ERR_CERT" in text:
            word = "net::" + text.partition("net::")[2]
            return CaptureError(
                "tls_invalid",
                f"expected a valid certificate, got {word}",
                hint="Only on an officer's order (accept_bad_tls) is such a page captured; the verdict is recorded.",
                context={"error": word, "url": self.order.url},
            )
        for record in reversed(self.proxy.records):
            if record.ended == "refused" and record.reason != "unresolved":
                return CaptureError(
                    "egress_refused",
                    f"expected a public address, got: {record.message}",
                    hint="Private and special addresses are never visited.",
                    context={"reason": record.reason, "host": record.host, "port": record.port},
                )
            if record.ended in {"refused", "failed"}:
                return CaptureError(
                    "unreachable", f"expected an answer, got: {record.message}", hint="Check the name and try later."
                )
        for sign, (word, hint) in _WORDS.items():
            if sign in text:
                return CaptureError(word, f"expected a page, got {text[:300]}", hint=hint)
        return CaptureError("unreachable", f"expected an answer, got {text[:300]}", hint="Try again later.")
