"""How the capture's Chromium is started."""

import re
from pathlib import Path

import playwright

from crawlers.capture.browser import ARGUMENTS, FEATURES_OFF


def test_the_browser_asks_nobody_about_forms() -> None:
    """One list of features is off, and it holds the one that sends the fields of forms away."""
    (given,) = [argument for argument in ARGUMENTS if argument.startswith("--disable-features=")]
    assert "AutofillServerCommunication" in given.partition("=")[2].split(",")


def test_what_playwright_turns_off_stays_off() -> None:
    """Our list takes the place of Playwright's, so it holds all of it but what is for Edge."""
    bundle = Path(playwright.__file__).parent / "driver" / "package" / "lib" / "coreBundle.js"
    found = re.search(r"disabledFeatures = \[(.*?)\]", bundle.read_text(), re.DOTALL)
    assert found is not None
    assert {name for name in re.findall(r'"(\w+)"', found[1]) if not name.startswith("ms")} <= set(FEATURES_OFF)
