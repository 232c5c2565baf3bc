"""The one Chromium of a worker, started when needed and again after a crash."""

import asyncio
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from crawlers.capture.chromium import Chromium
from crawlers.capture.devtools import Session
from crawlers.capture.errors import CaptureError
from crawlers.capture.line import LineError
from crawlers.capture.order import Options
from crawlers.capture.roots import Roots, write_roots
from crawlers.capture.tab import Manner, Tab, Windows
from crawlers.egress.errors import ResolveError
from crawlers.egress.policy import Policy
from crawlers.egress.proxy import EgressProxy
from crawlers.egress.resolver import Lookup
from kernel.config import Settings

START_S = 30.0
RECYCLE_AFTER = 200
"""Contexts after which the browser is started anew: long-lived ones grow and hang at last."""

FEATURES_OFF = (
    "AutofillServerCommunication",  # asks Chromium's maker what the fields of a page's forms mean
    # What Playwright turns off, so that pages look as they do to others who watch.
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
    "--allow-pre-commit-input",
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
    "--disable-back-forward-cache",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-breakpad",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-extensions",
    f"--disable-features={','.join(FEATURES_OFF)}",
    "--disable-field-trial-config",
    "--disable-hang-monitor",
    "--disable-infobars",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-quic",
    "--disable-renderer-backgrounding",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--dns-prefetch-disable",
    "--enable-features=CDPScreenshotNewSurface,SkipListAccountsWithoutGaiaCookies",
    "--enable-unsafe-swiftshader",
    "--force-color-profile=srgb",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--headless",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--no-service-autorun",
    "--no-startup-window",
    "--password-store=basic",
    "--proxy-bypass-list=<-loopback>",
    "--remote-debugging-pipe",
    "--use-mock-keychain",
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
        arguments: it was started with, but for the proxy's port and the folder of the profile.
        sandbox: whether Chromium's sandbox is on. roots: extra roots.
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
        bundled: where Playwright keeps its own.
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
        self._chromium: Chromium | None = None
        self._windows: Windows | None = None
        self._hole = EgressProxy(Policy(), resolver=_no_names)
        self._hole_is_open = False
        self._home = ""
        self._contexts = 0
        self.facts: BrowserFacts | None = None

    async def tab(self, options: Options, proxy: EgressProxy, notes: list[str]) -> tuple[Tab, Manner]:
        """A page in a fresh profile that reaches the network through ``proxy`` alone, and how it is to be run.

        Args:
            notes: takes dialogs, popups and downloads.

        Raises:
            CaptureError: ``browser_missing`` or ``browser_crashed``.
        """
        windows = await self._running(whole=options.accept_bad_tls)
        manner = Manner(options, self.user_agent(), proxy.socks_url)
        try:
            return await windows.tab(manner, notes), manner
        except (LineError, TimeoutError) as error:
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
            await self._hole.close()
            self._hole_is_open = False

    async def _running(self, *, whole: bool) -> Windows:
        async with self._lock:
            if not self._hole_is_open:
                await self._hole.start()
                self._hole_is_open = True
            path = find_browser(self._settings, bundled_browser(), whole=whole)
            if self._chromium is not None and self._is_spent(path):
                await self._stop()
            self._contexts += 1
            if self._windows is None:
                self._windows = await self._start(path)
            return self._windows

    def _is_spent(self, path: str) -> bool:
        other = self.facts is None or self.facts.path != path
        return (
            other or self._contexts >= RECYCLE_AFTER or self._chromium is None or self._chromium.devtools.over.is_set()
        )

    async def _start(self, path: str) -> Windows:
        self._home = tempfile.mkdtemp(prefix="wangjian-browser-")
        home = Path(self._home)
        roots = await asyncio.to_thread(write_roots, self._settings.extra_ca_file, home)
        fixed = (*ARGUMENTS, *(() if self._sandbox else ("--no-sandbox",)))
        own = (f"--proxy-server={self._hole.socks_url}", f"--user-data-dir={home / 'profile'}")
        environment = {**_plain_environment(), "HOME": self._home}
        try:
            self._chromium = Chromium(path, (*fixed, *own), environment, home / "chromium.log")
            await self._chromium.connect()
            version = await self._first_words(self._chromium)
        except (LineError, TimeoutError, OSError) as error:
            said = self._chromium.said() if self._chromium is not None else ""
            await self._stop()
            raise CaptureError(
                "browser_missing",
                f"expected Chromium to start from {path}, got: {said or _first_line(error)}",
                hint=MISSING_HINT,
            ) from error
        self._contexts = 1
        executable, digest = await _executable(self._chromium.devtools.root)
        self.facts = BrowserFacts(path, version, executable, digest, fixed, self._sandbox, roots)
        windows = Windows(self._chromium.devtools)
        await windows.open()
        return windows

    async def _first_words(self, chromium: Chromium) -> str:
        found = await asyncio.wait_for(chromium.devtools.root.send("Browser.getVersion"), START_S)
        return str(found["product"]).partition("/")[2]

    async def _stop(self) -> None:
        chromium, self._chromium, self._windows = self._chromium, None, None
        if chromium is not None:
            await chromium.end()
        if self._home:
            await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)
            self._home = ""


def bundled_browser() -> str:
    """The newest Chromium that Playwright has downloaded; empty where there is none."""
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return max((str(path) for path in folder.glob("chromium-*/chrome-linux*/chrome")), default="")


def crashed(error: Exception) -> CaptureError:
    """The browser went away under our hands."""
    return CaptureError(
        "browser_crashed",
        f"expected the browser to go on, got: {_first_line(error)}",
        hint="The order can be given again; the browser is started anew.",
    )


def _no_names(host: str) -> Lookup:
    raise ResolveError(f"{host} is not asked for outside of a capture")


def _plain_environment() -> dict[str, str]:
    """Our environment without anything that would send the browser another way."""
    closed = {"HOME", "SSLKEYLOGFILE", "XDG_DATA_HOME", "XDG_CONFIG_HOME"}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in closed and not name.lower().endswith("_proxy") and not name.startswith("WANGJIAN_")
    }


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:300]


async def _executable(root: Session) -> tuple[str, str]:
    """Program file of the running browser process and its SHA-256, read from the process itself."""
    try:
        found = await root.send("SystemInfo.getProcessInfo")
        process = next(item["id"] for item in found["processInfo"] if item["type"] == "browser")
        return await asyncio.to_thread(_hash_program, f"/proc/{int(process)}/exe")
    except (LineError, OSError, StopIteration):
        return "", ""


def _hash_program(link: str) -> tuple[str, str]:
    with Path(link).open("rb") as stream:
        return str(Path(link).readlink()), hashlib.file_digest(stream, "sha256").hexdigest()
