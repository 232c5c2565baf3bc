"""A studio in this process: one browser, several pages, every branch that needs a real one."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from crawlers.capture.browser import RECYCLE_AFTER, find_browser
from crawlers.capture.errors import CaptureError
from crawlers.capture.order import CaptureOrder, Options, RenderOrder
from crawlers.capture.session import Studio
from kernel.config import Settings
from tests.unit.crawlers.capture.site import Authority, Site, answer, png

pytestmark = [pytest.mark.browser]


@pytest.fixture
def site() -> Iterator[Site]:
    """A plain site."""
    with Site() as site:
        yield site


def settings_for(*sites: Site, ca: str = "") -> Settings:
    """Settings that open the sites under test names."""
    return Settings(
        egress_allow=tuple(f"127.0.0.1:{site.port}" for site in sites),
        egress_hosts=("shop.example.test=127.0.0.1", "frame.example.test=127.0.0.1"),
        extra_ca_file=ca,
    )


def order(url: str, out: Path, **options: object) -> CaptureOrder:
    """A capture order."""
    return CaptureOrder(op="capture", id=out.name, url=url, out=out, options=Options.model_validate(options))


@pytest.mark.asyncio
async def test_captures_in_one_studio(site: Site, tmp_path: Path) -> None:
    """TLS, frames, workers, sockets, endless pages, errors, a recycled browser: all from one studio."""
    authority = Authority(tmp_path)
    context, leaf = authority.leaf("shop.example.test")
    with Site(context) as secure:
        frame = f"https://frame.example.test:{secure.port}/f"
        secure.routes["/"] = answer(
            f"<title>t</title><iframe src='{frame}'></iframe><img src=/p.png><script>new Worker('/w.js');"
            "fetch('/post',{method:'POST',body:'a'});new WebSocket('wss://'+location.host+'/nosocket');"
            "new EventSource('/events');window.open('/popup');alert(1)</script>"
        )
        secure.routes["/w.js"] = answer("fetch('/from-worker')", "text/javascript")
        secure.routes["/p.png"] = answer(png(1), "image/png")
        studio = Studio(settings_for(site, secure, ca=str(authority.file)))
        stages: list[dict[str, object]] = []
        try:
            url = f"https://shop.example.test:{secure.port}/"
            found = await studio.capture(order(url, tmp_path / "ev-1"), stages.append)
            assert found["completeness"] == "PARTIAL"
            assert (tmp_path / "ev-1/data/net/chains.json").is_file()
            der = {path.read_bytes() for path in (tmp_path / "ev-1/data/net/tls").iterdir()}
            assert der == {leaf, authority.root.public_bytes(Encoding.DER)}
            lines = [json.loads(line) for line in (tmp_path / "ev-1/data/net/requests.jsonl").read_bytes().splitlines()]
            paths = {line["url"].removeprefix(url) for line in lines if line["type"] == "exchange"}
            assert {"", "p.png", "w.js", "from-worker", "post", "nosocket", "events"} <= paths
            assert stages[0] == {"event": "progress", "stage": "opening"}
            assert any(event["event"] == "checkpoint" for event in stages)
            again = await studio.capture(order(url, tmp_path / "ev-1"), stages.append)
            assert again["reused"] is True

            studio.keeper._contexts = RECYCLE_AFTER
            site.routes["/"] = answer("<title>价</title><p>" + "字" * 3000, "text/html; charset=utf-8")
            plain = f"http://shop.example.test:{site.port}/"
            found = await studio.capture(order(plain, tmp_path / "ev-2", timeout_s=20), stages.append)
            assert (found["completeness"], found["title"]) == ("COMPLETE", "价")

            rendered = await studio.render(RenderOrder(op="render", id="r", url=plain))
            assert (rendered["status"], rendered["remote_address"]) == (200, "127.0.0.1")

            (tmp_path / "taken").mkdir()
            with pytest.raises(CaptureError, match="expected no folder"):
                await studio.capture(order(plain, tmp_path / "taken"), stages.append)
        finally:
            await studio.keeper.close()


@pytest.mark.asyncio
async def test_pages_that_do_not_end_or_answer(site: Site, tmp_path: Path) -> None:
    """Dripping, looping, silent and refused pages, each with its own outcome."""

    async def drip(_head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>d</title><p style='height:40000px'>x")
        while True:
            writer.write(b"<p>more</p>")
            await writer.drain()
            await asyncio.sleep(0.1)

    async def silent(_head: bytes, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    site.routes["/drip"], site.routes["/silent"] = drip, silent
    site.routes["/loop"] = answer("<title>l</title><p>x</p><script>setTimeout(()=>{for(;;);},20)</script>")
    base = f"http://shop.example.test:{site.port}"
    studio = Studio(settings_for(site))
    quiet: list[dict[str, object]] = []
    try:
        found = await studio.capture(order(f"{base}/drip", tmp_path / "drip", timeout_s=24), quiet.append)
        assert {"load_timeout", "scroll_height", "picture_clipped"} <= set(str(found["stop_reason"]).split(","))
        found = await studio.capture(order(f"{base}/loop", tmp_path / "loop", timeout_s=8), quiet.append)
        assert "script_stopped" in str(found["stop_reason"])
        for url, code in (
            (f"{base}/silent", "capture.timeout"),
            ("http://10.1.1.1/", "capture.egress_refused"),
            ("http://127.0.0.1:1/", "capture.egress_refused"),
            ("http://nowhere.example.test/", "capture.unreachable"),
        ):
            with pytest.raises(CaptureError) as caught:
                await studio.capture(order(url, tmp_path / "x", timeout_s=3), quiet.append)
            assert caught.value.code == code
            with pytest.raises(CaptureError):
                await studio.render(RenderOrder(op="render", id="r", url=url, options=Options(timeout_s=1)))
    finally:
        await studio.keeper.close()


def test_browser_is_looked_for_where_the_settings_say(tmp_path: Path) -> None:
    """A set path counts alone; without one the system's, then the bundled one."""
    with pytest.raises(CaptureError) as caught:
        find_browser(Settings(chromium_path=str(tmp_path / "none")))
    assert caught.value.code == "capture.browser_missing"
    names = ("chromium", "chromium-browser", "google-chrome")
    assert find_browser(Settings()).endswith((*names, "chromium-headless-shell"))
    assert find_browser(Settings(), whole=True).endswith(names)
    program = tmp_path / "chrome"
    program.write_bytes(b"#!")
    program.chmod(0o755)
    assert find_browser(Settings(chromium_path=str(program))) == str(program)
