"""What a capture says it lacks: parts, time, walls."""

import asyncio
import time
from typing import Any

import pytest

from tests.servers.capture_bench import Bench, read_json
from tests.unit.crawlers.capture.site import answer

pytestmark = [pytest.mark.browser]


def test_what_is_missing_makes_it_partial(bench: Bench) -> None:
    """A refused and a broken part are listed with their reasons; the forbidden server saw nothing."""

    async def broken(_head: bytes, _reader: Any, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\nshort")
        writer.close()

    bench.plain.routes["/gaps"] = answer(
        f"<title>g</title><img src=/broken.png><img src='http://127.0.0.1:{bench.canary.port}/x.png'>"
        "<script src='http://nowhere.example.test/a.js'></script>"
    )
    bench.plain.routes["/broken.png"] = broken
    result, out = bench.capture(bench.url("/gaps"))
    assert result["ok"], result
    found = read_json(out, "meta/completeness.json")
    assert found["verdict"] == "PARTIAL"
    assert {item["url"]: item["reason"] for item in found["blocked"]}[
        f"http://127.0.0.1:{bench.canary.port}/x.png"
    ] == "not-global"
    assert bench.url("/broken.png") in {item["url"] for item in found["failed"]}
    assert bench.canary.connections == 0


def test_pages_without_end_are_bounded(bench: Bench) -> None:
    """A page that drips for ever and one that grows for ever are captured as PARTIAL, in time."""

    async def drip(_head: bytes, _reader: Any, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>drip</title><p>begin</p>")
        while True:
            writer.write(b"<p>more</p>" * 50)
            await writer.drain()
            await asyncio.sleep(0.1)

    bench.plain.routes["/drip"] = drip
    began = time.monotonic()
    result, out = bench.capture(bench.url("/drip"), timeout_s=8)
    assert result["ok"], result
    assert "load_timeout" in result["result"]["stop_reason"]
    assert result["result"]["completeness"] == "PARTIAL"
    assert b"begin" in (out / "data/dom.html").read_bytes()
    assert time.monotonic() - began < 60, "in time, also on a machine that does much else"
    bench.plain.routes["/grow"] = answer(
        "<title>grow</title><div id=d style='height:3000px'>x</div><script>addEventListener('scroll',()=>"
        "{d.style.height=(d.offsetHeight+2500)+'px'})</script>"
    )
    result, out = bench.capture(bench.url("/grow"), timeout_s=10)
    assert result["ok"], result
    assert "scroll_" in result["result"]["stop_reason"]


def test_scripts_that_never_yield_are_ended(bench: Bench) -> None:
    """A page whose script loops is still captured, and says so."""
    bench.plain.routes["/loop"] = answer("<title>l</title><h1>价</h1><script>setTimeout(()=>{for(;;);},30)</script>")
    result, out = bench.capture(bench.url("/loop"), timeout_s=10)
    assert result["ok"], result
    assert "script_stopped" in result["result"]["stop_reason"]
    assert "价" in (out / "data/dom.html").read_text()


@pytest.mark.parametrize(
    ("path", "body", "flag"),
    [
        ("/login", "<title>登录</title><form><input name=u><input type=password name=p></form>", "login_wall"),
        ("/check", "<title>安全验证</title><div class=captcha>请完成验证</div>", "captcha"),
    ],
)
def test_walls_are_flagged(bench: Bench, path: str, body: str, flag: str) -> None:
    """A login wall or captcha is captured, flagged, and not called complete."""
    bench.plain.routes[path] = answer(body)
    result, _ = bench.capture(bench.url(path))
    assert result["result"]["flags"] == [flag]
    assert result["result"]["completeness"] == "PARTIAL"


def test_dialogs_popups_and_downloads_do_not_stop_it(bench: Bench) -> None:
    """They are closed and noted."""
    bench.plain.routes["/noisy"] = answer(
        "<title>n</title><p>here</p><script>setTimeout(()=>{window.open('/popup');alert('买!')},0)</script>"
    )
    bench.plain.routes["/popup"] = answer("pop")
    bench.plain.routes["/file"] = answer(
        b"x", "application/octet-stream", "200 OK", "Content-Disposition: attachment; filename=a.bin"
    )
    result, out = bench.capture(bench.url("/noisy"))
    assert result["ok"], result
    assert "dialog:alert:买!" in read_json(out, "meta/capture.json")["behaviours"]["events"]
    refused, out = bench.capture(bench.url("/file"))
    assert refused["error"]["code"] == "capture.download"
    assert not out.exists()
