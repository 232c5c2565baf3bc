"""The browser's verifier over the tamper corpus: same steps, states and codes as ``wangjian verify``."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from evidence.trust import load
from evidence.verifier import page as verifier
from evidence.verify import verify
from kernel.clock import parse_iso
from tests.data.evidence.corpus_shelf import Shelf

CHROMIUM = "/usr/bin/chromium"
READ_RESULTS = """() => [...document.querySelectorAll("section.result")].reverse().map((box) => ({
    exit: Number(box.dataset.exit),
    steps: [...box.querySelectorAll("li")].map((one) => [one.dataset.key, one.dataset.code, one.className]),
}))"""
CLASSES = {"PASSED": "passed", "FAILED": "failed"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; one for the module."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def tab(browser: Browser, shelf: Shelf, tmp_path: Path) -> Iterator[Page]:
    """The page opened from a file, without a network, with the trust list given."""
    file = tmp_path / "verifier.html"
    file.write_bytes(verifier.html())
    context = browser.new_context(offline=True)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(file.as_uri())
    opened.set_input_files("#trust-files", sorted(shelf.trust.iterdir()))
    opened.wait_for_selector("#anchors tr")
    yield opened
    context.close()
    assert not faults


def judge(tab: Page, at: str, files: list[Path]) -> list[dict[str, Any]]:
    """What the page says of files given to it together at a time, in their order."""
    tab.clock.set_fixed_time(at)
    tab.evaluate("() => document.getElementById('results').replaceChildren()")
    tab.set_input_files("#package-files", files)
    tab.wait_for_function(
        "(count) => document.querySelectorAll('section.result').length === count", arg=len(files), timeout=1_800_000
    )
    found: list[dict[str, Any]] = tab.evaluate(READ_RESULTS)
    return found


def expected(steps: list[dict[str, str]]) -> list[list[str]]:
    """The steps of ``wangjian verify`` as the page shows them."""
    return [[step["key"], step["code"], CLASSES.get(step["state"], "reserved")] for step in steps]


def test_all_three_verifiers_agree_on_the_corpus(tab: Page, shelf: Shelf) -> None:
    """Every mutation: the same step keys, states, codes and verdict in the browser, opened from a file, offline."""
    assert len(shelf.entries) >= 200
    problems = []
    for at in sorted({entry["at"] for entry in shelf.entries}):
        group = [entry for entry in shelf.entries if entry["at"] == at]
        found = judge(tab, at, [shelf.package(entry["name"]) for entry in group])
        for entry, result in zip(group, found, strict=True):
            wanted = expected(entry["steps"])
            if result["exit"] != entry["exit_code"] or result["steps"] != wanted:
                differing = [pair for pair in zip(wanted, result["steps"], strict=False) if pair[0] != pair[1]]
                problems.append(f"{entry['name']}: {entry['exit_code']} {result['exit']} {differing}")
    assert not problems


def test_every_byte_flip_is_detected(tab: Page, shelf: Shelf, tmp_path: Path) -> None:
    """A thousand random one-bit changes: each fails in the browser, and the verdict is that of ``wangjian verify``."""
    entry = shelf.entries[0]
    good = shelf.package(entry["name"]).read_bytes()
    chance = random.Random(1_847)  # noqa: S311 - a fixed seed on purpose
    trust, at = load(shelf.trust), parse_iso(entry["at"])
    for start in range(0, 1_000, 100):
        files = []
        for number in range(start, start + 100):
            data = bytearray(good)
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            files.append(tmp_path / f"flip-{number}.zip")
            files[-1].write_bytes(data)
        for file, result in zip(files, judge(tab, entry["at"], files), strict=True):
            assert result["exit"] in {1, 2}, file.name
            if int(file.stem.partition("-")[2]) % 10 == 0:
                assert verify(file, trust=trust, at=at).exit_code == result["exit"], file.name
            file.unlink()


def test_a_person_is_told_what_to_give(browser: Browser, shelf: Shelf, tmp_path: Path) -> None:
    """A package before the trust list waits; other files are refused in words; the verdict names the test trust."""
    file = tmp_path / "verifier.html"
    file.write_bytes(verifier.html())
    tab = browser.new_page()
    tab.goto(file.as_uri())
    entry = shelf.entries[0]
    tab.clock.set_fixed_time(entry["at"])
    tab.set_input_files("#package-files", shelf.package(entry["name"]))
    tab.wait_for_selector("#message:has-text('信任名单')")
    tab.set_input_files("#trust-files", shelf.trust / "trust.json")
    tab.wait_for_selector("#message:has-text('expected what the trust list names')")
    changed = tmp_path / "trust.json"
    text = (shelf.trust / "trust.json").read_text("utf-8")
    changed.write_text(text.replace('"kind": "test"', '"kind": "test", "kind": "court"', 1), "utf-8")
    others = [file for file in sorted(shelf.trust.iterdir()) if file.name != changed.name]
    tab.set_input_files("#trust-files", [changed, *others])
    tab.wait_for_selector("#message:has-text('expected the form in which it is published')")
    tab.set_input_files("#trust-files", sorted(shelf.trust.iterdir()))
    tab.wait_for_selector("section.result")
    assert "测试信任" in tab.inner_text("section.result")
    # The verdict names the list that it rests on; it came by itself.
    digest = hashlib.sha256((shelf.trust / "trust.json").read_bytes()).hexdigest()
    assert digest[:4] + " " + digest[4:8] in tab.inner_text("section.result")
    assert "一起给出" not in tab.inner_text("section.result")
    tab.close()


def test_a_trust_list_that_comes_with_the_package_is_told(browser: Browser, shelf: Shelf, tmp_path: Path) -> None:
    """One drop with both: verified, with a warning. Two lists in one drop, or a package's own folder: refused."""
    file = tmp_path / "verifier.html"
    file.write_bytes(verifier.html())
    tab = browser.new_page()
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto(file.as_uri())
    entry = shelf.entries[0]
    tab.clock.set_fixed_time(entry["at"])
    listed = sorted(shelf.trust.iterdir())
    tab.set_input_files("#trust-files", [*listed, shelf.package(entry["name"])])
    tab.wait_for_selector("section.result")
    assert "一起给出" in tab.inner_text("section.result")
    bag = tmp_path / "bagit.txt"
    bag.write_text("BagIt-Version: 1.0\n", "utf-8")
    tab.set_input_files("#trust-files", [*listed, bag])
    tab.wait_for_selector("#message:has-text('信任名单另取')")
    twin = tmp_path / "other" / "trust.json"
    twin.parent.mkdir()
    twin.write_bytes((shelf.trust / "trust.json").read_bytes())
    tab.set_input_files("#trust-files", [*listed, twin])
    tab.wait_for_selector("#message:has-text('got two of this name')")
    # Without a list that can be used packages wait, and nothing breaks.
    tab.set_input_files("#package-files", shelf.package(entry["name"]))
    tab.wait_for_selector("#message:has-text('现在请给出信任名单')")
    tab.set_input_files("#trust-files", listed)
    tab.wait_for_function("() => document.querySelectorAll('section.result').length === 2")
    assert "一起给出" not in tab.locator("section.result").first.inner_text()
    tab.close()
    assert not faults


def test_a_narrow_screen_scrolls_down_alone(browser: Browser, shelf: Shelf, tmp_path: Path) -> None:
    """At 360 px nothing is wider than the screen, before and after a verdict."""
    file = tmp_path / "verifier.html"
    file.write_bytes(verifier.html({"trust.json": "{}"}))
    context = browser.new_context(viewport={"width": 360, "height": 800})
    tab = context.new_page()
    tab.goto(file.as_uri())
    assert tab.evaluate("() => document.documentElement.scrollWidth") == 360
    tab.clock.set_fixed_time(shelf.entries[0]["at"])
    tab.set_input_files("#trust-files", sorted(shelf.trust.iterdir()))
    tab.set_input_files("#package-files", shelf.package(shelf.entries[0]["name"]))
    tab.wait_for_selector("section.result")
    assert tab.evaluate("() => document.documentElement.scrollWidth") == 360
    context.close()
