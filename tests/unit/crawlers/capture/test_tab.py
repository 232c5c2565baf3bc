"""A tab, as the browser is told to make it."""

import asyncio

import pytest

from crawlers.capture.devtools import LineError, Params
from crawlers.capture.order import Options
from crawlers.capture.tab import Manner, NavigationError, Tab, Windows
from tests.unit.crawlers.capture.fake_browser import FakeBrowser

ANSWERS: dict[str, Params | str | None] = {
    "Target.createBrowserContext": {"browserContextId": "c"},
    "Target.createTarget": {"targetId": "t"},
    "Page.getFrameTree": {"frameTree": {"frame": {"loaderId": "blank"}}},
    "Storage.getCookies": {"cookies": [{}, {}]},
    "Target.getTargets": {
        "targetInfos": [
            {"type": "page", "targetId": "t", "browserContextId": "c", "url": "about:blank"},
            {"type": "page", "targetId": "u", "browserContextId": "c", "url": "http://a.example/"},
            {"type": "page", "targetId": "v", "browserContextId": "d", "url": "http://b.example/"},
            {"type": "background_page", "targetId": "x", "url": "chrome-extension://x/"},
        ]
    },
}


def _arrive(browser: FakeBrowser, session_id: str, target_id: str, kind: str = "page", context: str = "c") -> None:
    info = {"targetId": target_id, "type": kind, "browserContextId": context, "url": ""}
    browser.tell("Target.attachedToTarget", {"sessionId": session_id, "targetInfo": info})


async def _tab(browser: FakeBrowser, notes: list[str], options: Options | None = None) -> tuple[Windows, Tab, Manner]:
    windows, manner = Windows(browser.devtools), Manner(options or Options(), "us", "socks5://127.0.0.1:9")
    await windows.open()
    opening = asyncio.create_task(windows.tab(manner, notes))
    await asyncio.sleep(0.01)
    _arrive(browser, "s", "t")
    return windows, await opening, manner


@pytest.mark.asyncio
async def test_a_page_gets_its_manner_before_it_goes_on() -> None:
    """Its own way out, name, language, zone and size; nothing is ignored unless it was ordered."""
    browser = FakeBrowser(ANSWERS)
    _, tab, manner = await _tab(browser, [])
    await tab.run(manner)
    told = {method: params for _, method, params in browser.sent}
    assert told["Target.createBrowserContext"]["proxyServer"] == "socks5://127.0.0.1:9"
    assert told["Target.createBrowserContext"]["proxyBypassList"] == "<-loopback>"
    assert told["Browser.setDownloadBehavior"]["behavior"] == "deny"
    assert told["Emulation.setUserAgentOverride"]["userAgent"] == "us"
    assert told["Emulation.setDeviceMetricsOverride"]["width"] == 1280
    assert told["Emulation.setTimezoneOverride"] == {"timezoneId": "Asia/Shanghai"}
    assert browser.methods("s")[-1] == "Runtime.runIfWaitingForDebugger"
    assert "Security.setIgnoreCertificateErrors" not in told
    bad = Manner(Options(accept_bad_tls=True), "us", "socks5://127.0.0.1:9")
    assert ("Security.setIgnoreCertificateErrors", {"ignore": True}) in bad.of_frames()
    assert await tab.holds() == (2, ("http://a.example/",), ("chrome-extension://x/",))
    await tab.close()
    assert told["Target.createTarget"]["browserContextId"] == "c"
    assert browser.sent[-1] == ("", "Target.disposeBrowserContext", {"browserContextId": "c"})


@pytest.mark.asyncio
async def test_what_else_belongs_to_the_profile_is_led_to_it() -> None:
    """Popups are shut, workers passed on, and what belongs to nobody is let go."""
    browser, notes, workers = FakeBrowser(ANSWERS), list[str](), list[tuple[str, str]]()
    _, tab, _ = await _tab(browser, notes)
    _arrive(browser, "w0", "w0", "service_worker")
    tab.on_worker = lambda session, kind: workers.append((session.id, kind))
    _arrive(browser, "popup", "p")
    _arrive(browser, "w", "w", "shared_worker")
    _arrive(browser, "o", "o", "page", "elsewhere")
    browser.tell("Page.windowOpen", {"url": "http://a.example/pop"}, "s")
    browser.tell("Page.javascriptDialogOpening", {"type": "alert", "message": "买"}, "s")
    browser.tell("Page.downloadWillBegin", {"url": "http://a.example/f"}, "s")
    await asyncio.sleep(0.01)
    assert workers == [("w", "shared_worker")]
    assert ("", "Target.closeTarget", {"targetId": "p"}) in browser.sent
    for name in ("o", "w0"):
        assert browser.methods(name) == ["Runtime.runIfWaitingForDebugger"]
        assert ("", "Target.detachFromTarget", {"sessionId": name}) in browser.sent
    assert notes == ["popup:http://a.example/pop", "dialog:alert:买", "download:http://a.example/f"]
    assert ("s", "Page.handleJavaScriptDialog", {"accept": False}) in browser.sent
    await tab.close()


@pytest.mark.asyncio
async def test_a_navigation_waits_for_the_page_it_leads_to() -> None:
    """Not for the blank one before it, not for a frame's; scripts may have led on meanwhile."""
    browser = FakeBrowser(ANSWERS | {"Page.navigate": {"frameId": "t", "loaderId": "one"}})
    _, tab, _ = await _tab(browser, [])
    going = asyncio.create_task(tab.navigate("http://a.example/"))
    await asyncio.sleep(0.01)
    for frame, loader, name in (("t", "blank", "load"), ("f", "x", "load"), ("t", "one", "init")):
        browser.tell("Page.lifecycleEvent", {"frameId": frame, "loaderId": loader, "name": name}, "s")
    browser.tell("Page.frameNavigated", {"frame": {"id": "t", "url": "http://a.example/2"}}, "s")
    browser.tell("Page.frameNavigated", {"frame": {"id": "f", "parentId": "t", "url": "http://f.example/"}}, "s")
    await asyncio.sleep(0.01)
    assert not going.done()
    assert tab.url == "http://a.example/2"
    browser.tell("Page.navigatedWithinDocument", {"frameId": "t", "url": "http://a.example/2#x"}, "s")
    browser.tell("Page.navigatedWithinDocument", {"frameId": "f", "url": "http://f.example/#x"}, "s")
    browser.tell("Page.lifecycleEvent", {"frameId": "t", "loaderId": "two", "name": "load"}, "s")
    browser.tell("Page.lifecycleEvent", {"frameId": "t", "loaderId": "three", "name": "load"}, "s")
    await asyncio.wait_for(going, 5)
    assert tab.url == "http://a.example/2#x"


@pytest.mark.asyncio
async def test_a_navigation_that_leads_nowhere_and_a_crash_are_told_apart() -> None:
    """The browser's word for the first; the second is the line's."""
    browser = FakeBrowser(ANSWERS | {"Page.navigate": {"frameId": "t", "errorText": "net::ERR_FAILED"}})
    _, tab, _ = await _tab(browser, [])
    with pytest.raises(NavigationError, match="net::ERR_FAILED"):
        await tab.navigate("http://a.example/")
    browser = FakeBrowser(ANSWERS | {"Page.navigate": {"frameId": "t"}})
    _, tab, _ = await _tab(browser, [])
    going = asyncio.create_task(tab.navigate("http://a.example/"))
    await asyncio.sleep(0.01)
    browser.tell("Inspector.targetCrashed", {}, "s")
    with pytest.raises(LineError, match="crashed"):
        await going


@pytest.mark.asyncio
async def test_a_profile_without_a_page_is_not_left_behind() -> None:
    """The browser made the profile and refused the page."""
    browser = FakeBrowser(ANSWERS | {"Target.createTarget": "no"})
    windows = Windows(browser.devtools)
    await windows.open()
    with pytest.raises(LineError, match="no"):
        await windows.tab(Manner(Options(), "us", "socks5://127.0.0.1:9"), [])
    assert browser.sent[-1][1] == "Target.disposeBrowserContext"
