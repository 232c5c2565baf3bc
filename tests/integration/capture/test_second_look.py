"""The second look, the beacon and the clock in a capture's folder."""

import asyncio
import base64
import hashlib
import json
import zlib

import pytest

from tests.servers.capture_bench import Bench, read_json, read_warc
from tests.unit.crawlers.capture.site import answer

pytestmark = [pytest.mark.browser]


def test_a_plain_fetch_is_compared(bench: Bench) -> None:
    """A page that shows another price to scripts: the difference is told, the capture is whole, cookies are veiled."""
    bench.plain.routes["/two"] = answer(
        "<title>茶</title><p id=p>￥100</p><script>p.textContent='￥88'</script>",
        "text/html; charset=utf-8",
        "200 OK",
        "Set-Cookie: sid=topsecret",
    )
    result, out = bench.capture(bench.url("/two"), second_look=True)
    assert result["ok"], result
    assert result["result"]["completeness"] == "COMPLETE"
    told = read_json(out, "data/second/diff.json")
    different = {item["what"]: item for item in told["fetch"]["different"]}
    assert set(different) == {"prices", "text"}
    assert (different["prices"]["first"], different["prices"]["second"]) == (["￥88"], ["￥100"])
    assert {"status", "final_url", "title", "body_sha256", "remote_address"} <= set(told["fetch"]["same"])
    assert told["node"]["state"] == "not_asked"
    fetched = read_json(out, "data/second/fetch.json")
    assert fetched["hops"][0]["remote_address"] == "127.0.0.1"
    assert "topsecret" not in json.dumps(fetched)
    body = (out / "data/second/fetch-body.bin").read_bytes()
    assert hashlib.sha256(body).hexdigest() == fetched["body_sha256"]
    assert result["result"]["second_look"]["fetch"] == {"state": "compared", "different": ["prices", "text"]}


def test_its_failure_is_told_and_fails_nothing(bench: Bench) -> None:
    """A site that answers the browser only."""
    routes = bench.plain.routes

    async def once(head: bytes, _reader: object, writer: asyncio.StreamWriter) -> None:
        browser = b"upgrade-insecure-requests" in head.lower()
        writer.write(answer("<title>x</title>") if browser else b"junk\r\n\r\n")

    routes["/once"] = once
    result, out = bench.capture(bench.url("/once"), second_look=True)
    assert result["ok"], result
    told = read_json(out, "data/second/diff.json")["fetch"]
    assert told["state"] == "failed"
    assert "BadStatusLine" in told["reason"]
    assert not (out / "data/second/fetch-body.bin").exists()


def test_tls_sides_agree(bench: Bench) -> None:
    """Over TLS the leaf of both looks is the same, and the browser's connection told the same validity."""
    result, out = bench.capture(bench.tls_url("good"), second_look=True)
    assert result["ok"], result
    assert "certificate_sha256" in read_json(out, "data/second/diff.json")["fetch"]["same"]
    leaf = hashlib.sha256(bench.tls["good"][1]).hexdigest()
    assert (out / f"data/second/tls/{leaf}.der").is_file()
    assert result["result"]["main_document"]["certificate_of_connection"] == "agrees"


def test_the_beacon_is_there_before_the_page(bench: Bench) -> None:
    """Both files as handed over; the first record of the archive names their digests; without one it is said."""
    bench.plain.routes["/b"] = answer("<title>b</title>")
    note, response = "log\n1\nroot\n", b"\x30\x03\x02\x01\x00"
    out = bench.folder / "beacon"
    order = {"op": "capture", "id": "ev-b", "url": bench.url("/b"), "out": str(out)}
    beacon = {
        "note": note,
        "tsa": "alpha",
        "response": base64.b64encode(response).decode(),
        "at": "2026-11-25T00:00:00Z",
    }
    result = bench.worker.order({**order, "beacon": beacon})
    assert result["ok"], result
    assert (out / "meta/beacon.note").read_bytes() == note.encode()
    assert (out / "meta/beacon.alpha.tsr").read_bytes() == response
    first = zlib.decompressobj(31).decompress(read_warc(out)[1])
    assert f"beacon-note-sha256: {hashlib.sha256(note.encode()).hexdigest()}".encode() in first
    assert f"beacon-timestamp-sha256: {hashlib.sha256(response).hexdigest()}".encode() in first
    assert result["result"]["beacon"]["state"] == "given"
    plain, _ = bench.capture(bench.url("/b"))
    assert plain["result"]["beacon"] == {"state": "none", "reason": "none was handed over"}
    half = bench.worker.order({**order, "id": "x", "beacon": {"note": note}})
    assert half["error"]["code"] == "capture.bad_order"


def test_clean_says_what_it_looked_for(bench: Bench) -> None:
    """Profile, processes, hosts, code and clock, each with what was found or why not checked."""
    bench.plain.routes["/c"] = answer("<title>c</title>")
    _, out = bench.capture(bench.url("/c"))
    clean = read_json(out, "data/env/clean.json")
    assert clean["profile"]["fresh"] is True
    assert clean["processes"]["looked_for"]
    assert "entries_that_matter" in clean["hosts_file"]
    assert len(clean["code"]["sha256"]) == 64
    assert clean["clock"]["ntp"]["state"] == "NOT_CHECKED"
    assert [sample["label"] for sample in clean["clock"]["samples"]] == ["start", "end"]
