"""What the archive of a captured page holds."""

import base64
import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]
from warcio.checker import Checker  # type: ignore[import-untyped]

from kernel.crypto import canonical_json
from tests.servers.capture_bench import Bench, read_json, read_lines, read_warc, responses
from tests.unit.crawlers.capture.site import answer, png

pytestmark = [pytest.mark.browser]

SECRET = "f00dfeedsecret"
GBK_PAGE = (
    "<!doctype html><html><head><meta charset=gbk><title>网鉴商店</title><link rel=stylesheet href=/a.css></head><body>"
    "<h1>国家级 ￥99</h1>"
    + "".join(f"<div style='height:300px'><img loading=lazy src=/i{n}.png>商品{n}</div>" for n in range(25))
    + "</body></html>"
).encode("gbk")


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
