"""Code of others: unmodified, named, licensed, and the only code of others."""

import base64
import gzip
import hashlib
import json

import pytest

from api.ui.rendering import STATIC
from tests.unit.api.conftest import House

VENDOR = STATIC / "vendor"
ENTRIES = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))
MAX_PAGE_SCRIPT = 60_000


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_each_file_is_the_one_that_was_published(entry: dict[str, str]) -> None:
    """The digest is of the file in the published package."""
    digest = hashlib.sha384((VENDOR / entry["file"]).read_bytes()).digest()
    assert entry["sha384"] == f"sha384-{base64.b64encode(digest).decode()}"
    assert (VENDOR / entry["licence_file"]).stat().st_size > 500
    assert entry["version"]


def test_nothing_else_is_vendored() -> None:
    """Every script below vendor is in the list; every script outside it is ours."""
    scripts = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*.js")}
    assert scripts == {entry["file"] for entry in ENTRIES}
    assert {path.name for path in STATIC.glob("*.js")} == {"app.js", "replay.js"}


def test_the_agpl_player_says_where_its_source_is() -> None:
    """Licence text and source offer lie beside it."""
    folder = VENDOR / "replaywebpage"
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert "github.com/webrecorder/replayweb.page" in (folder / "SOURCE.md").read_text(encoding="utf-8")


def test_pages_carry_little_script(shared_house: House) -> None:
    """At most 60 KB compressed on a list page."""
    files = (STATIC / "app.js", VENDOR / "htmx" / "htmx.min.js")
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < MAX_PAGE_SCRIPT


def test_static_files_are_cached_by_digest_and_the_player_is_elsewhere(shared_house: House) -> None:
    """A file under its digest is cached for good; the player is not served on this origin."""
    browser = shared_house.browser()
    assert "immutable" in browser.get("/static/app.js?v=x").headers["cache-control"]
    assert browser.get("/static/app.js").headers["cache-control"] == "no-cache"
    assert browser.get("/static/vendor/replaywebpage/ui.js").status_code == 404
    assert browser.get("/static/../app.py").status_code == 404
    assert browser.get("/static/%2e%2e/rendering.py").status_code == 404
