"""Captures that are killed half-way, by kill -9 of worker and browser, and what is made of them."""

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from evidence.capture import read_capture
from tests.unit.crawlers.capture.site import CaptureProcess, Site, answer, png

pytestmark = [pytest.mark.browser]
PICTURES = 90
"""More than the records of one snapshot, so that one is committed before the page has ended."""


@pytest.fixture
def site() -> Iterator[Site]:
    """A page whose last picture never comes."""

    async def hang(_head: bytes, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    with Site() as site:
        site.routes["/"] = answer("", "text/plain", "302 Found", "Location: /page")
        site.routes["/page"] = answer(
            "<title>中断</title>"
            + "".join(f"<img src=/i{number}.png>" for number in range(PICTURES))
            + "<img src=/never.png>"
        )
        site.routes["/short"] = answer("<title>短</title><p>" + "字" * 500)
        for number in range(PICTURES):
            site.routes[f"/i{number}.png"] = answer(png(number), "image/png")
        site.routes["/never.png"] = hang
        yield site


def start(site: Site) -> CaptureProcess:
    """A worker that may reach the site."""
    return CaptureProcess(
        {
            "WANGJIAN_EGRESS_ALLOW": f"127.0.0.1:{site.port}",
            "WANGJIAN_EGRESS_HOSTS": "shop.example.test=127.0.0.1",
        }
    )


def order(site: Site, out: Path, path: str = "/", **more: object) -> dict[str, Any]:
    """A capture order."""
    url = f"http://shop.example.test:{site.port}{path}"
    return {"op": "capture", "id": out.name, "url": url, "out": str(out), "options": {"timeout_s": 60}, **more}


def kill_all(worker: CaptureProcess) -> None:
    """SIGKILL for the worker and everything it started."""
    children = psutil.Process(worker.process.pid).children(recursive=True)
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait(120)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    worker.close()


def until_pictures(worker: CaptureProcess) -> list[dict[str, Any]]:
    """Read events up to a checkpoint that holds the page and some pictures; gives the checkpoints told so far."""
    told = []
    for found in worker.answers():
        if found.get("event") == "checkpoint":
            told.append(found)
            if found["bytes"] > PICTURES * 200:
                return told
    raise AssertionError("expected a checkpoint, the worker ended")


def until(worker: CaptureProcess, **wanted: object) -> list[dict[str, Any]]:
    """Read events up to one; gives the checkpoints told so far."""
    told = []
    for found in worker.answers():
        if found.get("event") == "checkpoint":
            told.append(found)
        if wanted.items() <= found.items():
            return told
    raise AssertionError(f"expected {wanted}, the worker ended")


def committed(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Checkpoints as a recovery order carries them."""
    return [{name: item[name] for name in ("started_at", "bytes", "sha256")} for item in told]


def holds(out: Path) -> dict[str, Any]:
    """Check a recovered folder; gives its record."""
    record: dict[str, Any] = json.loads((out / "meta/capture.json").read_bytes())
    completeness = json.loads((out / "meta/completeness.json").read_bytes())
    assert (completeness["verdict"], completeness["stop_reason"]) == ("PARTIAL", "interrupted")
    assert read_capture(out).completeness == "PARTIAL"
    first, *lines = [json.loads(line) for line in (out / "meta/running.jsonl").read_bytes().splitlines()]
    warc = zipfile.ZipFile(out / "data/capture.wacz").read(first["member"])
    for line in lines:
        assert hashlib.sha256(warc[: line["bytes"]]).hexdigest() == line["sha256"]
    assert lines[-1]["bytes"] == len(warc) == first["size"]
    return record


@pytest.mark.parametrize("moment", ["checkpoint", "later"])
def test_a_killed_capture_is_recovered_as_partial(site: Site, tmp_path: Path, moment: str) -> None:
    """Worker and browser killed while the page loads: what was committed is there, and it is PARTIAL."""
    worker = start(site)
    out = tmp_path / "ev-killed"
    worker.send(order(site, out))
    told = until_pictures(worker)
    if moment == "later":
        time.sleep(0.5)
    kill_all(worker)
    assert not out.exists()
    fresh = start(site)
    recover = {**order(site, out), "op": "recover", "checkpoints": committed(told)}
    del recover["options"]
    result = fresh.order(recover)
    assert result["ok"], result
    record = holds(out)
    assert record["recovered"]["committed_checkpoints_checked"] == len(told)
    assert (record["title"], record["main_document"]["status"]) == ("中断", 200)
    assert [hop["status"] for hop in record["redirect_chain"]] == [302, 200]
    assert (fresh.checkpoints[-1]["started_at"], result["result"]["completeness"]) == (told[0]["started_at"], "PARTIAL")
    assert [path.name for path in tmp_path.iterdir()] == ["ev-killed"]
    assert fresh.order(recover)["result"]["reused"] is True
    assert fresh.close() == 0


@pytest.mark.parametrize("stage", ["scrolling", "printing", "writing"])
def test_killed_at_any_stage_it_is_recovered_or_whole(site: Site, tmp_path: Path, stage: str) -> None:
    """A kill late in the capture leaves either the whole folder or a tape; the pictures made so far are in it."""
    worker = start(site)
    out = tmp_path / f"ev-{stage}"
    worker.send(order(site, out, "/short"))
    told = until(worker, stage=stage)
    kill_all(worker)
    fresh = start(site)
    recover = {**order(site, out, "/short"), "op": "recover", "checkpoints": committed(told)}
    del recover["options"]
    result = fresh.order(recover)
    assert result["ok"], result
    if result["result"]["reused"]:
        assert stage == "writing"
    else:
        assert holds(out)["title"] == "短"
        assert (out / "data/screens/000-initial.png").is_file()
    assert fresh.close() == 0


def test_a_killed_browser_leaves_a_tape_and_a_new_try_is_whole(site: Site, tmp_path: Path) -> None:
    """The order fails with its code; the tape is kept; the next try of the same order ends with a whole capture."""
    worker = start(site)
    out = tmp_path / "ev-browser"
    worker.send(order(site, out))
    until_pictures(worker)
    for child in psutil.Process(worker.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # the first that is killed takes others with it
            if "chrom" in child.name():
                child.kill()
    failed = next(found for found in worker.answers() if "ok" in found)
    assert failed["error"]["code"] == "capture.browser_crashed"
    assert (tmp_path / "ev-browser.tape").is_dir()
    site.routes["/never.png"] = answer(png(1), "image/png")
    result = worker.order(order(site, out))
    assert result["ok"], result
    assert result["result"]["completeness"] == "COMPLETE"
    assert [path.name for path in tmp_path.iterdir()] == ["ev-browser"]
    assert worker.close() == 0


def test_a_changed_tape_is_not_recovered(site: Site, tmp_path: Path) -> None:
    """A byte of a committed record changed after the kill: refused, nothing made."""
    worker = start(site)
    out = tmp_path / "ev-changed"
    worker.send(order(site, out, "/page"))
    told = until_pictures(worker)
    kill_all(worker)
    file = tmp_path / "ev-changed.tape" / "data.warc.gz"
    data = bytearray(file.read_bytes())
    data[told[0]["bytes"] // 2] ^= 1
    file.write_bytes(data)
    fresh = start(site)
    recover = {**order(site, out, "/page"), "op": "recover", "checkpoints": committed(told)}
    del recover["options"]
    assert fresh.order(recover)["error"]["code"] == "capture.tape_changed"
    assert not out.exists()
    assert fresh.close() == 0
