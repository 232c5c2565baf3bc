"""A second node over HTTP: asked, captured, signed, believed only under its root."""

import http.client
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crawlers.capture.node import Node, pack
from crawlers.capture.order import CaptureOrder
from crawlers.capture.second_node import ask_node, check
from evidence.errors import EvidenceError
from evidence.keys import Keys, ensure_keys, folder_of
from kernel.clock import now
from kernel.config import Settings
from tests.unit.crawlers.capture.site import Site, answer

pytestmark = [pytest.mark.browser]
TOKEN = "t" * 24


@dataclass
class Running:
    """A node, the site it looks at, and settings that name it."""

    site: Site
    keys: Keys
    config: Settings

    def order(self, path: str) -> CaptureOrder:
        """An order for a page of the site."""
        url = f"http://shop.example.test:{self.site.port}{path}"
        return CaptureOrder(op="capture", id="ev-1", url=url, out=Path("/none"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One node for the module."""
    folder = tmp_path_factory.mktemp("node")
    keys_of_node = Settings(data_dir=folder / "node")
    keys = ensure_keys(keys_of_node, now())
    (folder / "token").write_text(TOKEN)
    with Site() as site:
        site.routes["/"] = answer("<title>茶</title><p>￥9</p>")
        config = Settings(
            data_dir=folder / "node",
            egress_allow=(f"127.0.0.1:{site.port}",),
            egress_hosts=("shop.example.test=127.0.0.1",),
            node_key_file=str(folder_of(keys_of_node) / "node.key"),
        )
        node = Node(config, ("127.0.0.1", 0), TOKEN)
        threading.Thread(target=node.serve_forever, args=(0.05,), daemon=True).start()
        asking = Settings(
            data_dir=folder / "main",
            second_node_url=f"http://127.0.0.1:{node.server_address[1]}",
            second_node_token_file=str(folder / "token"),
            second_node_root_file=str(folder_of(keys_of_node) / "node-root.pem"),
        )
        yield Running(site, keys, asking)
        node.shutdown()
        node.close()


def test_a_signed_capture_comes_back(running: Running) -> None:
    """Whole, with the node's certificate; what was refused there is told here."""
    found = ask_node(running.config, running.order("/"))
    assert found.error == ""
    assert json.loads(found.files["meta/capture.json"])["title"] == "茶"
    assert "node" in found.subject.lower()
    refused = ask_node(running.config, CaptureOrder(op="capture", id="e", url="http://10.0.0.1/", out=Path("/none")))
    assert "422" in refused.error
    assert "egress_refused" in refused.error


def test_another_root_or_token_is_not_believed(running: Running, tmp_path: Path) -> None:
    """A signature under a root that is not the one set; a wrong token; a missing file: an error, no capture."""
    other = Settings(data_dir=tmp_path)
    ensure_keys(other, now())
    (tmp_path / "wrong").write_text("x" * 24)
    changes = (
        {"second_node_root_file": str(folder_of(other) / "node-root.pem")},
        {"second_node_token_file": str(tmp_path / "wrong")},
        {"second_node_token_file": str(tmp_path / "none")},
        {"second_node_url": "http://127.0.0.1:9"},
    )
    for change in changes:
        found = ask_node(running.config.model_copy(update=change), running.order("/"))
        assert found.error
        assert found.files == {}


@pytest.mark.parametrize("kind", ["changed", "added", "missing", "link", "climbing", "unsigned"])
def test_a_tampered_answer_is_refused(running: Running, tmp_path: Path, kind: str) -> None:
    """Any file that is not as the node listed it."""
    found = ask_node(running.config, running.order("/"))
    files = dict(found.files)
    if kind == "changed":
        files["data/dom.html"] += b" "
    elif kind == "added":
        files["data/x"] = b""
    elif kind == "missing":
        del files["data/page.pdf"]
    elif kind == "unsigned":
        del files["meta/capture.p7s"]
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    data = pack(tmp_path)
    if kind in {"link", "climbing"}:
        entry = tarfile.TarInfo("../x" if kind == "climbing" else "data/x")
        entry.type = tarfile.SYMTYPE if kind == "link" else tarfile.REGTYPE
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w") as archive:
            archive.addfile(entry)
        data = target.getvalue()
    with pytest.raises((ValueError, EvidenceError)):
        check(data, [running.keys.node.issuers[-1]])


@pytest.mark.parametrize(
    ("path", "body"), [("/other", b"{}"), ("/capture", b"[]"), ("/capture", b"{"), ("/capture", b"")]
)
def test_what_is_no_request_is_refused(running: Running, path: str, body: bytes) -> None:
    """Another path, no object, no JSON, nothing."""
    port = int(running.config.second_node_url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, {"Authorization": f"Bearer {TOKEN}"})
    assert connection.getresponse().status == 400
    connection.close()
