"""A tab: one page in a fresh profile of the running browser, without popups, dialogs, downloads and service workers."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from weakref import WeakValueDictionary

from crawlers.capture.devtools import DevTools, Params, Session
from crawlers.capture.line import AUTO_ATTACH, Command, LineError
from crawlers.capture.order import Options

_NO_SERVICE_WORKERS = (
    "if (self.ServiceWorkerContainer) ServiceWorkerContainer.prototype.register = "
    "async () => { console.warn('Service workers are blocked'); };"
)
_STEP_S = 5.0


class NavigationError(Exception):
    """The address led to no page; the browser's word for it."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the browser shows itself in a tab.

    Attributes:
        options: of the order. user_agent: what it calls itself. proxy_url: its only way out.
    """

    options: Options
    user_agent: str
    proxy_url: str

    def of_frames(self) -> tuple[Command, ...]:
        """Start commands for the page and for each of its frames that is a target of its own."""
        options = self.options
        ignoring: tuple[Command, ...] = ()
        if options.accept_bad_tls:
            ignoring = (("Security.setIgnoreCertificateErrors", {"ignore": True}),)
        return (
            ("Page.enable", {}),
            ("Page.addScriptToEvaluateOnNewDocument", {"source": _NO_SERVICE_WORKERS}),
            ("Emulation.setFocusEmulationEnabled", {"enabled": True}),
            *ignoring,
            (
                "Emulation.setUserAgentOverride",
                {
                    "userAgent": self.user_agent,
                    "acceptLanguage": options.locale,
                    "userAgentMetadata": {
                        "mobile": False, "model": "", "architecture": "x86", "platform": "Linux", "platformVersion": "",
                    },
                },
            ),
            ("Emulation.setLocaleOverride", {"locale": options.locale}),
            ("Emulation.setTimezoneOverride", {"timezoneId": options.timezone}),
            (
                "Emulation.setEmulatedMedia",
                {
                    "features": [
                        {"name": "prefers-color-scheme", "value": "light"},
                        {"name": "prefers-reduced-motion", "value": "no-preference"},
                    ]
                },
            ),
        )  # fmt: skip

    def of_page(self) -> tuple[Command, ...]:
        """Start commands for the page alone."""
        width, height = self.options.viewport.width, self.options.viewport.height
        return (
            *self.of_frames(),
            ("Page.setLifecycleEventsEnabled", {"enabled": True}),
            (
                "Emulation.setDeviceMetricsOverride",
                {
                    "mobile": False,
                    "width": width,
                    "height": height,
                    "screenWidth": width,
                    "screenHeight": height,
                    "deviceScaleFactor": 1,
                    "screenOrientation": {"angle": 0, "type": "landscapePrimary"},
                },
            ),
        )


PLAIN: Command = ("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": "identity"}})
"""For the page and all that belongs to it: bodies come as they are."""


class Tab:
    """One page in a profile of its own.

    Attributes:
        session: DevTools session of the page, once it is open. target_id: of the page, and of its main frame.
        url: where the page is now. notes: dialogs, popups and downloads, as they came.
        on_worker: called with the session and the kind of a worker that belongs to the profile, not to the page.
    """

    def __init__(self, devtools: DevTools, context_id: str, notes: list[str]) -> None:
        self.context_id = context_id
        self.session = devtools.root
        self.target_id = ""
        self.url = "about:blank"
        self.notes = notes
        self.on_worker: Callable[[Session, str], None] | None = None
        self._devtools = devtools
        _, self._opened = devtools.promise("")
        self._loading: asyncio.Future[Params] | None = None
        self._before = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Make its page, which is held until :meth:`run`.

        Raises:
            LineError, TimeoutError: the browser does not.
        """
        deny = {"behavior": "deny", "browserContextId": self.context_id, "eventsEnabled": True}
        opened, _ = await asyncio.gather(
            self._devtools.root.send("Target.createTarget", {"url": self.url, "browserContextId": self.context_id}),
            self._devtools.root.send("Browser.setDownloadBehavior", deny),
        )
        self.target_id = str(opened["targetId"])
        self.session = self._devtools.session((await asyncio.wait_for(self._opened, _STEP_S))["sessionId"])
        self._listen()

    async def run(self, manner: Manner) -> None:
        """Give the page its manner and let it go on."""
        every = (*manner.of_page(), ("Runtime.runIfWaitingForDebugger", {}))
        await asyncio.gather(*(self.session.send(method, params) for method, params in every))

    async def holds(self) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
        """What the profile holds beside our page: number of cookies, addresses of pages, targets of extensions."""
        root = self._devtools.root
        cookies, targets = await asyncio.gather(
            root.send("Storage.getCookies", {"browserContextId": self.context_id}), root.send("Target.getTargets")
        )
        pages, extensions = [], []
        for info in targets["targetInfos"]:
            url = str(info["url"])
            if url.startswith("chrome-extension:"):
                extensions.append(url)
            elif info["type"] == "page" and info.get("browserContextId") == self.context_id:
                pages += [] if info["targetId"] == self.target_id else [url]
        return len(cookies["cookies"]), tuple(pages), tuple(sorted(extensions))

    async def navigate(self, url: str) -> None:
        """Go to an address, and wait for the load event of whatever page that leads to.

        Raises:
            LineError: the page is gone.
            NavigationError: there is no page.
        """
        tree = await self.session.send("Page.getFrameTree")
        self._before = str(tree["frameTree"]["frame"]["loaderId"])
        _, self._loading = self._devtools.promise(self.session.id)
        answer = await self.session.send("Page.navigate", {"url": url})
        if answer.get("errorText"):
            raise NavigationError(str(answer["errorText"]))
        await self._loading

    async def close(self) -> None:
        """End the page and its profile.

        Raises:
            LineError: the browser is gone.
        """
        for task in self._tasks:
            task.cancel()
        await self._devtools.root.send("Target.disposeBrowserContext", {"browserContextId": self.context_id})

    def arrive(self, session: Session, info: Params) -> None:
        """A target of the profile, which waits: the page itself, a popup, a worker."""
        kind = str(info["type"])
        if kind == "page" and not self._opened.done():
            self._opened.set_result({"sessionId": session.id})
        elif kind == "page":
            self._spawn(_shut(session, str(info["targetId"])))
        elif self.on_worker is not None and "worker" in kind:
            self.on_worker(session, kind)
        else:
            self._spawn(_let_go(session))

    def _listen(self) -> None:
        handlers: dict[str, Callable[[Params], None]] = {
            "Page.frameNavigated": self._navigated,
            "Page.navigatedWithinDocument": self._moved,
            "Page.lifecycleEvent": self._lived,
            "Page.javascriptDialogOpening": self._dismiss,
            "Page.windowOpen": lambda params: self.notes.append(f"popup:{params['url'][:500]}"),
            "Page.downloadWillBegin": lambda params: self.notes.append(f"download:{params['url'][:500]}"),
        }
        for event, handler in handlers.items():
            self.session.on(event, handler)

    def _navigated(self, params: Params) -> None:
        frame = params["frame"]
        if not frame.get("parentId"):
            self.url = str(frame["url"])

    def _moved(self, params: Params) -> None:
        if params["frameId"] == self.target_id:
            self.url = str(params["url"])

    def _lived(self, params: Params) -> None:
        """A document of the page has loaded: the one that was asked for, or one that its scripts led to."""
        ours = params["name"] == "load" and params["frameId"] == self.target_id
        if ours and params["loaderId"] != self._before and self._loading is not None and not self._loading.done():
            self._loading.set_result(params)

    def _dismiss(self, params: Params) -> None:
        self.notes.append(f"dialog:{params['type']}:{params['message'][:500]}")
        self._spawn(self.session.send("Page.handleJavaScriptDialog", {"accept": False}))

    def _spawn(self, action: Coroutine[object, object, object]) -> None:
        task = asyncio.ensure_future(_quietly(action))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _shut(session: Session, target_id: str) -> None:
    """Close a popup. It is let run too, for the page that opened it may stand still with it."""
    await asyncio.gather(
        session.devtools.root.send("Target.closeTarget", {"targetId": target_id}),
        session.send("Runtime.runIfWaitingForDebugger"),
        return_exceptions=True,
    )


async def _let_go(session: Session) -> None:
    await session.send("Runtime.runIfWaitingForDebugger")
    await session.devtools.root.send("Target.detachFromTarget", {"sessionId": session.id})


class Windows:
    """Leads each new target of a browser to the tab whose profile it belongs to."""

    def __init__(self, devtools: DevTools) -> None:
        self.devtools = devtools
        self._tabs: WeakValueDictionary[str, Tab] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """From now on every new page waits until it is let run, and popups never are.

        Raises:
            LineError: the browser is gone.
        """
        self.devtools.root.on("Target.attachedToTarget", self._arrived)
        await self.devtools.root.send(*AUTO_ATTACH)

    async def tab(self, manner: Manner, notes: list[str]) -> Tab:
        """A page in a fresh profile, held until :meth:`Tab.run`; what belongs to the profile is led there.

        Args:
            notes: takes dialogs, popups and downloads.

        Raises:
            LineError, TimeoutError: the browser does not make one.
        """
        wanted = {"proxyServer": manner.proxy_url, "proxyBypassList": "<-loopback>", "disposeOnDetach": True}
        made = await self.devtools.root.send("Target.createBrowserContext", wanted)
        tab = Tab(self.devtools, str(made["browserContextId"]), notes)
        self._tabs[tab.context_id] = tab
        try:
            await tab.open()
        except BaseException:
            with contextlib.suppress(LineError):
                await tab.close()
            raise
        return tab

    def _arrived(self, params: Params) -> None:
        session, info = self.devtools.session(params["sessionId"]), params["targetInfo"]
        tab = self._tabs.get(str(info.get("browserContextId", "")))
        if tab is not None:
            tab.arrive(session, info)
        else:
            task = asyncio.ensure_future(_quietly(_let_go(session)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _quietly(action: Coroutine[object, object, object]) -> None:
    with contextlib.suppress(LineError):  # what it was for is gone
        await action
