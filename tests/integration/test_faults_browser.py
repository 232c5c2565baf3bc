"""Chromium missing or killed: what was read stays, captures wait with their code, and are made when it is back."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from evidence import custody
from tests.servers.installation import Installation, installed, offending
from tests.servers.timestamps import timestamping
from tests.servers.tiny_shop import Page, TinyShop, html, serving

pytestmark = pytest.mark.timeout(900)  # for machines that do much else


@pytest.fixture
def shop() -> Iterator[TinyShop]:
    """A shop with one offence, and one page whose picture never ends."""
    made = offending(TinyShop())
    made.pages["/slow"] = html("慢", "<h1>慢</h1><img src=/endless.png>")
    made.pages["/endless.png"] = Page(b"x" * 600, headers={"Content-Type": "image/png"}, drip=0.1)
    with serving(made):
        yield made


@pytest.fixture
def installation(tmp_path: Path, shop: TinyShop) -> Iterator[Installation]:
    """An empty installation that may reach the shop."""
    with timestamping(tmp_path / "tsa") as timestamps, installed(tmp_path / "data") as made:
        made.use(timestamps)
        made.allow.append(f"127.0.0.1:{shop.port}")
        yield made


def test_missing_then_installed(installation: Installation, shop: TinyShop) -> None:
    """Listings and leads are there, captures wait and say why; with Chromium the same command makes them."""
    installation.options["CHROMIUM_PATH"] = "/nowhere/chromium"
    done = installation.run("watch", shop.url)
    assert done.code == 3, done.output
    assert "[capture.browser_missing] expected Chromium at /nowhere/chromium" in done.output
    assert "→" in done.output.partition("[capture.browser_missing]")[2]
    before = installation.count()
    assert (before.listings, before.hits, before.sealed, before.outbox) == (2, 1, 0, 0)
    assert {(row.state, row.last_error_code) for row in installation.evidence()} == {
        ("ordered", "capture.browser_missing")
    }
    del installation.options["CHROMIUM_PATH"]
    done = installation.run("watch", shop.url)
    assert done.code == 0, done.output
    assert {row.state for row in installation.evidence()} == {"sealed"}
    assert installation.count().holds(before)


def _chromium_of(pid: int) -> list[psutil.Process]:
    found = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if "chromium" in child.name():
                    found.append(child)
    return found


def test_what_a_killed_browser_left_is_sealed_when_a_person_asks(installation: Installation, shop: TinyShop) -> None:
    """``capture recover``: PARTIAL and sealed, with the checkpoint and the reason in its custody; not twice."""
    with installation.start("capture", f"{shop.url}slow", "--purpose", "测试") as process:
        deadline = time.monotonic() + 240
        # Killed before its first checkpoint it leaves nothing that was witnessed.
        while time.monotonic() < deadline and not (
            "/endless.png" in shop.paths and "checkpoint" in installation.custody()
        ):
            time.sleep(0.05)
        for victim in _chromium_of(process.pid):
            with suppress(psutil.NoSuchProcess):
                victim.kill()
        output, _ = process.communicate(timeout=240)
    assert "[capture.browser_crashed]" in output
    (row,) = installation.evidence()
    done = installation.run("capture", "recover", row.id, "--purpose", "审查")
    assert done.code == 0, done.output
    (row,) = installation.evidence()
    assert (row.state, row.completeness, row.summary["stop_reason"]) == ("sealed", "PARTIAL", "interrupted")
    database = installation.database()
    with database.read() as session:
        events = custody.events(session, row.id)
        assert custody.verify_chain(session, row.id) == len(events)
    database.close()
    assert list(dict.fromkeys(event.action for event in events)) == ["ordered", "checkpoint", "captured", "sealed"]
    assert events[-2].detail["purpose"] == "审查"
    assert not list((installation.folder / "captures").glob("*"))
    again = installation.run("capture", "recover", row.id, "--purpose", "审查")
    assert again.code != 0
    assert "is sealed" in again.output


def test_killed_in_the_middle_of_a_capture(installation: Installation, shop: TinyShop) -> None:
    """The order waits with its code, nothing half-made is taken for a capture, and the next command makes it."""
    process = installation.start("capture", f"{shop.url}slow", "--purpose", "测试")
    deadline = time.monotonic() + 240
    while "/endless.png" not in shop.paths and time.monotonic() < deadline:
        time.sleep(0.05)
    victims = _chromium_of(process.pid)
    assert victims
    for victim in victims:
        with suppress(psutil.NoSuchProcess):
            victim.kill()
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 1, output
    assert "[capture.browser_crashed]" in output
    assert "the browser is started anew" in output
    assert [(row.state, row.last_error_code) for row in installation.evidence()] == [
        ("ordered", "capture.browser_crashed")
    ]
    folder = installation.folder / "captures"
    assert not [path for path in folder.glob("*") if path.suffix not in {".partial", ".tape"}]
    assert installation.packages() == []
    before = installation.count()
    shop.pages["/endless.png"] = Page(b"", 404)
    done = installation.run("capture", f"{shop.url}slow", "--purpose", "测试")
    assert done.code == 0, done.output
    assert {row.state for row in installation.evidence()} == {"sealed"}
    assert installation.count().holds(before)
    assert not list(folder.glob("*"))
