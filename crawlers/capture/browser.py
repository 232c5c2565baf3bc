"""The one Chromium of a worker, started when needed and again after a crash."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Playwright
from playwright.async_api import Error as PlaywrightError

from crawlers.capture.driver import Driver, shared_driver
from crawlers.capture.errors import CaptureError
from crawlers.capture.order import Options
from crawlers.capture.roots import Roots, write_roots
from crawlers.egress.errors import ResolveError
from crawlers.egress.policy import Policy
from crawlers.egress.proxy import EgressProxy
from crawlers.egress.resolver import Lookup
from kernel.config import Settings

RECYCLE_AFTER = 200
"""Contexts after which the browser is started anew: long-lived ones grow and hang at last."""

FEATURES_OFF = (
    "AutofillServerCommunication",  # asks Chromium's maker what the fields of a page's forms mean
    # Of several lists of features only the last counts, and ours comes after Playwright's: these are its own.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
)
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    f"--disable-features={','.join(FEATURES_OFF)}",
    "--disable-quic",
    "--disable-sync",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-first-run",
    "--no-pings",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
SYSTEM_PATHS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
SHELL_PATHS = ("/usr/lib/chromium/chromium-headless-shell",)
"""Debian's Chromium without window and profile: the same engine for half the CPU a page. It does not tell how the
browser judges a bad certificate, so that what is captured in spite of one is captured with the whole browser."""
MISSING_HINT = (
    "Install it with 'apt-get install chromium fonts-noto-cjk' or '.venv/bin/playwright install chromium', "
    "or set WANGJIAN_CHROMIUM_PATH."
)


@dataclass(frozen=True, slots=True)
class BrowserFacts:
    """What is known of the running browser.

    Attributes:
        path: what was started. version: as it says itself. executable, sha256: the program file of
            the running process and its digest, empty where they could not be read.
        arguments: that we added. sandbox: whether Chromium's sandbox is on. roots: extra roots.
    """

    path: str
    version: str
    executable: str
    sha256: str
    arguments: tuple[str, ...]
    sandbox: bool
    roots: Roots


def find_browser(settings: Settings, bundled: str = "", *, whole: bool = False) -> str:
    """Path of the Chromium to start.

    Args:
        bundled: where Playwright would keep its own.
        whole: the whole browser, no headless shell.

    Raises:
        CaptureError: ``browser_missing``.
    """
    shells: tuple[str, ...] = () if whole else SHELL_PATHS
    wanted = (settings.chromium_path,) if settings.chromium_path else (*shells, *SYSTEM_PATHS, bundled)
    for path in wanted:
        if path and Path(path).is_file() and os.access(path, os.X_OK):
            return path
    raise CaptureError(
        "browser_missing", f"expected Chromium at {' or '.join(filter(None, wanted))}", hint=MISSING_HINT
    )


class BrowserKeeper:
    """Keeps one browser running.

    Effects: a Chromium process, a temporary home folder, a loopback port that lets nothing through
    (what the browser itself wants from the network outside of a capture ends there).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sandbox = settings.chromium_sandbox and os.geteuid() != 0
        self._lock = asyncio.Lock()
        self._driver: Driver | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._hole = EgressProxy(Policy(), resolver=_no_names)
        self._hole_is_open = False
        self._home = ""
        self._contexts = 0
        self.facts: BrowserFacts | None = None

    async def context(self, options: Options, proxy: EgressProxy) -> BrowserContext:
        """A fresh profile that reaches the network through ``proxy`` alone.

        Raises:
            CaptureError: ``browser_missing`` or ``browser_crashed``.
        """
        browser = await self._running(whole=options.accept_bad_tls)
        try:
            return await browser.new_context(
                proxy={"server": proxy.socks_url, "bypass": "<-loopback>"},
                viewport={"width": options.viewport.width, "height": options.viewport.height},
                locale=options.locale,
                timezone_id=options.timezone,
                user_agent=self.user_agent(),
                ignore_https_errors=options.accept_bad_tls,
                service_workers="block",
                accept_downloads=False,
                extra_http_headers={"Accept-Encoding": "identity"},
            )
        except PlaywrightError as error:
            raise crashed(error) from error

    def user_agent(self) -> str:
        """The browser's own name with ours behind it: we do not hide."""
        version = self.facts.version if self.facts else "0"
        major = version.partition(".")[0]
        return (
            f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 "
            f"Safari/537.36 {self._settings.user_agent}"
        )

    async def close(self) -> None:
        """End the browser and remove its home."""
        async with self._lock:
            await self._stop()
            await self._give_back(spoilt=False)
            await self._hole.close()
            self._hole_is_open = False

    async def _running(self, *, whole: bool) -> Browser:
        async with self._lock:
            if self._playwright is None:
                self._driver = shared_driver()
                self._playwright = await self._driver.take()
            if not self._hole_is_open:
                await self._hole.start()
                self._hole_is_open = True
            path = find_browser(self._settings, self._playwright.chromium.executable_path, whole=whole)
            if self._browser is not None and self._is_spent(path):
                await self._stop()
            self._contexts += 1
            if self._browser is None:
                self._browser = await self._start(self._playwright, path)
            return self._browser

    def _is_spent(self, path: str) -> bool:
        other = self.facts is None or self.facts.path != path
        return other or self._contexts >= RECYCLE_AFTER or self._browser is None or not self._browser.is_connected()

    async def _start(self, playwright: Playwright, path: str) -> Browser:
        self._home = tempfile.mkdtemp(prefix="wangjian-browser-")
        roots = await asyncio.to_thread(write_roots, self._settings.extra_ca_file, Path(self._home))
        try:
            browser = await playwright.chromium.launch(
                executable_path=path,
                args=list(ARGUMENTS),
                chromium_sandbox=self._sandbox,
                proxy={"server": self._hole.socks_url, "bypass": "<-loopback>"},
                env={**_plain_environment(), "HOME": self._home},
            )
        except PlaywrightError as error:
            await self._give_back(spoilt=True)  # the fault may be the driver's
            raise CaptureError(
                "browser_missing",
                f"expected Chromium to start from {path}, got: {_first_line(error)}",
                hint=MISSING_HINT,
            ) from error
        self._contexts = 1
        executable, digest = await _executable(browser)
        self.facts = BrowserFacts(path, browser.version, executable, digest, ARGUMENTS, self._sandbox, roots)
        return browser

    async def _give_back(self, *, spoilt: bool) -> None:
        playwright, self._playwright = self._playwright, None
        if playwright is not None and self._driver is not None:
            await self._driver.release(playwright, spoilt=spoilt)

    async def _stop(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            with contextlib.suppress(PlaywrightError, TimeoutError):  # gone already is what was wanted
                await asyncio.wait_for(browser.close(), 5)
        if self._home:
            await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)
            self._home = ""


def crashed(error: Exception) -> CaptureError:
    """The browser went away under our hands."""
    return CaptureError(
        "browser_crashed",
        f"expected the browser to go on, got: {_first_line(error)}",
        hint="The order can be given again; the browser is started anew.",
    )


def _no_names(host: str) -> Lookup:
    raise ResolveError(f"{host} is not asked for outside of a capture")


def _plain_environment() -> dict[str, str | float | bool]:
    """Our environment without anything that would send the browser another way."""
    closed = {"HOME", "SSLKEYLOGFILE", "XDG_DATA_HOME", "XDG_CONFIG_HOME"}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in closed and not name.lower().endswith("_proxy") and not name.startswith("WANGJIAN_")
    }


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:300]


async def _executable(browser: Browser) -> tuple[str, str]:
    """Program file of the running browser process and its SHA-256, read from the process itself."""
    try:
        session = await browser.new_browser_cdp_session()
        found = await session.send("SystemInfo.getProcessInfo")
        await session.detach()
        process = next(item["id"] for item in found["processInfo"] if item["type"] == "browser")
        return await asyncio.to_thread(_hash_program, f"/proc/{int(process)}/exe")
    except (PlaywrightError, OSError, StopIteration):
        return "", ""


def _hash_program(link: str) -> tuple[str, str]:
    with Path(link).open("rb") as stream:
        return str(Path(link).readlink()), hashlib.file_digest(stream, "sha256").hexdigest()
