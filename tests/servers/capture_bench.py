"""One capture worker with the sites it is sent to, and readers of what it makes."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from tests.unit.crawlers.capture.site import Authority, CaptureProcess, Site, answer

NAMES = ("shop", "frame", "good", "expired", "foreign")


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


@contextmanager
def capture_bench(folder: Path) -> Iterator[Bench]:
    """One worker and its sites, until the block ends."""
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


def browser_of(worker: CaptureProcess) -> psutil.Process:
    """The Chromium that a worker started."""
    for child in psutil.Process(worker.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # its renderers come and go
            if "chrom" in child.name() and "--type=" not in " ".join(child.cmdline()):
                return child
    raise AssertionError("expected a running Chromium, got none")
