"""Facts of connections against sites whose truth is known: TLS versions, chains, IPv6, redirects between them."""

import hashlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.servers.capture_bench import read_json, read_lines, read_warc, responses
from tests.unit.crawlers.capture.site import Authority, CaptureProcess, Site, answer

pytestmark = [pytest.mark.browser]


@dataclass
class Known:
    """Sites of known truth, and a worker.

    Attributes:
        old: speaks TLS 1.2 only, under an authority between. six: plain, on IPv6.
        chain: DER of leaf, authority between, root.
    """

    old: Site
    six: Site
    chain: list[bytes]
    worker: CaptureProcess


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """Two sites and a worker for the module."""
    folder = tmp_path_factory.mktemp("known")
    root = Authority(folder)
    between = Authority(folder, "Between", root)
    context, leaf = between.leaf("old.example.test")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    with Site(context) as old, Site(address="::1") as six:
        worker = CaptureProcess(
            {
                "WANGJIAN_EGRESS_ALLOW": f"127.0.0.1:{old.port},[::1]:{six.port}",
                "WANGJIAN_EGRESS_HOSTS": "old.example.test=127.0.0.1,six.example.test=::1",
                "WANGJIAN_EXTRA_CA_FILE": str(root.file),
            }
        )
        chain = [leaf, *(item.root.public_bytes(Encoding.DER) for item in between.line())]
        yield Known(old, six, chain, worker)
        assert worker.close() == 0


def test_each_exchange_has_its_own_connection_facts(known: Known, tmp_path: Path) -> None:
    """A page over IPv6 that sends the browser to TLS 1.2 and loads a picture from each: every line tells the truth."""
    secure, plain = f"https://old.example.test:{known.old.port}", f"http://six.example.test:{known.six.port}"
    known.six.routes["/"] = answer("", "text/plain", "302 Found", f"Location: {secure}/page")
    known.six.routes["/s.js"] = answer("1", "text/javascript")
    known.old.routes["/page"] = answer("<title>旧</title><h1>x</h1><img src=/i.png>")
    known.old.routes["/i.png"] = answer("x", "image/png")
    out = tmp_path / "out"
    result = known.worker.order({"op": "capture", "id": "ev-1", "url": f"{plain}/", "out": str(out)})
    assert result["ok"], result
    lines = {line["url"]: line for line in read_lines(out, "data/net/requests.jsonl") if line["type"] == "exchange"}
    first, page = lines[f"{plain}/"], lines[f"{secure}/page"]
    assert (first["remote_address"], first["remote_port"], first["tls"]) == ("::1", known.six.port, "")
    assert first["certificate_of_connection"] == ""
    assert (page["remote_address"], page["remote_port"], page["tls"]) == ("127.0.0.1", known.old.port, "TLS 1.2")
    assert page["certificate"] == hashlib.sha256(known.chain[0]).hexdigest()
    assert page["certificate_of_connection"] == "agrees"
    assert "by the browser for the origin" in page["certificate_held"]
    assert page["key_exchange"]
    main = result["result"]["main_document"]
    assert main["certificates"] == [hashlib.sha256(item).hexdigest() for item in known.chain]
    for item in known.chain:
        assert (out / f"data/net/tls/{hashlib.sha256(item).hexdigest()}.der").read_bytes() == item
    assert [hop["status"] for hop in read_json(out, "meta/capture.json")["redirect_chain"]] == [302, 200]
    found = responses(read_warc(out)[1])
    headers = found[f"{secure}/page"][0].rec_headers
    assert [value for name, value in headers.headers if name == "WARC-Protocol"] == ["http/1.1", "tls/1.2"]
    assert headers["WARC-IP-Address"] == "127.0.0.1"
    assert found[f"{plain}/"][0].rec_headers["WARC-IP-Address"] == "::1"
