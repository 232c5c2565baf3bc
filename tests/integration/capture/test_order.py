"""Orders to the capture worker: bad, repeated, and for the page alone."""

import pytest

from tests.servers.capture_bench import Bench
from tests.unit.crawlers.capture.site import answer

pytestmark = [pytest.mark.browser]


def test_bad_input_has_its_own_code(bench: Bench) -> None:
    """Each kind of bad order or address is told apart, and nothing is written."""
    closed = f"http://127.0.0.1:{bench.canary.port}/"
    bench.plain.routes["/to-private"] = answer("", "text/plain", "302 Found", f"Location: {closed}")
    bench.plain.routes["/round"] = answer("", "text/plain", "302 Found", "Location: /round")
    cases = {
        "not a url": "capture.bad_url",
        "ftp://shop.example.test/": "capture.bad_url",
        "http://user:pw@shop.example.test/": "capture.bad_url",
        closed: "capture.egress_refused",
        "http://10.0.0.1/": "capture.egress_refused",
        "http://shop.example.test:22/": "capture.egress_refused",
        bench.url("/to-private"): "capture.egress_refused",
        bench.url("/round"): "capture.redirects",
        "http://nowhere.example.test/": "capture.unreachable",
        bench.tls_url("good").replace("https", "http"): "capture.unreachable",
    }
    for url, code in cases.items():
        result, out = bench.capture(url)
        assert not result["ok"]
        assert result["error"]["code"] == code, (url, result)
        assert result["error"]["hint"] or code == "capture.bad_order"
        assert not out.exists()
    assert bench.canary.connections == 0
    assert bench.worker.order(b"{nonsense")["error"]["code"] == "capture.bad_order"
    wrong = bench.worker.order(b'{"op":"capture","id":"e","url":"http://a.example/","out":"relative"}')
    assert (wrong["id"], wrong["error"]["code"]) == ("e", "capture.bad_order")


def test_same_order_twice_is_made_once(bench: Bench) -> None:
    """An order given again answers with the capture that is there; another one does not touch it."""
    bench.plain.routes["/once"] = answer("<title>once</title>")
    out = bench.folder / "once"
    order = {"op": "capture", "id": "ev-once", "url": bench.url("/once"), "out": str(out)}
    first, second = bench.worker.order(order), bench.worker.order(order)
    assert (first["result"]["reused"], second["result"]["reused"]) == (False, True)
    assert {f["path"]: f["sha256"] for f in first["result"]["files"]} == {
        f["path"]: f["sha256"] for f in second["result"]["files"]
    }
    other = bench.worker.order({**order, "id": "ev-other"})
    assert other["error"]["code"] == "capture.out_exists"


def test_render_gives_the_dom(bench: Bench) -> None:
    """The crawler's order answers with the page after its scripts, and writes nothing."""
    bench.plain.routes["/js"] = answer("<title>js</title><div id=a></div><script>a.textContent='价格'+(40+2)</script>")
    result = bench.worker.order({"op": "render", "id": "r1", "url": bench.url("/js")})
    assert result["ok"], result
    assert "价格42" in result["result"]["html"]
    assert (result["result"]["status"], result["result"]["remote_address"]) == (200, "127.0.0.1")
    assert result["result"]["url"] == bench.url("/js")
