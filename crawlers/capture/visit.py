"""One page in a fresh profile, from the first connection to the last."""

import asyncio
from types import TracebackType
from typing import Any, Self

from playwright.async_api import BrowserContext, Dialog, Page, Request
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from crawlers.capture.browser import BrowserKeeper, crashed
from crawlers.capture.environment import Profile
from crawlers.capture.errors import CaptureError
from crawlers.capture.exchange import Exchange
from crawlers.capture.line import Line, LineError, PageLine
from crawlers.capture.order import CaptureOrder, RenderOrder
from crawlers.capture.overheard import overheard
from crawlers.capture.traffic import Traffic
from crawlers.egress.dns import dns_lookup
from crawlers.egress.policy import Policy
from crawlers.egress.proxy import EgressProxy
from crawlers.egress.record import Budget

_GONE = ("has been closed", "crashed", "disconnected", "Connection closed")
_CLOSE_S = 5.0
_WORDS = {
    "ERR_TOO_MANY_REDIRECTS": ("redirects", "The site sends the browser round in circles."),
    "Download is starting": ("download", "The address answers with a download, not with a page."),
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
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self._line: PageLine | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._requests: list[Request] = []

    async def __aenter__(self) -> Self:
        await self.proxy.start()
        try:
            await self._open()
        except PlaywrightError as error:
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
        url = self._page.url if self._page is not None else ""
        if url.startswith(("http://", "https://")):
            return url.partition("#")[0]
        main = self.main_chain()
        return main[-1].url if main else self.order.url

    async def load(self, cap_s: float) -> None:
        """Go to the address and wait for its load event, at most ``cap_s`` seconds.

        Raises:
            CaptureError: nothing could be loaded; a page that only never ends is no error.
        """
        if self._page is None:
            raise CaptureError("failed", "expected an open page, got none")
        try:
            await self._page.goto(self.order.url, wait_until="load", timeout=cap_s * 1000)
        except PlaywrightTimeoutError as error:
            if not any(item.answered for item in self.main_chain()):
                raise CaptureError(
                    "timeout", f"expected an answer within {cap_s:.0f} s, got none", hint="The site is slow or silent."
                ) from error
            self.stops.append("load_timeout")
            await self.line.send("Page.stopLoading")
        except PlaywrightError as error:
            raise self._translated(error) from error

    def main_chain(self) -> list[Exchange]:
        """The documents of the main frame in order: redirects, then the page, then where scripts led."""
        return [
            item
            for item in self.traffic.exchanges()
            if item.kind == "Document" and item.frame_id == self.frame_id and not item.session
        ]

    async def complete(self, cap_s: float) -> None:
        """Fetch what is still on its way: bodies, and requests only Playwright heard of."""
        await self.traffic.bodies(cap_s)
        known = {(item.method, item.url) for item in self.traffic.exchanges()}
        self.traffic.extra.extend(await overheard(self._requests, known))

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
        context, self._context = self._context, None
        if context is not None:
            try:
                await asyncio.wait_for(context.close(), _CLOSE_S)
            except (PlaywrightError, TimeoutError):
                self.notes.append("close:browser gone")
        for task in self._tasks:
            task.cancel()
        await self.proxy.close()

    async def _open(self) -> None:
        self._context = await self._keeper.context(self.order.options, self.proxy)
        self._page = await self._context.new_page()
        self._context.on("page", self._close_popup)
        if isinstance(self.order, CaptureOrder):
            self._page.on("request", self._overhear)
        self._page.on("dialog", self._dismiss)
        self._page.on("download", lambda download: self.notes.append(f"download:{download.url[:500]}"))
        session = await self._context.new_cdp_session(self._page)
        self._line = PageLine(session)
        session.on("Security.visibleSecurityStateChanged", self._secure)
        target, *_ = await asyncio.gather(
            self._line.send("Target.getTargetInfo"),
            self.traffic.open(session),
            self._line.send("Security.enable"),
            self._line.send("DOM.enable"),
        )
        self.frame_id = str(target["targetInfo"]["targetId"])
        self.profile = await self._look_around(self._context)

    async def _look_around(self, context: BrowserContext) -> Profile:
        """What the new profile holds before the first page."""
        cookies, targets = await asyncio.gather(context.cookies(), self.line.send("Target.getTargets"))
        addresses = [str(item["url"]) for item in targets["targetInfos"]]
        pages = tuple(page.url for page in context.pages if page is not self._page)
        return Profile(
            len(cookies), pages, tuple(sorted(url for url in addresses if url.startswith("chrome-extension:")))
        )

    def _overhear(self, request: Request) -> None:
        self._requests.append(request)

    def _secure(self, params: dict[str, Any]) -> None:
        self.security = params["visibleSecurityState"]

    def _close_popup(self, page: Page) -> None:
        self.notes.append(f"popup:{page.url[:500]}")
        self._spawn(page.close())

    def _dismiss(self, dialog: Dialog) -> None:
        self.notes.append(f"dialog:{dialog.type}:{dialog.message[:500]}")
        self._spawn(dialog.dismiss())

    def _spawn(self, action: Any) -> None:
        async def quietly() -> None:
            try:
                await action
            except PlaywrightError:
                return  # the page it belonged to is gone

        task = asyncio.create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _translated(self, error: PlaywrightError) -> CaptureError:
        """A failed navigation in our words."""
        text = error.message.split("\n", 1)[0]
        if any(sign in text for sign in _GONE):
            return crashed(error)
        if "ERR_CERT" in text:
            word = "net::" + text.partition("net::")[2].partition(" ")[0]
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
