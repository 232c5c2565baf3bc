"""Nothing a hostile page does in real Chromium reaches a forbidden address."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from crawlers.capture.browser import BrowserKeeper
from crawlers.capture.errors import CaptureError
from crawlers.capture.order import RenderOrder
from crawlers.capture.visit import Visit
from crawlers.egress.policy import Policy
from crawlers.egress.record import Budget, ConnectionRecord
from kernel.config import Settings
from tests.unit.crawlers.capture.site import Site, answer

pytestmark = [pytest.mark.browser]

FORMS = (
    "127.0.0.1",
    "localhost",
    "inside.example.test",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "0.0.0.0",  # noqa: S104 - a target that must be refused
    "x.localhost",
    "127.0.0.1.",
    "localhost.",
    "１２７.0.0.1",
    "user:pw@127.0.0.1",
    "[64:ff9b::7f00:1]",
    "mixed.example.test",
)
"""Spellings of this machine; Chromium folds some of them before it asks."""

TAGS = {
    "img": "<img src='{u}/img'>",
    "srcset": "<img srcset='{u}/srcset 1x'>",
    "iframe": "<iframe src='{u}/iframe'></iframe>",
    "srcdoc": '<iframe srcdoc="<img src={u}/srcdoc>"></iframe>',
    "css": "<link rel=stylesheet href='{u}/css'>",
    "css-url": "<div style=\"background:url('{u}/css-url')\">x</div>",
    "css-import": "<style>@import '{u}/css-import';</style>",
    "font": "<style>@font-face{{font-family:f;src:url('{u}/font')}}</style><p style='font-family:f'>字</p>",
    "script": "<script src='{u}/script'></script>",
    "module": "<script type=module src='{u}/module'></script>",
    "import": "<script>import('{u}/import').catch(()=>0)</script>",
    "fetch": "<script>fetch('{u}/fetch',{{mode:'no-cors'}}).catch(()=>0)</script>",
    "xhr": "<script>try{{let x=new XMLHttpRequest();x.open('GET','{u}/xhr');x.send()}}catch(e){{}}</script>",
    "beacon": "<script>navigator.sendBeacon('{u}/beacon','x')</script>",
    "events": "<script>new EventSource('{u}/events')</script>",
    "socket": "<script>try{{new WebSocket('{w}/socket')}}catch(e){{}}</script>",
    "prefetch": "<link rel=prefetch href='{u}/prefetch'>",
    "preload": "<link rel=preload as=image href='{u}/preload'>",
    "preconnect": "<link rel=preconnect href='{u}'><link rel=dns-prefetch href='{u}'>",
    "object": "<object data='{u}/object'></object>",
    "embed": "<embed src='{u}/embed'>",
    "video": "<video autoplay src='{u}/video'></video><audio autoplay src='{u}/audio'></audio>",
    "svg": "<svg><image href='{u}/svg' width=9 height=9 /></svg>",
    "manifest": "<link rel=manifest href='{u}/manifest'><link rel=icon href='{u}/icon'>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob("
    "[\"fetch('{u}/worker',{{mode:'no-cors'}})\"])))</script>",
    "speculation": "<script type=speculationrules>"
    '{{"prefetch":[{{"urls":["{u}/spec"],"eagerness":"immediate"}}]}}</script>',
    "redirected": "<img src='/go?{u}/redirected'>",
    "redirected-frame": "<iframe src='/go?{u}/redirected-frame'></iframe>",
    "redirected-fetch": "<script>fetch('/go?{u}/redirected-fetch',{{mode:'no-cors'}}).catch(()=>0)</script>",
    "popup": "<script>window.open('{u}/popup')</script>",
    "service-worker": "<script>navigator.serviceWorker&&"
    "navigator.serviceWorker.register('/sw.js?{u}').catch(()=>0)</script>",
    "rtc": "<script>try{{let r=new RTCPeerConnection({{iceServers:[{{urls:'stun:127.0.0.1:{p}'}}]}});"
    "r.createDataChannel('x');r.createOffer().then(o=>r.setLocalDescription(o))}}catch(e){{}}</script>",
}

NAVIGATIONS = {
    "refresh": "<meta http-equiv=refresh content='0;url={u}/refresh'>",
    "location": "<script>location='{u}/location'</script>",
    "form": "<form id=f method=post action='{u}/form'><input name=a></form><script>f.submit()</script>",
    "frame-top": "<iframe srcdoc=\"<script>top.location='{u}/frame-top'</script>\"></iframe>",
}


@dataclass
class Trap:
    """A site that may be reached and a canary that may not."""

    site: Site
    canaries: tuple[Site, Site]
    settings: Settings

    def target(self, form: str, scheme: str = "http") -> str:
        """The canary in one spelling."""
        return f"{scheme}://{form}:{self.canaries[0].port}"

    def touched(self) -> int:
        """Connections the canaries saw."""
        return sum(canary.connections for canary in self.canaries)


@pytest.fixture
def trap() -> Iterator[Trap]:
    """Site, and canaries on the same port of 127.0.0.1 and ::1."""

    async def go(head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = head.split(b" ", 2)[1].partition(b"?")[2].decode()
        writer.write(answer("", "text/plain", "302 Found", f"Location: {target}"))

    with Site() as site, Site() as canary, Site(None, "::1", canary.port) as canary6:
        site.routes["/go"] = go
        settings = Settings(
            egress_allow=(f"127.0.0.1:{site.port}",),
            egress_hosts=(
                "shop.example.test=127.0.0.1",
                "inside.example.test=127.0.0.1",
                "mixed.example.test=8.8.8.8",
                "mixed.example.test=127.0.0.1",
            ),
        )
        yield Trap(site, (canary, canary6), settings)


async def _visit(trap: Trap, paths: list[str], wait_s: float) -> list[ConnectionRecord]:
    keeper = BrowserKeeper(trap.settings)
    records: list[ConnectionRecord] = []
    try:
        for path in paths:
            order = RenderOrder(op="render", id="r", url=f"http://shop.example.test:{trap.site.port}{path}")
            async with Visit(keeper, Policy.from_settings(trap.settings), order, Budget()) as visit:
                try:
                    await visit.load(20)
                except CaptureError:
                    continue
                finally:
                    records.extend(visit.proxy.records)
                await visit.traffic.quiet(0.3, 5)
                await _until_refused(visit)
                await asyncio.sleep(wait_s)
                records.extend(record for record in visit.proxy.records if record not in records)
    finally:
        await keeper.close()
    return records


async def _until_refused(visit: Visit) -> None:
    """Every page tries at least once; on a machine that does much else it may take its time."""
    for _ in range(600):
        if any(record.ended == "refused" for record in visit.proxy.records):
            return
        await asyncio.sleep(0.05)


@pytest.mark.asyncio
async def test_no_sub_resource_reaches_inside(trap: Trap) -> None:
    """Every way to load something, to every spelling of loopback: the canary sees no connection."""
    count = 0
    paths = []
    for number, form in enumerate(FORMS):
        values = {"u": trap.target(form), "w": trap.target(form, "ws"), "p": trap.canaries[0].port}
        tags = TAGS if number < 3 else dict(itertools.islice(TAGS.items(), number % 7, None, 7))
        body = "".join(tag.format(**values) for tag in tags.values())
        trap.site.routes[f"/page{number}"] = answer(f"<title>t</title>{body}")
        paths.append(f"/page{number}")
        count += len(tags)
    records = await _visit(trap, paths, 0.2)
    assert count >= 60
    assert trap.touched() == 0
    refused = [record for record in records if record.ended == "refused"]
    assert len(refused) >= 60
    assert all(record.address == "" for record in refused)
    assert {"not-global", "mixed"} <= {record.reason for record in refused}
    assert any(path.startswith("/go?") for path in trap.site.paths()), "the redirects were really tried"


@pytest.mark.asyncio
async def test_no_navigation_reaches_inside(trap: Trap) -> None:
    """Refresh, script, form, frame and redirect navigations end at the proxy."""
    paths = []
    for form, (name, page) in itertools.product(FORMS[:3], NAVIGATIONS.items()):
        path = f"/{name}-{FORMS.index(form)}"
        trap.site.routes[path] = answer(f"<title>t</title>{page.format(u=trap.target(form))}")
        paths.append(path)
    paths.extend(f"/go?{trap.target(form)}/moved" for form in FORMS[:4])
    records = await _visit(trap, paths, 0.3)
    assert trap.touched() == 0
    assert sum(record.ended == "refused" for record in records) >= len(paths)


@pytest.mark.asyncio
@pytest.mark.parametrize("whole", [True, False])
async def test_the_browser_itself_has_no_way_out(trap: Trap, *, whole: bool) -> None:
    """A page in a context without a proxy of its own ends in the hole, allowed address or not."""
    keeper = BrowserKeeper(trap.settings)
    try:
        browser = await keeper._running(whole=whole)
        page = await browser.new_page()
        for url in (f"http://127.0.0.1:{trap.site.port}/", trap.target("localhost"), trap.target("[::1]")):
            with pytest.raises(Exception, match="ERR_SOCKS_CONNECTION_FAILED"):
                await page.goto(url)
    finally:
        await keeper.close()
    assert trap.touched() + trap.site.connections == 0
