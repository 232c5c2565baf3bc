"""How the capture's Chromium is started."""

import re
from pathlib import Path

import playwright
import pytest

from crawlers.capture.browser import ARGUMENTS, FEATURES_OFF, bundled_browser


def test_the_browser_asks_nobody_about_forms() -> None:
    """One list of features is off, and it holds the one that sends the fields of forms away."""
    (given,) = [argument for argument in ARGUMENTS if argument.startswith("--disable-features=")]
    assert "AutofillServerCommunication" in given.partition("=")[2].split(",")


def test_what_playwright_turns_off_stays_off() -> None:
    """Pages look as they do in it: our list of features holds all of its own but what is for Edge."""
    bundle = Path(playwright.__file__).parent / "driver" / "package" / "lib" / "coreBundle.js"
    found = re.search(r"disabledFeatures = \[(.*?)\]", bundle.read_text(), re.DOTALL)
    assert found is not None
    assert {name for name in re.findall(r'"(\w+)"', found[1]) if not name.startswith("ms")} <= set(FEATURES_OFF)


def test_the_newest_download_of_playwright_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is one."""
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert bundled_browser() == ""
    for number in (1100, 1200):
        path = tmp_path / f"chromium-{number}" / "chrome-linux" / "chrome"
        path.parent.mkdir(parents=True)
        path.touch()
    assert bundled_browser() == str(tmp_path / "chromium-1200" / "chrome-linux" / "chrome")
