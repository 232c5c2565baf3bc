"""Browsers and workers that die, or are not there."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.servers.capture_bench import Bench, browser_of
from tests.unit.crawlers.capture.site import CaptureProcess, answer

pytestmark = [pytest.mark.browser]


def test_crash_fails_one_order_only(bench: Bench) -> None:
    """When Chromium dies the order fails with its code, and the next one is carried out."""

    async def hang(_head: bytes, _reader: Any, writer: Any) -> None:
        browser_of(bench.worker).send_signal(signal.SIGKILL)

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
        chromium = browser_of(worker)
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait(120)
        with suppress(psutil.NoSuchProcess):  # it may have seen for itself that its worker is gone
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
