"""The capture worker against pages served here, in real Chromium."""

import asyncio
import base64
import gzip
import hashlib
import io
import json
import os
import signal
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]
from warcio.checker import Checker  # type: ignore[import-untyped]

from kernel.crypto import canonical_json
from tests.unit.crawlers.capture.site import Authority, CaptureProcess, Site, answer, png

pytestmark = [pytest.mark.browser]

NAMES = ("shop", "frame", "good", "expired", "foreign")
SECRET = "f00dfeedsecret"
GBK_PAGE = (
    "<!doctype html><html><head><meta charset=gbk><title>网鉴商店</title><link rel=stylesheet href=/a.css></head><body>"
    "<h1>国家级 ￥99</h1>"
    + "".join(f"<div style='height:300px'><img loading=lazy src=/i{n}.png>商品{n}</div>" for n in range(25))
    + "</body></html>"
).encode("gbk")


@dataclass
class Bench:
    """Sites, worker and folder of one test run."""

    plain: Site
    canary: Site
    tls: dict[str, tuple[Site, bytes]]
    authority: Authority
    environment: dict[str, str]
    worker: CaptureProcess
    folder: Path
    count: int = 0

    def url(self, path: str, host: str = "shop") -> str:
        """Address of a page on the plain site."""
        return f"http://{host}.example.test:{self.plain.port}{path}"

    def tls_url(self, name: str) -> str:
        """Address on one of the TLS sites."""
        return f"https://{name}.example.test:{self.tls[name][0].port}/"

    def capture(self, url: str, **options: object) -> tuple[dict[str, Any], Path]:
        """Capture a page; the worker's answer and the folder."""
        self.count += 1
        out = self.folder / f"c{self.count}"
        order = {"op": "capture", "id": f"ev-{self.count}", "url": url, "out": str(out), "options": options}
        return self.worker.order(order), out


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One worker and its sites for the whole module."""
    folder = tmp_path_factory.mktemp("capture")
    authority, foreign = Authority(folder), Authority(folder, "Foreign Root")
    contexts = {
        "good": authority.leaf("good.example.test"),
        "expired": authority.leaf("expired.example.test", -9, -1),
        "foreign": foreign.leaf("foreign.example.test"),
    }
    tls = {name: (Site(context), der) for name, (context, der) in contexts.items()}
    with Site() as plain, Site() as canary, tls["good"][0], tls["expired"][0], tls["foreign"][0]:
        for site, _ in tls.values():
            site.routes["/"] = answer("<title>TLS</title><h1>安全</h1>")
        ports = [plain.port, *(site.port for site, _ in tls.values())]
        environment = {
            "WANGJIAN_EGRESS_ALLOW": ",".join(f"127.0.0.1:{port}" for port in ports),
            "WANGJIAN_EGRESS_HOSTS": ",".join(f"{name}.example.test=127.0.0.1" for name in NAMES),
            "WANGJIAN_EXTRA_CA_FILE": str(authority.file),
        }
        worker = CaptureProcess(environment)
        yield Bench(plain, canary, tls, authority, environment, worker, folder)
        assert worker.close() == 0


def read_json(out: Path, name: str) -> Any:
    """A JSON file of a capture."""
    return json.loads((out / name).read_bytes())


def read_lines(out: Path, name: str) -> list[dict[str, Any]]:
    """A JSON lines file of a capture."""
    return [json.loads(line) for line in (out / name).read_bytes().splitlines()]


def read_warc(out: Path) -> tuple[zipfile.ZipFile, bytes]:
    """The WACZ and the WARC in it."""
    wacz = zipfile.ZipFile(out / "data/capture.wacz")
    return wacz, wacz.read("archive/data.warc.gz")


def responses(warc: bytes) -> dict[str, tuple[Any, bytes]]:
    """Answers of a WARC by URL."""
    found = {}
    for record in ArchiveIterator(io.BytesIO(warc)):
        if record.rec_type == "response":
            found[record.rec_headers["WARC-Target-URI"]] = (record, record.content_stream().read())
    return found


def test_a_whole_page(bench: Bench, tmp_path: Path) -> None:
    """A GBK page with lazy pictures: every file is there, the archive checks, nothing secret is in it."""
    bench.plain.routes["/"] = answer(
        GBK_PAGE, "text/html", "200 Sehr gut", f"Set-Cookie: sid={SECRET}; Path=/; HttpOnly", "X-Twice: 1", "X-Twice: 2"
    )
    css = "/*样式*/ h1{color:red}".encode("gbk")
    bench.plain.routes["/a.css"] = answer(css, "text/css; charset=gbk")
    for number in range(25):
        bench.plain.routes[f"/i{number}.png"] = answer(png(number), "image/png")
    result, out = bench.capture(bench.url("/"), purpose="测试", order={"case": "案-1"})
    assert result["ok"], result
    found = result["result"]
    assert (found["completeness"], found["stop_reason"], found["failed"]) == ("COMPLETE", "", 0)
    assert bench.worker.progress[0] == "opening"
    assert bench.worker.progress[-1] == "writing"
    for entry in found["files"]:
        data = (out / entry["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"])
    names = {entry["path"] for entry in found["files"]}
    assert names >= {
        "data/capture.wacz",
        "data/screens/000-initial.png",
        "data/screens/010-after-scroll.png",
        "data/page.pdf",
        "data/dom.html",
        "data/net/chains.json",
        "data/net/dns.jsonl",
        "data/net/requests.jsonl",
        "data/env/clean.json",
        "meta/capture.json",
        "meta/completeness.json",
    }
    assert names == {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    record = (out / "meta/capture.json").read_bytes()
    assert canonical_json(json.loads(record)) == record
    told = json.loads(record)
    assert (told["title"], told["purpose"], told["order"]) == ("网鉴商店", "测试", {"case": "案-1"})
    assert told["main_document"]["remote_address"] == "127.0.0.1"
    assert told["main_document"]["body_sha256"] == hashlib.sha256(GBK_PAGE).hexdigest()

    warc = read_warc(out)[1]
    answers = responses(warc)
    assert answers[bench.url("/")][1] == GBK_PAGE
    assert answers[bench.url("/a.css")][1] == css
    for number in range(25):
        assert answers[bench.url(f"/i{number}.png")][1] == png(number)
    head = answers[bench.url("/")][0]
    assert head.rec_headers["WARC-IP-Address"] == "127.0.0.1"
    assert head.rec_headers["WARC-Protocol"] == "http/1.1"
    assert head.http_headers.statusline == "200 Sehr gut"
    assert [value for name, value in head.http_headers.headers if name == "X-Twice"] == ["1", "2"]

    everything = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file()) + gzip.decompress(warc)
    assert SECRET.encode() not in everything
    assert b"sid=sha256:" in everything
    assert any(f"sid={SECRET}".encode() in hit for hit in bench.plain.hits), "the browser itself did send the cookie"


def test_archive_checks_and_index_resolves(bench: Bench, tmp_path: Path) -> None:
    """The check of warcio passes; each index line leads to its record; package digests are right."""
    bench.plain.routes["/index"] = answer("<title>索引</title><img src='/p.png?b=2&a=1'>")
    bench.plain.routes["/p.png"] = answer(png(3), "image/png")
    result, out = bench.capture(bench.url("/index"))
    assert result["ok"], result
    wacz, warc = read_warc(out)
    file = tmp_path / "x.warc.gz"
    file.write_bytes(warc)

    class Arguments:
        inputs = (str(file),)
        verbose = False

    checker = Checker(Arguments())
    checker.process_all()
    assert not checker.exit_value
    assert all(info.compress_type == zipfile.ZIP_STORED for info in wacz.infolist())
    package = json.loads(wacz.read("datapackage.json"))
    assert package["wacz_version"] == "1.1.1"
    for resource in package["resources"]:
        data = wacz.read(resource["path"])
        assert (resource["hash"], resource["bytes"]) == (f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))
    digest = json.loads(wacz.read("datapackage-digest.json"))
    assert digest["hash"] == f"sha256:{hashlib.sha256(wacz.read('datapackage.json')).hexdigest()}"
    lines = wacz.read("indexes/index.cdxj").splitlines()
    assert lines == sorted(lines)
    urls = set()
    for line in lines:
        entry = json.loads(line.split(b" ", 2)[2])
        member = warc[entry["offset"] : entry["offset"] + entry["length"]]
        record = next(iter(ArchiveIterator(io.BytesIO(member))))
        assert record.rec_headers["WARC-Target-URI"] == entry["url"]
        assert hashlib.sha256(record.content_stream().read()).hexdigest() == entry["digest"].removeprefix("sha256:")
        urls.add(entry["url"])
    assert bench.url("/p.png?b=2&a=1") in urls
    kinds = {(record.rec_type, record.content_type) for record in ArchiveIterator(io.BytesIO(warc))}
    assert {("warcinfo", "application/warc-fields"), ("resource", "text/dns")} <= kinds
    pages = [json.loads(line) for line in wacz.read("pages/pages.jsonl").splitlines()]
    assert pages[1]["url"] == bench.url("/index")


def test_tls_chain_comes_from_the_connection(bench: Bench) -> None:
    """The DER files are the server's own certificates; protocol, cipher and verdict are recorded."""
    result, out = bench.capture(bench.tls_url("good"))
    assert result["ok"], result
    main = result["result"]["main_document"]
    assert main["tls_verdict"] == {"state": "valid", "error": ""}
    leaf = bench.tls["good"][1]
    name = hashlib.sha256(leaf).hexdigest()
    assert main["certificates"][0] == name
    assert (out / f"data/net/tls/{name}.der").read_bytes() == leaf
    chains = read_json(out, "data/net/chains.json")
    assert chains[0]["origin"] == bench.tls_url("good").rstrip("/")
    assert chains[0]["remote_address"] == "127.0.0.1"
    assert chains[0]["certificates"][0]["names"] == ["good.example.test"]
    _, warc = read_warc(out)
    record, _ = responses(warc)[bench.tls_url("good")]
    assert record.rec_headers["WARC-Cipher-Suite"]
    assert "tls/1.3" in [value for key, value in record.rec_headers.headers if key == "WARC-Protocol"]
    told = b"".join(r.raw_stream.read() for r in ArchiveIterator(io.BytesIO(warc)) if r.rec_type == "metadata")
    assert name.encode() in told
    clean = read_json(out, "data/env/clean.json")
    assert clean["browser"]["extra_roots"]["file"] == str(bench.authority.file)
    assert clean["browser"]["certificate_errors_ignored"] is False
    assert len(clean["browser"]["executable_sha256"]) == 64


@pytest.mark.parametrize(
    ("name", "error"), [("expired", "net::ERR_CERT_DATE_INVALID"), ("foreign", "net::ERR_CERT_AUTHORITY_INVALID")]
)
def test_bad_certificate_only_by_order(bench: Bench, name: str, error: str) -> None:
    """A bad certificate fails the capture; by an officer's order it is captured with the verdict."""
    refused, out = bench.capture(bench.tls_url(name))
    assert refused["error"]["code"] == "capture.tls_invalid"
    assert refused["error"]["context"]["error"] == error
    assert not out.exists()
    result, out = bench.capture(bench.tls_url(name), accept_bad_tls=True)
    assert result["ok"], result
    assert result["result"]["main_document"]["tls_verdict"] == {"state": "invalid", "error": error}
    assert read_json(out, "data/env/clean.json")["browser"]["certificate_errors_ignored"] is True
    leaf = hashlib.sha256(bench.tls[name][1]).hexdigest()
    assert (out / f"data/net/tls/{leaf}.der").is_file()


def test_redirects_are_kept_hop_by_hop(bench: Bench) -> None:
    """Every hop is in the chain and in the archive."""
    bench.plain.routes["/r1"] = answer("", "text/plain", "302 Found", "Location: /r2")
    bench.plain.routes["/r2"] = answer("", "text/plain", "301 Moved Permanently", "Location: /r3")
    bench.plain.routes["/r3"] = answer("<title>da</title>")
    result, out = bench.capture(bench.url("/r1"))
    assert result["ok"], result
    hops = read_json(out, "meta/capture.json")["redirect_chain"]
    assert [(hop["url"], hop["status"]) for hop in hops] == [
        (bench.url("/r1"), 302),
        (bench.url("/r2"), 301),
        (bench.url("/r3"), 200),
    ]
    assert {bench.url("/r1"), bench.url("/r2"), bench.url("/r3")} <= set(responses(read_warc(out)[1]))
    assert result["result"]["final_url"] == bench.url("/r3")


def test_frames_workers_sockets_and_posts(bench: Bench) -> None:
    """Cross-site frames, workers, WebSockets and POST bodies are in the record."""

    async def socket(head: bytes, _reader: Any, writer: Any) -> None:
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")).split(b": ")[
            1
        ]
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())  # noqa: S324 - RFC 6455
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n\x81\x02hi"
        )
        await writer.drain()

    async def post(head: bytes, reader: Any, writer: Any) -> None:
        size = int(
            next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split(b":")[1]
        )
        await reader.readexactly(size)
        writer.write(answer("ok", "text/plain"))

    routes = bench.plain.routes
    frame = bench.url("/frame.html", "frame")
    routes["/many"] = answer(
        f"<title>m</title><iframe src='{frame}'></iframe><script>new Worker('/w.js');"
        "new WebSocket('ws://'+location.host+'/ws');fetch('/post',{method:'POST',body:'价格=1'});</script>"
    )
    routes["/frame.html"] = answer("frame<img src=/in-frame.png>")
    routes["/in-frame.png"] = answer(png(7), "image/png")
    routes["/w.js"] = answer("fetch('/from-worker')", "text/javascript")
    routes["/from-worker"] = answer("w", "text/plain")
    routes["/ws"], routes["/post"] = socket, post
    result, out = bench.capture(bench.url("/many"))
    assert result["ok"], result
    lines = {line["url"]: line for line in read_lines(out, "data/net/requests.jsonl") if line["type"] == "exchange"}
    for path, host in (("/in-frame.png", "frame"), ("/from-worker", "shop"), ("/ws", "shop"), ("/post", "shop")):
        assert bench.url(path, host) in lines, path
    assert lines[bench.url("/ws")]["status"] == 101
    assert lines[bench.url("/ws")]["messages"] == 1
    warc = read_warc(out)[1]
    assert responses(warc)[bench.url("/in-frame.png", "frame")][1] == png(7)
    sent = {
        record.rec_headers["WARC-Target-URI"]: record.content_stream().read()
        for record in ArchiveIterator(io.BytesIO(warc))
        if record.rec_type == "request"
    }
    assert sent[bench.url("/post")] == "价格=1".encode()


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
    assert time.monotonic() - began < 10
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


def _browser_of(worker: CaptureProcess) -> psutil.Process:
    children = psutil.Process(worker.process.pid).children(recursive=True)
    return next(child for child in children if "chrom" in child.name() and "--type=" not in " ".join(child.cmdline()))


def test_crash_fails_one_order_only(bench: Bench) -> None:
    """When Chromium dies the order fails with its code, and the next one is carried out."""

    async def hang(_head: bytes, _reader: Any, writer: Any) -> None:
        _browser_of(bench.worker).send_signal(signal.SIGKILL)

    bench.plain.routes["/ok"] = answer("<title>ok</title>")
    assert bench.capture(bench.url("/ok"))[0]["ok"]
    bench.plain.routes["/hang"] = hang
    result, out = bench.capture(bench.url("/hang"))
    assert result["error"]["code"] == "capture.browser_crashed", result
    assert not out.exists()
    result, out = bench.capture(bench.url("/ok"))
    assert result["ok"], result


def test_kill_leaves_nothing_half(bench: Bench) -> None:
    """A worker killed at any stage leaves no folder that looks whole, and the order can be given again."""
    bench.plain.routes["/kill"] = answer("<title>k</title>" + "<p>x</p>" * 400)
    for number, stage in enumerate(("loading", "picture", "printing", "writing")):
        worker = CaptureProcess(bench.environment)
        out = bench.folder / f"k{number}"
        order = {"op": "capture", "id": f"k-{number}", "url": bench.url("/kill"), "out": str(out)}
        worker.send(order)
        for found in worker.answers():
            if found.get("stage") == stage:
                break
        chromium = _browser_of(worker)
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait(10)
        chromium.kill()
        worker.close()
        assert not out.exists() or (out / "meta/capture.json").is_file()
        assert bench.worker.order(order)["ok"]
        assert not out.with_name(out.name + ".partial").exists()


def test_missing_browser_says_how_to_get_one(bench: Bench, tmp_path: Path) -> None:
    """Without Chromium the order fails with the command that helps."""
    worker = CaptureProcess({**bench.environment, "WANGJIAN_CHROMIUM_PATH": str(tmp_path / "none")})
    order = {"op": "capture", "id": "m", "url": bench.url("/kill"), "out": str(tmp_path / "m")}
    error = worker.order(order)["error"]
    assert error["code"] == "capture.browser_missing"
    assert "apt-get install chromium" in error["hint"]
    assert worker.close() == 0
